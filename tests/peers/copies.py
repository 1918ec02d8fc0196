"""What it costs in PyTorch to take memory as a tensor, and to copy it.

    python3 tests/peers/copies.py time CALL

`time` prints one line of JSON, with the microseconds of a call, the mean of each iteration. The
calls are those of dev.simclr.benchmark.CopiesBenchmark. Needs torch and numpy.
"""

import argparse
import itertools
import tempfile

import numpy as np
import timing
import torch

FLOATS = 64 << 20
IMAGES = 256
BATCHES = 16
SHAPE = (IMAGES, 32, 32, 3)
# Calls between two looks at the clock; a copy takes long enough alone.
REPEATS = {"wrap": 100, "mapped": 100, "copy": 1}


def wrap():
    floats = np.full(FLOATS, 0.5, np.float32)
    return lambda: torch.from_numpy(floats)


def mapped():
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        images = np.memmap(file, np.uint8, "r+", shape=(BATCHES, *SHAPE))
    images[:] = 7
    if torch.from_numpy(images[0]).float().mean().item() != 7:
        raise SystemExit("the tensor is not the mapped memory")
    batches = itertools.cycle(range(BATCHES))
    return lambda: torch.from_numpy(images[next(batches)])


def copy():
    floats = np.full(FLOATS, 0.5, np.float32)
    return lambda: torch.from_numpy(floats).clone()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    timed = modes.add_parser("time", help="measure microseconds of a call")
    timed.add_argument("call", choices=tuple(REPEATS))
    timing.add_options(timed)
    options = parser.parse_args()
    torch.set_num_threads(1)
    call = globals()[options.call]()
    repeats = REPEATS[options.call]

    def repeat():
        for _ in range(repeats):
            call()

    times = [1e3 * t / repeats for t in timing.milliseconds(repeat, options)]
    timing.report(times, call().dtype)


if __name__ == "__main__":
    main()
