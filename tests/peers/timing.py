"""What the peers that call libtorch have in common: options, timing, and the line of JSON."""

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


def report(iterations, dtype, results=None):
    """Prints what was measured, what must be equal for a comparison, and results to compare.

    `dtype` is that of the tensors that are computed with, `results` numbers by name.
    """
    import torch  # here, so that options are read before it loads

    print(
        json.dumps(
            {
                "iterations": iterations,
                "facts": facts(dtype),
                "results": results or {},
                "versions": {"python": platform.python_version(), "torch": torch.__version__},
            }
        )
    )


def facts(dtype):
    """The conditions as they are in this process."""
    import torch

    return {
        "dtype": str(dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "tf32": "off" if exact_products() else "on",
        "libtorch": torch.__version__.split("+")[0],
    }


def exact_products():
    """Whether a product of float32 matrices keeps a bit that TF32 and bfloat16 have no room for."""
    import torch

    a = torch.full((128, 128), 1 + 2**-12)
    return torch.equal(a @ torch.eye(128), a)
