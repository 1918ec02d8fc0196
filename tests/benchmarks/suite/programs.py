"""Whole programs as contestants: what they print says how far they are."""

import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

from suite import machine, noise
from suite.contestants import Peer, Result
from suite.errors import BenchmarkError

# What `simclr pretrain` and tests/peers/pretrain.py print.
FIRST_STEP = re.compile(r"first step|.*\bstep 1/")
EPOCH = re.compile(r"epoch (\d+) over|epoch \d+/\d+ +step (\d+)/")
DEVICE = re.compile(r"device +(cpu|cuda)(?::\d+)?, (\d+) compute threads?,")
PRECISION = re.compile(r"precision: (\w+)")
CONDITIONS = "conditions "
# What a program tells about itself before it is ended.
NEEDS = ("dtype", "device", "threads", "libtorch")


@dataclasses.dataclass(frozen=True)
class Load:
    """What is trained, where, and how often a program looks at the loss."""

    images: int
    batch: int = 256
    width: int = 16  # of the first stage, in channels
    device: str = "cpu"
    recipe: str = "cifar10-slim"
    log_every: int = 1  # steps


@dataclasses.dataclass(frozen=True)
class Program:
    """A program that trains, measured until it has printed enough."""

    name: str
    load: Load
    # first-step: seconds from its start to its first update
    # epoch: seconds of its second epoch
    # memory: the most MiB of its processes in two epochs, mapped files apart, and what processes
    #   share counted once
    measure: str
    threads: int = 2
    differs: tuple = ()

    def run(self, context, pace):
        del pace  # it runs once
        cores = machine.place(self.threads, self.load.device)
        with subprocess.Popen(
            [str(c) for c in self.command(context)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **dict(self.environment)}, start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        ) as process:  # fmt: skip
            try:
                value, facts = self.watch(process)
            finally:
                stop(process)
        return Result([value], facts, self.versions(context))

    def watch(self, process):
        """The value that is measured, and the conditions that the program tells."""
        start = time.perf_counter()
        memory = Memory(process.pid) if self.measure == "memory" else None
        lines = []
        ends = {}
        facts = {}
        value = None
        per_epoch = self.load.images // self.load.batch
        for line in process.stdout:
            now = time.perf_counter()
            lines.append(line)
            facts.update(self.conditions(line, process.pid))
            if self.measure == "first-step" and FIRST_STEP.match(line) and value is None:
                value = now - start
            found = EPOCH.match(line)
            if found:
                epoch = int(found[1]) if found[1] else int(found[2]) / per_epoch
                if epoch in (1, 2):
                    ends[epoch] = now
            if 2 in ends and self.measure != "first-step" and value is None:
                value = memory.peak() if memory else ends[2] - ends[1]
            if value is not None and facts.keys() >= set(NEEDS):
                return value, facts
        raise BenchmarkError(f"{self.name} ended before it was measured:\n{''.join(lines[-30:])}")


@dataclasses.dataclass(frozen=True)
class Launcher(Program):
    """`simclr pretrain`: as users start it, or without a launcher, see Context.program."""

    cold: bool = False  # without the cache that makes starts faster

    def missing(self, context):
        del context
        return None

    @property
    def environment(self):
        # The last of two options counts.
        return (("SIMCLR_JAVA_OPTS", "-XX:AOTMode=off"),) if self.cold else ()

    def versions(self, context):
        del context
        return {}

    def conditions(self, line, pid):
        """Those of a line of output, and the libtorch and the start cache that are mapped."""
        if found := PRECISION.match(line):
            return {"dtype": {"bf16": "bfloat16"}.get(found[1], found[1])}
        if found := DEVICE.match(line):
            maps = pathlib.Path(f"/proc/{pid}/maps").read_text()
            used = "used" if "/start.aot" in maps else "not used"
            return {
                "device": found[1],
                "threads": int(found[2]),
                "libtorch": libtorch(maps),
                "start cache": used,
            }
        return {}

    def command(self, context):
        load = self.load
        return [
            *context.program(), "pretrain", "--recipe", load.recipe, "--overwrite",
            "--out", context.data / "run", "data.source=folder",
            f"data.root={noise.folder(context, load.images)}",
            f"data.cache={context.data / 'packed'}", f"model.width={load.width / 64}",
            f"train.batch={load.batch}", "train.epochs=2", f"train.log_every={load.log_every}",
            "train.precision=bf16", "eval.knn=false", "eval.linear=false", "eval.probe=false",
            "eval.meters_every=0", f"train.threads={self.threads}",
            f"train.loader_threads={self.threads}", "optim.warmup_epochs=0",
            f"train.device={load.device}", f"augment.device={load.device}",
        ]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class PretrainPeer(Program):
    """tests/peers/pretrain.py."""

    views: str = "tensor"
    modules: tuple = ("torch", "numpy", "PIL")
    compiled: bool = False
    differs: tuple = (
        ("tf32", "simclr pretrain prints nothing about it, and both compute in bfloat16"),
    )

    def missing(self, context):
        device = self.load.device
        return Peer(self.name, "pretrain.py", (), self.modules, device=device).missing(context)

    @property
    def environment(self):
        return (("OMP_NUM_THREADS", str(self.threads)),)

    def versions(self, context):
        probe = "import platform, torch; print(platform.python_version(), torch.__version__)"
        done = subprocess.run([context.python, "-c", probe], capture_output=True, text=True, check=True)
        python, torch = done.stdout.split()
        return {"python": python, "torch": torch}

    def conditions(self, line, pid):
        """What the script prints after its first step."""
        del pid
        if line.startswith(CONDITIONS):
            return json.loads(line.removeprefix(CONDITIONS))
        return {}

    def command(self, context):
        load = self.load
        return [
            context.python, context.root / "tests" / "peers" / "pretrain.py",
            noise.array(context, load.images), self.views,
            "--width", load.width, "--batch", load.batch, "--workers", 2,
            "--log-every", load.log_every, "--device", load.device,
            *(("--compile",) if self.compiled else ()),
        ]  # fmt: skip


def libtorch(maps):
    """The version of the libtorch that a process has mapped, without what follows a +."""
    found = re.search(r" (/\S+)/lib/libtorch_cpu\.so$", maps, re.MULTILINE)
    if not found:
        raise BenchmarkError("simclr pretrain has no libtorch_cpu.so mapped")
    text = (pathlib.Path(found[1]) / "version.py").read_text()
    return re.search(r"__version__ = '([^'+]+)", text)[1]


def stop(process):
    """Ends a program and what it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has ended by itself
    process.stdout.read()
    process.wait()


class Memory:
    """Watches what a process and its children hold apart from mapped files.

    Pages that several of them share, as after a fork, count once.
    """

    def __init__(self, pid):
        self.pid = pid
        self.most = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        # Each look walks through all page tables, during which the process may have to wait.
        while not self.done.wait(0.25):
            self.most = max(self.most, sum(own(pid) for pid in session(self.pid)))

    def peak(self):
        """MiB."""
        self.done.set()
        self.thread.join()
        return self.most / 2**20


def session(leader):
    """All processes of the session that a process leads."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == leader:
                    yield int(entry.name)
            except OSError:
                pass  # it has ended meanwhile


def resident(pid):
    """Bytes of RssAnon and RssShmem, which costs a process nothing to tell; 0 once it has ended."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    fields = re.findall(r"^(?:RssAnon|RssShmem):\s+(\d+) kB$", status, re.MULTILINE)
    return 1024 * sum(map(int, fields))


def own(pid):
    """Bytes of Pss_Anon and Pss_Shmem: of a page that n processes map, each has 1/n.

    0 once the process has ended.
    """
    try:
        rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return proportional(rollup)


def proportional(rollup):
    """The bytes of a smaps_rollup file; 0 if it is that of a process without memory."""
    fields = re.findall(r"^(?:Pss_Anon|Pss_Shmem): +(\d+) kB$", rollup, re.MULTILINE)
    return 1024 * sum(map(int, fields))
