"""What a comparison is, and the results that contestants have in common on every device."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Contestants that are run in turn; the first one is compared with each of the others."""

    id: str
    title: str
    unit: str
    contestants: tuple
    higher_is_better: bool = True
    device: str = "cpu"  # or cuda: what it is for
    workload: str = ""  # of dev.simclr.benchmark.Workload, whose results are checked first
    varies: tuple = ()  # facts that may differ, since they are what is compared
    needs: tuple = ("dtype", "device", "threads", "tf32", "libtorch")  # facts that each must report
    agreement: tuple = ()  # pairs of a result that is compared first, and its relative tolerance
    axis: str = ""  # the parameter that grows from contestant to contestant, drawn as a curve


NT_XENT_FORMS = {
    "cross_entropy": "PyTorch, cross_entropy",
    "log_softmax": "PyTorch, log_softmax",
    "logsumexp": "PyTorch, logsumexp",
    "compile": "PyTorch, torch.compile",
}

# Sums of float32 in other orders.
NT_XENT = (("loss", 1e-5), ("norm of the gradient", 1e-4))

LARS = tuple(
    (f"way of {what}{along}", 1e-4)
    for what in ("the weights", "scales and shifts")
    for along in ("", " along the gradient")
)


def batch_norm(dtype, shortcut):
    # The peer rounds what it normalises to bfloat16 before it adds, ours once at the end.
    tolerance = 1e-2 if dtype == "bfloat16" else 1e-4
    gradients = ("input", "scale", "shift", *(("shortcut",) if shortcut else ()))
    return (
        ("norm of the output", tolerance),
        *((f"norm of the {name}'s gradient", tolerance) for name in gradients),
    )


def training_step(dtype):
    tolerance = 5e-3 if dtype == "bfloat16" else 1e-3
    return tuple((f"loss of step {step}", tolerance) for step in (1, 2, 3))
