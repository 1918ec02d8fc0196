#!/usr/bin/env python3
"""Java's share of the time of training steps: what is spent outside native code, and in pauses.

    tests/benchmarks/java_share.py [--steps 150]

Pretrains recipe cifar10-slim on noise while JDK Flight Recorder looks at the thread that computes
every 10 ms. It is either in native code, called by a training step, or in Java. Garbage collection
stops it in Java; its pauses are added. The first third of the recording, in which code is compiled,
is left out.
"""

import argparse
import datetime
import json
import os
import pathlib
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


def in_step(values):
    if values["sampledThread"]["javaName"] != COMPUTE:
        return False
    frames = values["stackTrace"]["frames"]
    return any(f["method"]["type"]["name"] == STEP for f in frames)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=150)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recording = record(pathlib.Path(folder), options.steps)
        samples = [
            (EVENTS[kind], v["at"]) for kind, v in events(recording, EVENTS) if in_step(v)
        ]
        pauses = [v for _, v in events(recording, ["jdk.GCPhasePause"])]
    if not samples:
        sys.exit("no sample of a training step was recorded")
    first, last = min(at for _, at in samples), max(at for _, at in samples)
    begin = first + (last - first) / 3
    late = [kind for kind, at in samples if at >= begin]
    java, native = late.count("java"), late.count("native")
    # ISO 8601, always in seconds: a pause of a minute would be another fault.
    late_pauses = [p["duration"] for p in pauses if begin <= p["at"] <= last]
    lengths = [text.removeprefix("PT").removesuffix("S") for text in late_pauses]
    paused = sum(map(float, lengths))
    share = 100 * (java / len(late) + paused / (last - begin))
    print(
        f"{java} of {java + native} samples in Java, pauses of {1000 * paused:.1f} ms in "
        f"{last - begin:.0f} s: {share:.2f} % of the steps' time"
    )


if __name__ == "__main__":
    main()
