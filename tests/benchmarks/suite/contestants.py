"""Who is measured: benchmarks of simclr-java, which JMH runs, and peers, which are scripts."""

import dataclasses
import functools
import json
import os
import re
import subprocess
import tempfile

from suite import machine
from suite.errors import BenchmarkError


@dataclasses.dataclass(frozen=True)
class Result:
    """What one run of a contestant measured."""

    iterations: list  # of the comparison's unit
    facts: dict  # as they are in its process; must be equal for a comparison: dtype, threads, ...
    versions: dict
    results: dict = dataclasses.field(default_factory=dict)  # numbers that must be nearly equal


@dataclasses.dataclass(frozen=True)
class Pace:
    """How long a run takes."""

    seconds: float  # of an iteration
    warmup: int  # iterations that are thrown away
    iterations: int


@dataclasses.dataclass(frozen=True)
class Ours:
    """A JMH benchmark with parameters."""

    name: str
    benchmark: str  # Class.method in dev.simclr.benchmark
    parameters: dict
    metric: str = ""  # a counter, instead of the benchmark's own score
    threads: int = 1
    package: str = "dev.simclr.benchmark"
    core: int | None = None  # the one to run on; default the last ones
    environment: tuple = ()  # pairs of name and value, beside what there is
    differs: tuple = ()  # pairs of a fact that may differ from that of others, and why
    device: str = "cpu"  # that it computes on

    def missing(self, context):
        del context  # always there
        return None

    def class_path(self, context):
        return context.class_path

    def run(self, context, pace):
        with tempfile.TemporaryDirectory() as folder:
            report = os.path.join(folder, "jmh.json")
            own = os.path.join(folder, "own.json")
            command = [
                context.java, "-cp", self.class_path(context), "org.openjdk.jmh.Main",
                f"^{re.escape(self.package + '.' + self.benchmark)}$",
                "-f", "1", "-foe", "true", "-rf", "json", "-rff", report,
                "-wi", str(pace.warmup), "-w", f"{round(1000 * pace.seconds)}ms",
                "-i", str(pace.iterations), "-r", f"{round(1000 * pace.seconds)}ms",
                "-jvmArgs", " ".join([*context.jvm_options(), f"-Dsimclr.benchmark.report={own}"]),
            ]  # fmt: skip
            for key, value in self.parameters.items():
                command += ["-p", f"{key}={value}"]
            cores = machine.place(self.threads, self.device, self.core)
            execute(command, self.threads, self.name, dict(self.environment), cores)
            return self.read(load(report), load(own) if os.path.exists(own) else {})

    def read(self, report, own):
        """The result in JMH's report, which has one benchmark with one set of parameters.

        `own` is what the benchmark has written itself, see dev.simclr.benchmark.Report.
        """
        if len(report) != 1:
            raise BenchmarkError(f"{self.name}: JMH reports {len(report)} benchmarks instead of one")
        (entry,) = report
        metric = entry["secondaryMetrics"][self.metric] if self.metric else entry["primaryMetric"]
        (iterations,) = metric["rawData"]
        return Result(
            iterations,
            own.get("facts", {}),
            {"java": entry["jdkVersion"], "jmh": entry["jmhVersion"]},
            own.get("results", {}),
        )


@dataclasses.dataclass(frozen=True)
class OnEachCore:
    """A contestant of one thread on each of some cores in turn: the mean of what these measure.

    Cores are not alike where they are shared with others, so a program on several cores is
    compared with this and not with one of them.
    """

    inner: Ours
    cores: int

    @property
    def name(self):
        return self.inner.name

    @property
    def threads(self):
        return self.cores  # that it needs; the facts are the inner one's

    @property
    def differs(self):
        return self.inner.differs

    def missing(self, context):
        return self.inner.missing(context)

    def run(self, context, pace):
        each = [
            dataclasses.replace(self.inner, core=core).run(context, pace)
            for core in machine.cores()[-self.cores :]
        ]
        means = [sum(i) / len(i) for i in zip(*(result.iterations for result in each), strict=True)]
        return dataclasses.replace(each[0], iterations=means)


@dataclasses.dataclass(frozen=True)
class JavaPeer(Ours):
    """A JMH benchmark in a folder of tests/peers that is built by hand."""

    folder: str = ""
    jars: tuple = ()  # pairs of what a version is reported as, and the artifact that has it
    package: str = "dev.simclr.peer"

    def target(self, context):
        return context.root / "tests" / "peers" / self.folder / "target"

    def missing(self, context):
        """What keeps it from running, or None."""
        if (self.target(context) / "classes" / "META-INF" / "BenchmarkList").exists():
            return None
        return f"mvn -f tests/peers/{self.folder}/pom.xml package has not been run"

    def class_path(self, context):
        return f"{self.target(context) / 'classes'}:{self.target(context) / 'lib'}/*"

    def run(self, context, pace):
        # First, since with jars of two versions nobody knows which one is measured.
        versions = {name: self.version(context, artifact) for name, artifact in self.jars}
        result = super().run(context, pace)
        return dataclasses.replace(result, versions={**result.versions, **versions})

    def version(self, context, artifact):
        """That of an artifact's jar; with a jar for the platform beside it, that of both."""
        name = re.compile(re.escape(artifact) + r"-(\d.*?)(-linux-x86_64)?\.jar")
        found = sorted(
            {m[1] for m in map(name.fullmatch, os.listdir(self.target(context) / "lib")) if m}
        )
        if len(found) != 1:
            raise BenchmarkError(
                f"{self.name}: tests/peers/{self.folder}/target/lib has "
                f"{' and '.join(found) or 'no version'} of {artifact} instead of one; build it "
                f"with mvn -f tests/peers/{self.folder}/pom.xml clean package"
            )
        return found[0]


@dataclasses.dataclass(frozen=True)
class Peer:
    """A script in tests/peers that prints one line of JSON."""

    name: str
    script: str
    arguments: tuple
    modules: tuple  # that Python must have
    threads: int = 1
    environment: tuple = ()  # pairs of name and value, beside what there is
    differs: tuple = ()
    device: str = "cpu"  # that it computes on

    def missing(self, context):
        """What keeps it from running, or None."""
        probe = (
            "import importlib.util, sys;"
            "print(' '.join(m for m in sys.argv[1:] if importlib.util.find_spec(m) is None))"
        )
        done = subprocess.run(
            [context.python, "-c", probe, *self.modules],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            return f"{context.python} does not run"
        absent = done.stdout.strip()
        if absent:
            return f"{context.python} has no module {', '.join(absent.split())}"
        if self.device == "cuda" and not has_cuda(context.python):
            return f"torch of {context.python} has no CUDA device"
        return None

    def run(self, context, pace):
        output = execute(
            [
                context.python, str(context.root / "tests" / "peers" / self.script),
                *(a.format(data=context.data) for a in self.arguments),
                # Those that are only timed on the CPU do not know the option.
                *(() if self.device == "cpu" else ("--device", self.device)),
                "--seconds", str(pace.seconds),
                "--warmup", str(pace.warmup), "--iterations", str(pace.iterations),
            ],
            self.threads,
            self.name,
            dict(self.environment),
            machine.place(self.threads, self.device),
        )  # fmt: skip
        line = json.loads(output.strip().splitlines()[-1])
        return Result(line["iterations"], line["facts"], line["versions"], line.get("results", {}))


@functools.cache
def has_cuda(python):
    """Whether the torch of a Python has a CUDA device; asked once, since it takes seconds."""
    probe = "import torch; print(torch.cuda.is_available())"
    done = subprocess.run([python, "-c", probe], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "True"


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def execute(command, threads, name, environment, cores):
    """Runs a command on some cores, at least as many as it has threads; returns what it prints."""
    available = len(machine.cores())
    if available < threads:
        raise BenchmarkError(f"{name} needs {threads} cores, there are {available}")
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
        env={**os.environ, **(environment or {})},
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )  # fmt: skip
    if done.returncode:
        raise BenchmarkError(
            f"{name} ended with status {done.returncode}: "
            f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
        )
    return done.stdout
