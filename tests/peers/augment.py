"""Views a second of torchvision and of OpenCV on one thread: peers of the augmentation engine.

    python3 tests/peers/augment.py check FOLDER PEER...
    python3 tests/peers/augment.py time PEER FOLDER

PEER is torchvision, opencv or opencv-tuned; FOLDER is that of a workload, as
tests/benchmarks/compare.py prepares it. `check` computes the views of FOLDER/views.json with
torchvision's float functions and compares them with FOLDER/views.bin, those of simclr-java, and
looks whether the peers draw the same pictures up to their rounding. `time` prints one line of JSON,
with as many views a second as it measured in each iteration. Needs torch, torchvision, pillow and
numpy; opencv-python-headless for OpenCV.

What is timed: drawing the parameters, computing, and writing the view into a batch; images, or the
bytes of JPEG files, are in memory before.
"""

import argparse
import importlib
import json
import pathlib
import platform
import random
import time

import timing

PEERS = ("torchvision", "opencv", "opencv-tuned")


def load(folder):
    """The description of a workload and the paths of its images."""
    folder = pathlib.Path(folder)
    work = json.loads((folder / "workload.json").read_text())
    paths = sorted(p for p in (folder / work["images"]).iterdir() if not p.name.startswith("."))
    return work, paths


def module(peer):
    return importlib.import_module("augment_" + peer.replace("-", "_"))


def measure(run, paths, seconds, warmup, iterations):
    """Views a second of each iteration."""
    order = []
    rates = []
    for iteration in range(-warmup, iterations):
        views = 0
        start = now = time.perf_counter()
        while now - start < seconds:
            if not order:
                order = list(range(len(paths)))
                random.shuffle(order)
            views += run.image(order.pop())
            now = time.perf_counter()
        if iteration >= 0:
            rates.append(views / (now - start))
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    modes = parser.add_subparsers(dest="mode", required=True)
    check = modes.add_parser("check", help="compare results")
    check.add_argument("folder")
    check.add_argument("peers", nargs="+", choices=PEERS)
    timed = modes.add_parser("time", help="measure views a second")
    timed.add_argument("peer", choices=PEERS)
    timed.add_argument("folder")
    timed.add_argument("--seconds", type=float, default=1, help="of an iteration")
    timed.add_argument("--warmup", type=int, default=1, help="iterations before the first")
    timed.add_argument("--iterations", type=int, default=5)
    arguments = parser.parse_args()
    work, paths = load(arguments.folder)
    if arguments.mode == "check":
        import augment_check

        peers = {name: module(name) for name in arguments.peers}
        print(json.dumps(augment_check.check(pathlib.Path(arguments.folder), work, paths, peers)))
        return
    # Only the one that is timed is loaded: each brings its own threads and allocator settings.
    peer = module(arguments.peer)
    threads = peer.one_thread()
    run = peer.Run(work, paths)
    rates = measure(run, paths, arguments.seconds, arguments.warmup, arguments.iterations)
    print(
        json.dumps(
            {
                "peer": arguments.peer,
                "workload": work["workload"],
                "unit": "views/s",
                "iterations": rates,
                "facts": timing.without_torch(run.batch.dtype, threads),
                "versions": {"python": platform.python_version(), **peer.versions()},
            }
        )
    )


if __name__ == "__main__":
    main()
