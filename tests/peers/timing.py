"""What the peers that take steps have in common: options, timing, and the line of JSON."""

import json
import platform
import time


def add_options(parser):
    parser.add_argument("--seconds", type=float, default=1, help="of an iteration")
    parser.add_argument("--warmup", type=int, default=1, help="iterations before the first")
    parser.add_argument("--iterations", type=int, default=5)


def milliseconds(step, options):
    """Milliseconds of a step, the mean of as many as fit into each iteration."""
    times = []
    for iteration in range(-options.warmup, options.iterations):
        steps = 0
        start = now = time.perf_counter()
        while now - start < options.seconds:
            step()
            steps += 1
            now = time.perf_counter()
        if iteration >= 0:
            times.append(1e3 * (now - start) / steps)
    return times


def report(iterations, dtype=None):
    """Prints what was measured, and what must be equal for a comparison."""
    import torch  # here, so that options are read before it loads

    print(
        json.dumps(
            {
                "iterations": iterations,
                "facts": {
                    **({"dtype": dtype} if dtype else {}),
                    "threads": torch.get_num_threads(),
                },
                "versions": {"python": platform.python_version(), "torch": torch.__version__},
            }
        )
    )
