#!/usr/bin/env python3
"""Java's share of the time of training: what is spent outside native code, and in pauses.

    tests/benchmarks/java_share.py [--steps 150] [--rounds 1]

Pretrains recipe cifar10-slim on noise while JDK Flight Recorder looks at the thread that computes
every 10 ms. It is either in native code or in Java, of a training step or of the loop around it
(learning rate, metrics, progress). Garbage collection stops it in Java; its pauses are added. The
first third of the steps, in which code is compiled, is left out.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import types

from suite import noise

ROOT = pathlib.Path(__file__).resolve().parents[2]
STEP = "dev/simclr/train/TrainStep"
COMPUTE = "simclr-compute"
EVENTS = {"jdk.ExecutionSample": "java", "jdk.NativeMethodSample": "native"}


def java_home():
    command = '. native/cmake/prerequisites.sh && simclr_find_jdk && echo "$SIMCLR_JDK"'
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return pathlib.Path(done.stdout.strip())


def record(folder, steps):
    """A recording of a run."""
    out = folder / "recording.jfr"
    options = [f"filename={out}", "settings=profile"]
    options += [f"{event}#period=10ms" for event in EVENTS]
    data = noise.folder(types.SimpleNamespace(data=folder), 2560)
    subprocess.run(
        [
            str(ROOT / "simclr"), "pretrain", "--recipe", "cifar10-slim", "--quiet",
            "--out", str(folder / "run"), "data.source=folder", f"data.root={data}",
            f"data.cache={folder / 'packed'}", f"train.steps={steps}", "optim.warmup_epochs=0",
            "eval.knn=false", "eval.linear=false", "eval.meters_every=0",
        ],
        env={**os.environ, "SIMCLR_JAVA_OPTS": "-XX:StartFlightRecording=" + ",".join(options)},
        stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return out


def events(recording, names):
    done = subprocess.run(
        [
            java_home() / "bin" / "jfr", "print", "--json", "--stack-depth", "64",
            "--events", ",".join(names), recording,
        ],
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    for event in json.loads(done.stdout)["recording"]["events"]:
        values = event["values"]
        values["at"] = datetime.datetime.fromisoformat(values["startTime"]).timestamp()
        yield event["type"], values


def on_loop(values):
    """Whether it is the thread that computes, which runs the training loop."""
    return values["sampledThread"]["javaName"] == COMPUTE


def in_step(values):
    frames = values["stackTrace"]["frames"]
    return any(f["method"]["type"]["name"] == STEP for f in frames)


def share(samples, pauses):
    """Java's share of the time of the loop between the first and the last step.

    Samples are (java or native, when, whether within a step), pauses (when, seconds). Returns samples
    in Java, all samples, seconds of pauses and of the whole, and the share in percent.
    """
    steps = [at for _, at, within in samples if within]
    if not steps:
        sys.exit("no sample of a training step was recorded")
    first, last = min(steps), max(steps)
    begin = first + (last - first) / 3
    late = [kind for kind, at, _ in samples if begin <= at <= last]
    java = late.count("java")
    paused = sum(seconds for at, seconds in pauses if begin <= at <= last)
    percent = 100 * (java / len(late) + paused / (last - begin))
    return java, len(late), paused, last - begin, percent


def measure(steps):
    """The same of one run."""
    with tempfile.TemporaryDirectory() as folder:
        recording = record(pathlib.Path(folder), steps)
        samples = [
            (EVENTS[kind], v["at"], in_step(v))
            for kind, v in events(recording, EVENTS)
            if on_loop(v)
        ]
        # ISO 8601, always in seconds: a pause of a minute would be another fault.
        pauses = [
            (v["at"], float(v["duration"].removeprefix("PT").removesuffix("S")))
            for _, v in events(recording, ["jdk.GCPhasePause"])
        ]
    return share(samples, pauses)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=1, help="runs, whose median is printed (1)")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    shares = []
    for _ in range(options.rounds):
        java, count, paused, seconds, percent = measure(options.steps)
        shares.append(percent)
        print(
            f"{java} of {count} samples in Java, pauses of {1000 * paused:.1f} ms in "
            f"{seconds:.0f} s: {percent:.2f} % of the loop's time",
            flush=True,
        )
    if options.rounds > 1:
        print(
            f"median of {options.rounds} rounds {statistics.median(shares):.2f} % "
            f"({min(shares):.2f} to {max(shares):.2f})"
        )


if __name__ == "__main__":
    main()
