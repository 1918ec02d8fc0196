"""What is compared with what: here on the CPU, in suite.gpu on a GPU."""

from suite import comparison, gpu, machine
from suite.comparison import Comparison
from suite.contestants import JavaPeer, OnEachCore, Ours, Peer
from suite.programs import NEEDS, Launcher, Load, PretrainPeer


WORKLOADS = {
    "pixels-32": "32x32 to 32x32, no blur",
    "pixels-224": "256x256 to 224x224, blur with p = 0.5",
    "jpeg-1-view": "JPEG 500x375 to 224x224, decoding included, one view an image",
    "jpeg-2-views": "JPEG 500x375 to 224x224, decoding included, two views an image",
}
TORCHVISION = ("torch", "torchvision", "PIL", "numpy")
# Of what calls no operator of libtorch.
NO_TORCH = ("dtype", "device", "threads")


def views(workload, threads, name="simclr-java", dtype="float32"):
    return Ours(
        name,
        "ViewsBenchmark.batch",
        {"workload": workload, "threads": threads, "dtype": dtype},
        metric="views",
        threads=threads,
    )


def augment_peer(name, peer, workload, modules):
    return Peer(name, "augment.py", ("time", peer, "{data}/" + workload), modules)


def augmentation(workload, title):
    """One loader thread against the peers."""
    return Comparison(
        workload,
        title,
        "views/s",
        (
            views(workload, 1),
            augment_peer("OpenCV", "opencv", workload, (*TORCHVISION, "cv2")),
            augment_peer("OpenCV, tuned", "opencv-tuned", workload, (*TORCHVISION, "cv2")),
            augment_peer("torchvision on PIL", "torchvision", workload, TORCHVISION),
        ),
        workload=workload,
        needs=NO_TORCH,
    )


def scaling(workload, title):
    """Two loader threads against one, measured on each of the two cores."""
    return Comparison(
        workload + "-threads",
        title + ", two threads against one",
        "views/s",
        (views(workload, 2, "two threads"), OnEachCore(views(workload, 1, "one thread"), 2)),
        workload=workload,
        varies=("threads",),
        needs=NO_TORCH,
    )


def bf16_views(workload, title):
    """Views in the type that training on this precision takes; peers make float32 only."""
    return Comparison(
        workload + "-bfloat16",
        title + ", views in bfloat16 against float32",
        "views/s",
        (
            views(workload, 1, "bfloat16", "bfloat16"),
            views(workload, 1, "float32"),
        ),
        workload=workload,
        varies=("dtype",),
        needs=NO_TORCH,
    )


def jpeg_decoding(size):
    """Whole files to pixels, and nothing else."""

    def peer(name, decoder, module):
        folder = "{data}/" + f"jpeg-{size}x{size}-q90/train"
        return Peer(name, "jpeg.py", ("time", decoder, folder), ("numpy", module))

    return Comparison(
        f"jpeg-decode-{size}",
        f"a JPEG file of {size}x{size} pixels decoded",
        "us",
        (
            Ours("simclr-java", "JpegBenchmark.decode", {"size": size}),
            peer("OpenCV", "opencv", "cv2"),
            peer("Pillow", "pillow", "PIL"),
        ),
        higher_is_better=False,
        needs=NO_TORCH,
        # Releases of libjpeg-turbo may round differently in single pixels.
        agreement=(("sum of the pixels", 1e-4), ("sum of the pixels by place", 1e-4)),
    )


def sampler(workload, title):
    return Comparison(
        "sampler-" + workload,
        title + ", drawing the parameters of a view",
        "ns",
        (Ours("simclr-java", "SamplerBenchmark.sample", {"workload": workload}),),
        higher_is_better=False,
        needs=(),  # it is alone
    )


# What keeps freed memory in the process, which makes the peers faster, and is not what users have.
KEEP = (
    ("MALLOC_MMAP_THRESHOLD_", "8589934592"),
    ("MALLOC_TRIM_THRESHOLD_", "8589934592"),
)


def nt_xent_peer(form, what, rows, name, environment=()):
    return Peer(name, "nt_xent.py", (what, form, str(rows)), ("torch", "numpy"), 2, environment)


def nt_xent(rows):
    """The loss against the forms of it that users write, as they run them and with memory kept."""
    parameters = {"rows": rows, "dtype": "float32"}
    contestants = [Ours("simclr-java", "NtXentBenchmark.step", parameters, threads=2)]
    for form, name in comparison.NT_XENT_FORMS.items():
        contestants.append(nt_xent_peer(form, "time", rows, name))
        contestants.append(nt_xent_peer(form, "time", rows, name + ", memory kept", KEEP))
    return Comparison(
        f"nt-xent-{rows}",
        f"NT-Xent, forward and backward of {rows} embeddings of length 128",
        "ms",
        tuple(contestants),
        higher_is_better=False,
        agreement=comparison.NT_XENT,
    )


def nt_xent_memory(rows, peers=True):
    parameters = {"rows": rows, "dtype": "float32"}
    own = Ours("simclr-java", "NtXentBenchmark.step", parameters, "mebibytes", 2)
    return Comparison(
        f"nt-xent-{rows}-memory",
        f"NT-Xent, extra memory for {rows} embeddings of length 128",
        "MiB",
        (own, *(nt_xent_peer(f, "memory", rows, n) for f, n in comparison.NT_XENT_FORMS.items() if peers)),
        higher_is_better=False,
        agreement=comparison.NT_XENT,
    )


def nt_xent_alone(rows):
    """Where the peers' matrix does not fit."""
    parameters = {"rows": rows, "dtype": "float32"}
    return Comparison(
        f"nt-xent-{rows}",
        f"NT-Xent, forward and backward of {rows} embeddings of length 128",
        "ms",
        (Ours("simclr-java", "NtXentBenchmark.step", parameters, threads=2),),
        higher_is_better=False,
    )


def batch_norm(dtype, shortcut):
    """Ours with the allocator that keeps freed memory, against peers whose glibc does, or not.

    Ours is there with glibc's allocator too, so that one pair has the same on both sides.
    """

    def own(name, keep, environment=()):
        parameters = {"dtype": dtype, "shortcut": str(shortcut).lower(), "keep": keep, "threads": 2}
        return Ours(name, "BatchNormBenchmark.step", parameters, threads=2, environment=environment)

    def peer(name, form, environment=()):
        arguments = ("time", form, dtype, *(("--shortcut",) if shortcut else ()))
        return Peer(name, "batch_norm.py", arguments, ("torch", "numpy"), 2, environment)

    return Comparison(
        f"batch-norm{'-shortcut' if shortcut else ''}-{dtype}",
        f"batch norm{', shortcut' if shortcut else ''} and ReLU, forward and backward of "
        f"512 x 16 x 32 x 32 in channels-last {dtype}",
        "ms",
        (
            own("simclr-java", "true"),
            own("simclr-java, memory kept by glibc", "false", KEEP),
            peer("PyTorch, memory kept", "eager", KEEP),
            peer("PyTorch", "eager"),
            peer("torch.compile, memory kept", "compile", KEEP),
        ),
        higher_is_better=False,
        agreement=comparison.batch_norm(dtype, shortcut),
    )


def conv3x3(dtype, stride):
    """Ours with the allocator that keeps freed memory, the peer with a glibc that does."""
    tolerance = 1e-2 if dtype == "bfloat16" else 1e-4
    return Comparison(
        f"conv3x3-stride-{stride}-{dtype}",
        f"3 x 3 convolution with stride {stride}, forward and backward of 512 x 16 x 32 x 32 to "
        f"{stride * 16} channels in channels-last {dtype}",
        "ms",
        (
            Ours(
                "simclr-java", "Conv3x3Benchmark.step",
                {"dtype": dtype, "stride": stride, "threads": 2}, threads=2,
            ),
            Peer(
                "PyTorch, memory kept", "conv3x3.py", ("time", dtype, str(stride)),
                ("torch", "numpy"), 2, KEEP,
            ),
        ),
        higher_is_better=False,
        agreement=tuple(
            (f"norm of the {name}", tolerance)
            for name in ("output", "input's gradient", "weight's gradient")
        ),
    )  # fmt: skip


def lars():
    def peer(name, form, environment=()):
        return Peer(name, "lars.py", ("time", form), ("torch", "numpy"), 2, environment)

    return Comparison(
        "lars",
        "LARS, a step of all parameters of ResNet-50",
        "ms",
        (
            Ours("simclr-java", "LarsBenchmark.step", {"threads": 2, "dtype": "float32"}, threads=2),
            peer("PyTorch, tensor by tensor", "loop"),
            peer("PyTorch, tensor by tensor, memory kept", "loop", KEEP),
            peer("PyTorch, foreach", "foreach"),
            peer("PyTorch, foreach, memory kept", "foreach", KEEP),
        ),
        higher_is_better=False,
        agreement=comparison.LARS,
    )


def training_step(dtype, width=0.25, batch=256):
    """A step on views that are there, against PyTorch as users run it and with memory kept."""
    slim = width < 1

    def peer(name, form, environment=()):
        return Peer(
            name, "training_step.py",
            ("time", form, dtype, "--width", str(width), "--batch", str(batch)),
            ("torch", "numpy", "PIL"), 2, environment,
        )  # fmt: skip

    compiled = (
        peer("torch.compile", "compile"),
        peer("torch.compile, memory kept", "compile", KEEP),
    )
    return Comparison(
        f"training-step-{dtype}" if slim else f"training-step-full-{dtype}",
        f"training step of the {'slim' if slim else 'full'} ResNet-18, batch {batch}, {dtype}",
        "ms",
        (
            Ours(
                "simclr-java",
                "TrainingStepBenchmark.step",
                {"dtype": dtype, "part": "MODEL", "threads": 2, "width": width, "batch": batch},
                threads=2,
            ),
            peer("PyTorch", "eager"),
            peer("PyTorch, memory kept", "eager", KEEP),
            *(compiled if slim else ()),
        ),
        higher_is_better=False,
        agreement=comparison.training_step(dtype),
    )


CALLS = {
    "flag": "whether gradients are recorded, a flag of the thread",
    "add": "sum of two tensors of 4 floats, freed",
    "shape": "sizes of a tensor as an array",
    "create": "a tensor of 4 floats, made and freed",
    "scope": "100 sums of 4 floats, freed together",
    "step": "a step of linear regression, 16 x 16, with autograd",
}


# The gradient of the step's weight, twice.
CALL_AGREEMENT = (("weight after two steps", 1e-6),)


def javacpp(benchmark, name="JavaCPP"):
    jars = (("JavaCPP's pytorch", "pytorch"),)
    return JavaPeer(name, f"CallsBenchmark.{benchmark}", {}, folder="javacpp", jars=jars)


def djl(benchmark, name="DJL"):
    """With the libtorch of its own jar, the newest that it works with."""
    jars = (("DJL", "pytorch-engine"), ("DJL's libtorch", "pytorch-native-cpu"))
    differs = (("libtorch", "DJL works with no other than that of its jar"),)
    return JavaPeer(
        name, f"CallsBenchmark.{benchmark}", {}, folder="djl", jars=jars, differs=differs
    )


def call(name, title):
    # An array of DJL asks libtorch for its sizes once; the others ask each time.
    remembered = (djl("rememberedShape", "DJL, from the second time on"),)
    return Comparison(
        "call-" + name,
        title,
        "ns",
        (
            Ours("simclr-java", f"CallsBenchmark.{name}", {}),
            javacpp(name),
            djl(name),
            *(remembered if name == "shape" else ()),
            Peer("PyTorch", "calls.py", ("time", name), ("torch",)),
        ),
        higher_is_better=False,
        agreement=CALL_AGREEMENT,
    )


def empty_call():
    """Nothing but the way to native code and back: functions that return a constant."""
    return Comparison(
        "call-empty",
        "a native call that has nothing to do",
        "ns",
        (
            Ours("simclr-java", "CallsBenchmark.empty", {}),
            javacpp("empty", "JNI"),
        ),
        higher_is_better=False,
        agreement=CALL_AGREEMENT,
    )


COPIES = {
    "wrap": "a segment of 256 MiB as a tensor, freed",
    "mapped": "256 images of a mapped file as a tensor, freed",
    "copy": "a segment of 256 MiB copied into a tensor, freed",
}


def copies(name, title):
    """What it costs to hand memory over, and what the copy would cost that this avoids."""
    return Comparison(
        "memory-" + name,
        title,
        "us",
        (
            Ours("simclr-java", f"CopiesBenchmark.{name}", {}),
            Peer("PyTorch", "copies.py", ("time", name), ("torch", "numpy")),
        ),
        higher_is_better=False,
    )


def growth(what, title, values, **parameters):
    """What a step costs as one quantity grows; each value is compared with the first."""

    def at(value):
        chosen = {"dtype": "bfloat16", "part": "BOTH", "threads": 2, **parameters, what: value}
        return Ours(
            f"{what} {value:,}", "TrainingStepBenchmark.step", chosen, threads=chosen["threads"]
        )

    return Comparison(
        "growth-" + what,
        title,
        "ms",
        tuple(at(value) for value in values),
        higher_is_better=False,
        varies=("threads",),
        axis=what,
    )


def powers_of_two(most):
    """1, 2, 4, ... up to `most`."""
    return tuple(1 << i for i in range(most.bit_length()))


# Not a whole epoch of CIFAR-10, so that a comparison takes minutes; brief runs have a few batches.
EPOCH = Load(images=6400)
BRIEF_EPOCH = Load(images=64, batch=16, width=4)
# A batch is an epoch, since a line is printed after each epoch.
TINY = Load(images=16, batch=16, width=4)


def programs(brief=False):
    """Whole programs on the CPU; their size does not depend on the pace."""
    load = BRIEF_EPOCH if brief else EPOCH
    torchvision = ("torch", "torchvision", "PIL", "numpy")
    opencv = ("torch", "numpy", "PIL", "cv2")
    # A peer has no start cache, and what a program tells is less than a benchmark does.
    told = {"needs": NEEDS, "varies": ("start cache",), "higher_is_better": False}
    start_peers = (
        PretrainPeer("PyTorch, views of whole batches", TINY, "first-step", views="tensor"),
        PretrainPeer(
            "PyTorch, torchvision, 2 workers", TINY, "first-step",
            views="torchvision", modules=torchvision,
        ),
    )  # fmt: skip
    return (
        Comparison(
            "epoch",
            f"epoch of cifar10-slim on {load.images:,} images, loading and views included",
            "s",
            (
                Launcher("simclr-java", load, "epoch"),
                PretrainPeer(
                    "PyTorch, torchvision, 2 workers", load, "epoch",
                    views="torchvision", modules=torchvision,
                ),
                PretrainPeer(
                    "PyTorch, OpenCV, 2 workers", load, "epoch", views="opencv", modules=opencv
                ),
                PretrainPeer("PyTorch, views of whole batches", load, "epoch", views="tensor"),
            ),
            **told,
        ),
        Comparison(
            "memory",
            f"most memory of two epochs of cifar10-slim on {load.images:,} images, mapped in both",
            "MiB",
            (
                Launcher("simclr-java", load, "memory"),
                PretrainPeer("PyTorch, views of whole batches", load, "memory", views="tensor"),
                PretrainPeer(
                    "PyTorch, OpenCV, 2 workers", load, "memory", views="opencv", modules=opencv
                ),
            ),
            **told,
        ),
        Comparison(
            "start",
            "from the start of the process to the first step of a tiny network",
            "s",
            (
                Launcher("simclr-java", TINY, "first-step"),
                Launcher("simclr-java without its start cache", TINY, "first-step", cold=True),
                *start_peers,
            ),
            **told,
        ),
        Comparison(
            "start-cold",
            "from the start of the process to the first step of a tiny network, without start cache",
            "s",
            (
                Launcher("simclr-java without its start cache", TINY, "first-step", cold=True),
                *start_peers,
            ),
            **told,
        ),
    )  # fmt: skip


ALL = (
    *(augmentation(w, title) for w, title in WORKLOADS.items()),
    *(scaling(w, title) for w, title in WORKLOADS.items()),
    *(bf16_views(w, WORKLOADS[w]) for w in ("pixels-32", "pixels-224")),
    *(jpeg_decoding(size) for size in (32, 224)),
    *(sampler(w, WORKLOADS[w]) for w in ("pixels-32", "pixels-224")),
    *(nt_xent(rows) for rows in (1024, 4096, 8192)),
    nt_xent_memory(8192),
    nt_xent_alone(65536),
    nt_xent_memory(65536, peers=False),
    *(batch_norm(d, s) for d in ("bfloat16", "float32") for s in (False, True)),
    *(conv3x3(d, s) for d in ("bfloat16", "float32") for s in (1, 2)),
    lars(),
    *(training_step(dtype) for dtype in ("bfloat16", "float32")),
    training_step("bfloat16", width=1.0, batch=64),
    empty_call(),
    *(call(name, title) for name, title in CALLS.items()),
    *(copies(name, title) for name, title in COPIES.items()),
    growth(
        "threads", "step of the slim ResNet-18 by threads, views included",
        powers_of_two(len(machine.cores())),
    ),
    growth("batch", "step of the slim ResNet-18 by batch, views included", (64, 128, 256, 512)),
    growth("size", "step of the slim ResNet-18 by image size, batch 64", (32, 64, 96, 128), batch=64),
    growth(
        "images", "views of a batch of 256 by size of the data set",
        (1_024, 16_384, 131_072), part="DATA",
    ),
    *programs(),
    *gpu.COMPARISONS,
)


def brief(comparison):
    """A comparison as a brief run has it: whole programs have fewer images."""
    small = {c.id: c for c in (*programs(brief=True), gpu.epoch(brief=True))}
    return small.get(comparison.id, comparison)
