"""What is compared on a GPU.

Those with a goal come first, since results are written after each comparison: machines with a GPU
are lent for a while.
"""

from suite import comparison
from suite.comparison import Comparison
from suite.contestants import Ours, Peer
from suite.programs import NEEDS, Launcher, Load, PretrainPeer

DEVICE = "cuda"
# Of the host, which hands work over to the GPU. A number, so that both sides have the same.
THREADS = 2
IMAGES = 50_000  # as many as CIFAR-10 has for training
TORCH = ("torch", "numpy")


def ours(benchmark, parameters, metric=""):
    return Ours(
        "simclr-java", benchmark, {**parameters, "device": DEVICE}, metric, THREADS,
        environment=(("OMP_NUM_THREADS", str(THREADS)),), device=DEVICE,
    )  # fmt: skip


def peer(name, script, *arguments, modules=TORCH):
    return Peer(
        name, script, arguments, modules, THREADS,
        environment=(("OMP_NUM_THREADS", str(THREADS)),), device=DEVICE,
    )  # fmt: skip


def compared(name, title, contestants, unit="ms", **more):
    """A comparison of times or memory."""
    return Comparison(
        f"{name}-{DEVICE}", f"{title}, on the GPU", unit, tuple(contestants),
        higher_is_better=False, device=DEVICE, **more,
    )  # fmt: skip


def nt_xent(rows):
    return compared(
        f"nt-xent-{rows}",
        f"NT-Xent, forward and backward of {rows} embeddings of length 128",
        (
            ours("NtXentBenchmark.step", {"rows": rows, "dtype": "float32"}),
            *(
                peer(name, "nt_xent.py", "time", form, str(rows))
                for form, name in comparison.NT_XENT_FORMS.items()
            ),
        ),
        agreement=comparison.NT_XENT,
    )


def nt_xent_memory(rows):
    """The most that is in tensors beyond the embeddings."""
    return compared(
        f"nt-xent-{rows}-memory",
        f"NT-Xent, extra memory for {rows} embeddings of length 128",
        (
            ours("NtXentBenchmark.step", {"rows": rows, "dtype": "float32"}, "mebibytes"),
            *(
                peer(name, "nt_xent.py", "memory", form, str(rows))
                for form, name in comparison.NT_XENT_FORMS.items()
            ),
        ),
        unit="MiB",
        agreement=comparison.NT_XENT,
    )


def batch_norm(dtype, shortcut):
    added = ("--shortcut",) if shortcut else ()
    parameters = {
        "dtype": dtype, "shortcut": str(shortcut).lower(), "keep": "false", "threads": THREADS,
    }  # fmt: skip
    return compared(
        f"batch-norm{'-shortcut' if shortcut else ''}-{dtype}",
        f"batch norm{', shortcut' if shortcut else ''} and ReLU, forward and backward of "
        f"512 x 16 x 32 x 32 in channels-last {dtype}",
        (
            ours("BatchNormBenchmark.step", parameters),
            peer("PyTorch", "batch_norm.py", "time", "eager", dtype, *added),
            peer("torch.compile", "batch_norm.py", "time", "compile", dtype, *added),
        ),
        agreement=comparison.batch_norm(dtype, shortcut),
    )


def lars():
    return compared(
        "lars",
        "LARS, a step of all parameters of ResNet-50",
        (
            ours("LarsBenchmark.step", {"threads": THREADS, "dtype": "float32"}),
            peer("PyTorch, tensor by tensor", "lars.py", "time", "loop"),
            peer("PyTorch, foreach", "lars.py", "time", "foreach"),
        ),
        agreement=comparison.LARS,
    )


def training_step(dtype, views=False, batch=512):
    """A step of the full ResNet-18, on views that are there, or that the GPU makes for it."""
    augment = ("--augment", str(IMAGES)) if views else ()

    def pytorch(name, form):
        return peer(
            name, "training_step.py", "time", form, dtype, "--width", "1", "--batch", str(batch),
            *augment, modules=(*TORCH, "PIL"),
        )  # fmt: skip

    parameters = {
        "dtype": dtype, "part": "BOTH" if views else "MODEL", "threads": THREADS, "width": 1.0,
        "batch": batch, "images": IMAGES if views else batch,
    }  # fmt: skip
    return compared(
        f"training-step-views-{dtype}" if views else f"training-step-full-{dtype}",
        f"training step of the full ResNet-18, batch {batch}, {dtype}"
        + (f", views included, of {IMAGES:,} images in its memory" if views else ""),
        (
            ours("TrainingStepBenchmark.step", parameters),
            pytorch("PyTorch", "eager"),
            pytorch("torch.compile", "compile"),
        ),
        agreement=comparison.training_step(dtype),
    )


EPOCH = Load(
    IMAGES, batch=512, width=64, device=DEVICE, recipe="cifar10-resnet18", log_every=50
)  # fmt: skip
BRIEF_EPOCH = Load(64, batch=16, width=4, device=DEVICE, recipe="cifar10-resnet18", log_every=50)


def epoch(brief=False):
    load = BRIEF_EPOCH if brief else EPOCH
    return compared(
        "epoch",
        f"epoch of {load.recipe} on {load.images:,} images in its memory, views included",
        (
            Launcher("simclr-java", load, "epoch", THREADS),
            PretrainPeer("PyTorch, views of whole batches", load, "epoch", THREADS),
            PretrainPeer("torch.compile", load, "epoch", THREADS, compiled=True),
        ),
        unit="s",
        # A peer has no start cache, and what a program tells is less than a benchmark does.
        needs=NEEDS,
        varies=("start cache",),
    )


COMPARISONS = (
    training_step("bfloat16", views=True),
    epoch(),
    *(training_step(dtype) for dtype in ("bfloat16", "float32")),
    *(nt_xent(rows) for rows in (1024, 4096, 8192)),
    nt_xent_memory(8192),
    *(batch_norm(d, s) for d in ("bfloat16", "float32") for s in (False, True)),
    lars(),
)
