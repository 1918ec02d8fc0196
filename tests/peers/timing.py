"""What the peers have in common: options, the device, timing, and the line of JSON.

A module that is only timed on the CPU does not call add_device, and so refuses --device.
"""

import json
import platform
import time


def add_options(parser):
    parser.add_argument("--seconds", type=float, default=1, help="of an iteration")
    parser.add_argument("--warmup", type=int, default=1, help="iterations before the first")
    parser.add_argument("--iterations", type=int, default=5)


def add_device(parser):
    parser.add_argument("--device", type=device, choices=("cpu", "cuda"), default="cpu")


def device(name):
    """The device of an option; ends the program with one line where there is no such GPU."""
    if name == "cuda":
        import torch  # here, so that help needs no module

        if not torch.cuda.is_available():
            raise SystemExit(
                f"--device cuda: torch {torch.__version__} has no CUDA device; allowed here: cpu"
            )
    return name


def synchronize(name):
    """Waits until all that was begun on a device is done; on the CPU operators return then."""
    if name == "cuda":
        import torch

        torch.cuda.synchronize()


def milliseconds(step, options):
    """Milliseconds of a step, the mean of as many as fit into each iteration."""
    place = getattr(options, "device", "cpu")
    times = []
    for iteration in range(-options.warmup, options.iterations):
        steps = 0
        start = now = time.perf_counter()
        while now - start < options.seconds:
            step()
            synchronize(place)
            steps += 1
            now = time.perf_counter()
        if iteration >= 0:
            times.append(1e3 * (now - start) / steps)
    return times


def report(iterations, dtype, results=None, device="cpu"):
    """Prints what was measured, what must be equal for a comparison, and results to compare.

    `dtype` and `device` are those of the tensors that are computed with, `results` numbers by name.
    """
    import torch  # here, so that options are read before it loads

    print(
        json.dumps(
            {
                "iterations": iterations,
                "facts": facts(dtype, device),
                "results": results or {},
                "versions": {"python": platform.python_version(), "torch": torch.__version__},
            }
        )
    )


def facts(dtype, device):
    """The conditions as they are in this process."""
    import torch

    kind = torch.device(device).type
    return {
        **without_torch(dtype, torch.get_num_threads()),
        "device": kind,
        "tf32": "off" if exact_products(kind) else "on",
        "libtorch": torch.__version__.split("+")[0],
    }


def without_torch(dtype, threads):
    """The conditions of what calls no operator of libtorch."""
    return {"dtype": str(dtype).removeprefix("torch."), "device": "cpu", "threads": threads}


def exact_products(device):
    """Whether a product of float32 matrices keeps a bit that TF32 and bfloat16 have no room for."""
    import torch

    a = torch.full((128, 128), 1 + 2**-12, device=device)
    return torch.equal(a @ torch.eye(128, device=device), a)
