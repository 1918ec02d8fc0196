#!/usr/bin/env python3
"""Runs the benchmarks of simclr-java and of its peers in turn, and writes what they measured.

    mvn -Pbench verify -pl tests/benchmarks -am -DskipTests -Dbench.args="--python PYTHON"
    python3 tests/benchmarks/compare.py [--only ID ...] [--rounds 5]       once that is built
    python3 tests/benchmarks/compare.py --device cuda       comparisons of their own, on a GPU

Before a comparison is timed, its contestants compute the same: peers views of simclr-java from the
same parameters, all others what their benchmark does from equal inputs. The run ends if they differ
by more than the comparison's tolerance. Whole programs (epoch, memory, start) have no such check:
they draw weights and views of their own. results.json, results.md and results.svg come into build/benchmarks. Peers
whose Python modules are missing are left out; nothing is downloaded.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

from suite import chart, machine, report
from suite.comparisons import ALL, brief
from suite.contestants import Pace
from suite.errors import BenchmarkError
from suite.rounds import compare

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Above this load something else is running.
QUIET = 0.3


@dataclasses.dataclass(frozen=True)
class Context:
    """What the contestants run in."""

    root: pathlib.Path
    java: str
    python: str
    class_path: str
    data: pathlib.Path
    cores: int
    native: str | None = None  # the native library, if not that in the jar
    launcher: bool = True  # whether programs are started by ./simclr, which builds them

    def java_options(self):
        """Those of the launcher that matter to benchmarks."""
        native = [f"-Dsimclr.native={self.native}"] if self.native else []
        return ["--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx1g", *native]

    def jvm_options(self):
        return [*self.java_options(), f"-Dsimclr.benchmark.data={self.data}"]

    def program(self):
        """What starts simclr-java's command line, before its arguments."""
        if self.launcher:
            return [self.root / "simclr"]
        return [self.java, *self.java_options(), "-cp", self.class_path, "dev.simclr.cli.Main"]


def arguments(argv):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--device",
        choices=("cpu", "cuda"),
        default="cpu",
        help="run the comparisons for the CPU (default) or for a GPU",
    )
    parser.add_argument(
        "--list", action="store_true", help="list the comparisons for the device and end"
    )
    parser.add_argument("--only", nargs="+", metavar="ID", help="run these comparisons")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contestant (5)")
    parser.add_argument("--seconds", type=float, default=1, help="of an iteration (1)")
    parser.add_argument("--iterations", type=int, default=3, help="of a turn (3)")
    parser.add_argument("--warmup", type=int, default=2, help="iterations before them (2)")
    parser.add_argument(
        "--python",
        default=os.environ.get("SIMCLR_PEERS_PYTHON", sys.executable),
        help="runs the peers; default SIMCLR_PEERS_PYTHON, else the Python that runs this",
    )
    parser.add_argument(
        "--require-peers", action="store_true", help="fail instead of leaving peers out"
    )
    parser.add_argument(
        "--brief",
        action="store_true",
        help="one short turn on few images: shows that everything runs, measures nothing",
    )
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument(
        "--data", type=pathlib.Path, help="where images are drawn; default data in --out"
    )
    installed = parser.add_argument_group("where nothing is built, as in an archive for GPU machines")
    installed.add_argument("--java", help="runs benchmarks and programs; default the JDK of the build")
    installed.add_argument(
        "--class-path", help="has both; default that of the build, and ./simclr for programs"
    )
    installed.add_argument("--native", help="the native library; default that in the jar")
    parsed = parser.parse_args(argv)
    known = [c.id for c in comparisons_for(parsed.device)]
    for wanted in parsed.only or []:
        if wanted not in known:
            allowed = f"allowed with --device {parsed.device}: {', '.join(known)}"
            # Without the usage that parser.error prints: it is longer than what went wrong.
            parser.exit(2, f"compare.py: --only {wanted}; {allowed}\n")
    for name in ("rounds", "iterations"):
        if getattr(parsed, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if parsed.seconds <= 0 or parsed.warmup < 0:
        parser.error("--seconds must be above 0, and --warmup at least 0")
    if parsed.brief:
        parsed.rounds, parsed.iterations, parsed.warmup, parsed.seconds = 1, 1, 0, 0.2
    return parsed


def comparisons_for(device):
    return [c for c in ALL if c.device == device]


def find_java():
    """The JDK that the build takes too."""
    done = subprocess.run(
        ["bash", "-c", '. native/cmake/prerequisites.sh && simclr_find_jdk && echo "$SIMCLR_JDK"'],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchmarkError("no JDK")  # the script has said what is missing
    return done.stdout.strip() + "/bin/java"


def class_path():
    target = HERE / "target"
    if not (target / "classes" / "META-INF" / "BenchmarkList").exists():
        raise BenchmarkError(
            "the benchmarks are not built: mvn -Pbench package -pl tests/benchmarks -am -DskipTests"
        )
    return f"{target / 'classes'}:{target / 'lib'}/*"


def prepare(context, device, comparisons, share):
    """Draws the images, and makes views that the peers are compared with.

    Returns versions, and what is to be known about the device.
    """
    workloads = list(dict.fromkeys(c.workload for c in comparisons if c.workload))
    done = subprocess.run(
        [
            context.java, "-cp", context.class_path, *context.jvm_options(),
            "dev.simclr.benchmark.PrepareData", str(context.data), device, str(share), *workloads,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchmarkError(f"preparing the data failed:\n{done.stdout[-4000:]}")
    versions, found = (
        json.loads((context.data / name).read_text()) for name in ("versions.json", "device.json")
    )
    if "missing" in found:
        raise BenchmarkError(f"--device {device}: {found['missing']}; allowed here: cpu")
    return versions, found["device"]


def check(context, comparison):
    """Has the peers of a comparison compute the views of simclr-java.

    Comparisons without a workload compare what contestants report, see suite.rounds.
    """
    if not comparison.workload:
        return None
    peers = [c for c in comparison.contestants[1:] if hasattr(c, "script")]
    able = [p for p in peers if p.missing(context) is None]
    if not able:
        return None
    done = subprocess.run(
        [
            context.python, str(ROOT / "tests" / "peers" / able[0].script), "check",
            str(context.data / comparison.workload), *(p.arguments[1] for p in able),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchmarkError(f"results differ, so nothing is timed:\n{done.stderr[-4000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def commit():
    """The version that is measured; an archive has it in a file."""
    noted = ROOT / "commit"
    if noted.exists():
        return noted.read_text().strip()
    done = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"


def write(out, session, outcomes):
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(report.to_json(session, outcomes), indent=2) + "\n")
    (out / "results.md").write_text(report.to_markdown(session, outcomes))
    (out / "results.svg").write_text(chart.draw(outcomes))


def list_comparisons(device):
    listed = comparisons_for(device)
    width = max(len(c.id) for c in listed)
    for comparison in listed:
        print(f"{comparison.id:{width}}  {comparison.title}")


def run(options):
    comparisons = [
        brief(c) if options.brief else c
        for c in comparisons_for(options.device)
        if not options.only or c.id in options.only
    ]
    load = machine.load()
    context = Context(
        ROOT,
        options.java or find_java(),
        options.python,
        options.class_path or class_path(),
        (options.data or options.out / ("data-brief" if options.brief else "data")).resolve(),
        len(machine.cores()),
        options.native,
        launcher=options.class_path is None,
    )
    if load > QUIET and not options.brief:
        print(f"the machine is busy (load {load}): only the ratios will mean something")
    print("preparing data", flush=True)
    share = 0.25 if options.brief else 1
    versions, device = prepare(context, options.device, comparisons, share)
    session = {
        "command": shlex.join(["tests/benchmarks/compare.py", *sys.argv[1:]]),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {"device": device, **machine.describe()},
        "environment": machine.environment(),
        "load": load,
        "busy": load > QUIET,
        "brief": options.brief,
        "rounds": options.rounds,
        "jvm": context.jvm_options()[:-1],
        "versions": {"simclr-java": commit(), **versions},
        "agreement": [],
    }
    pace = Pace(options.seconds, options.warmup, options.iterations)
    outcomes = []
    for comparison in comparisons:
        print(f"{comparison.id}: {comparison.title}", flush=True)
        agreement = check(context, comparison)
        if agreement:
            session["agreement"].append(agreement)
            print(f"  results agree: {json.dumps(agreement)}")
        outcome = compare(
            comparison, context, pace, options.rounds, lambda line: print(line, flush=True)
        )
        if outcome.left_out and options.require_peers:
            raise BenchmarkError(f"left out: {outcome.left_out}")
        outcomes.append(outcome)
        # After each, so that an interrupted run has what it measured.
        write(options.out, session, outcomes)
    print()
    print((options.out / "results.md").read_text())
    print(f"written to {options.out}")


def main():
    try:
        options = arguments(sys.argv[1:])
        if options.list:
            list_comparisons(options.device)
        else:
            run(options)
    except BenchmarkError as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
