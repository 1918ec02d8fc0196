#!/usr/bin/env python3
"""Memory and speed of pretraining with batches of several chunks against a batch of one.

    tests/benchmarks/large_batches.py DATA [--rounds 2] [--images 16384] [KEY=VALUE ...]

DATA holds train/<class>/ with images of CIFAR-10's size. Each round pretrains recipe cifar10-slim
with each size of batch in turn, for about as many images; KEY=VALUE change the recipe, such as
model.width=1 for the full ResNet-18. Printed are medians over the rounds: the peak of the process's
own memory (Pss_Anon + Pss_Shmem: mapped files do not count, they can be dropped), and the images per
second of the steps after the first quarter, the first step at least.
"""

import argparse
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from suite.programs import resident

SIMCLR = pathlib.Path(__file__).resolve().parents[2] / "simclr"
CHUNK = 128
BATCHES = (128, 2048, 4096)


def pretrain(data, batch, images, settings, out):
    """(peak memory in bytes, images per second) of a run."""
    command = [
        SIMCLR, "pretrain", "--recipe", "cifar10-slim", "--quiet", "--out", out,
        "data.source=folder", f"data.root={data}", f"train.batch={batch}",
        f"train.steps={max(2, images // batch)}", "train.log_every=1", "optim.warmup_epochs=0",
        "eval.knn=false", "eval.linear=false", "eval.meters_every=0", *settings,
    ]  # fmt: skip
    if batch > CHUNK:
        command.append(f"train.chunk={CHUNK}")
    peak = 0
    with open(out.with_suffix(".log"), "w", encoding="utf-8") as log:
        process = subprocess.Popen([str(c) for c in command], stdout=log, stderr=log)
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.05)
    if process.returncode:
        sys.exit(f"batch {batch} failed:\n{out.with_suffix('.log').read_text()}")
    lines = (json.loads(line) for line in open(out / "metrics.jsonl", encoding="utf-8"))
    rates = [line["images_per_second"] for line in lines if line["type"] == "train"]
    return peak, statistics.median(rates[math.ceil(len(rates) / 4) :])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("settings", nargs="*", metavar="KEY=VALUE")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--images", type=int, default=16384)
    options = parser.parse_intermixed_args()
    measured = {batch: [] for batch in BATCHES}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(options.rounds):
            for batch in BATCHES:
                out = pathlib.Path(folder) / f"{turn}-{batch}"
                result = pretrain(
                    options.data.resolve(), batch, options.images, options.settings, out
                )
                measured[batch].append(result)
                print(f"round {turn + 1}, batch {batch}: {result[1]:.0f} images/s", file=sys.stderr)
    medians = {b: [statistics.median(column) for column in zip(*r)] for b, r in measured.items()}
    memory, rate = medians[BATCHES[0]]
    print(f"| batch, in chunks of {CHUNK} | peak memory, MiB | above | images/s | ratio |")
    print("|---|---|---|---|---|")
    for batch, (peak, speed) in medians.items():
        print(
            f"| {batch:,} | {peak / 2**20:.0f} | {(peak - memory) / 2**20:+.0f} "
            f"| {speed:.0f} | {speed / rate:.2f} |"
        )


if __name__ == "__main__":
    main()
