import contextlib
import dataclasses
import io
import json
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compare as runner
import java_share
from suite import chart, machine, report
from suite.comparisons import ALL, Comparison, brief, powers_of_two
from suite.contestants import JavaPeer, OnEachCore, Ours, Pace, Peer, Result, has_cuda
from suite.errors import BenchmarkError
from suite.programs import Launcher, PretrainPeer, libtorch, proportional
from suite.rounds import CHECK, compare

PACE = Pace(1, 0, 3)
SESSION = {
    "machine": {
        "cpu": "Some CPU", "cores": 2, "memory_gib": 8, "kernel": "6.1", "glibc": "2.36",
        "huge_pages": "madvise", "device": "cpu",
    },
    "environment": {"OMP_WAIT_POLICY": "active"},
    "jvm": ["-XX:+UseSerialGC", "-Xmx1g"],
    "load": 0.1,
    "busy": False,
    "brief": False,
    "rounds": 2,
    "command": "compare.py",
    "versions": {"simclr-java": "abc"},
}


@dataclasses.dataclass
class Context:
    python: str = sys.executable
    cores: int = 2
    root: pathlib.Path = pathlib.Path("no-such-folder")


class Fake:
    """A contestant that reports what it is told to."""

    def __init__(self, name, rounds, facts=None, calls=None, threads=1, reason=None, results=()):
        self.name = name
        self.threads = threads
        self.rounds = list(rounds)
        self.calls = [] if calls is None else calls
        self.reason = reason
        self.facts = [facts or {}]
        self.results = list(results)  # of each run; the last one stays
        self.differs = ()
        self.environment = ()

    def missing(self, context):
        del context
        return self.reason

    def run(self, context, pace):
        del context
        checked = pace == CHECK
        self.calls.append(self.name + (" checked" if checked else ""))
        facts = self.facts.pop(0) if len(self.facts) > 1 else self.facts[0]
        results = self.results.pop(0) if len(self.results) > 1 else dict(*self.results)
        return Result([0] if checked else self.rounds.pop(0), facts, {self.name: "1"}, results)


def outcome(*contestants, rounds=2, **options):
    options = {"needs": (), **options}
    comparison = Comparison("id", "Some title", "views/s", contestants, **options)
    return compare(comparison, Context(), PACE, rounds, lambda line: None)


class RoundsTest(unittest.TestCase):
    def test_contestants_take_turns(self):
        calls = []
        outcome(Fake("a", [[1], [1], [1]], calls=calls), Fake("b", [[1], [1], [1]], calls=calls), rounds=3)
        self.assertEqual(["a", "b"] * 3, calls)

    def test_ratio_is_that_of_the_medians_of_rounds(self):
        first = Fake("a", [[100, 1000, 110], [90, 80, 0], [120, 120, 120]])
        other = Fake("b", [[10, 10, 10], [20, 20, 20], [30, 30, 30]])
        result = outcome(first, other, rounds=3)
        self.assertEqual([110, 80, 120], result.standings[0].rounds())
        self.assertEqual((110 / 20, 80 / 20, 110 / 10), result.ratios(result.standings[1]))

    def test_ratio_of_times_says_how_much_faster_the_first_one_is(self):
        result = outcome(
            Fake("a", [[2]]), Fake("b", [[6]]), rounds=1, higher_is_better=False
        )
        self.assertEqual((3, 3, 3), result.ratios(result.standings[1]))

    def test_other_types_and_thread_counts_are_refused(self):
        for mine, theirs, key in (
            ({"dtype": "float32"}, {"dtype": "bfloat16"}, "dtype"),
            ({"threads": 1}, {"threads": 2}, "threads"),
            ({"device": "cuda"}, {"device": "cpu"}, "device"),
            ({"tf32": "on"}, {}, "tf32"),
        ):
            with self.assertRaisesRegex(BenchmarkError, f"id: {key} of a .*cannot be compared"):
                outcome(Fake("a", [[1]], mine), Fake("b", [[1]], theirs), rounds=1)
        with self.assertRaisesRegex(BenchmarkError, "tf32 of a is on, that of b is not reported"):
            outcome(Fake("a", [[1]], {"tf32": "on"}), Fake("b", [[1]]), rounds=1)

    def test_what_is_compared_may_vary_and_nothing_else(self):
        two = {"threads": 2, "dtype": "float32"}
        one = {"threads": 1, "dtype": "float32"}
        result = outcome(
            Fake("a", [[2]], two), Fake("b", [[1]], one), rounds=1, varies=("threads",)
        )
        self.assertEqual(2, result.ratios(result.standings[1])[0])
        with self.assertRaisesRegex(BenchmarkError, "dtype"):
            outcome(
                Fake("a", [[2]], two),
                Fake("b", [[1]], {"threads": 1, "dtype": "bfloat16"}),
                rounds=1,
                varies=("threads",),
            )

    def test_a_fact_that_a_contestant_does_not_report_is_refused(self):
        facts = {
            "dtype": "float32", "device": "cuda", "threads": 1, "tf32": "off", "libtorch": "2.13.0",
        }  # fmt: skip
        needs = tuple(facts)
        outcome(Fake("a", [[1]], facts), Fake("b", [[1]], facts), rounds=1, needs=needs)
        for key in facts:
            less = {k: v for k, v in facts.items() if k != key}
            for mine, theirs, name in ((less, facts, "a"), (facts, less, "b"), (less, less, "a")):
                with self.assertRaisesRegex(BenchmarkError, f"id: {name} does not report its {key}"):
                    outcome(Fake("a", [[1]], mine), Fake("b", [[1]], theirs), rounds=1, needs=needs)

    def test_comparisons_need_all_facts_unless_they_call_no_libtorch(self):
        every = ("dtype", "device", "threads", "tf32", "libtorch")
        self.assertEqual(every, Comparison("id", "", "", ()).needs)
        fewer = {c.id for c in ALL if set(c.needs) < set(every)}
        self.assertTrue(all("device" in c.needs for c in ALL if len(c.contestants) > 1))
        views = {c.id for c in ALL if c.workload}
        programs = {"epoch", "epoch-cuda", "memory", "start", "start-cold"}
        alone = {"sampler-pixels-32", "sampler-pixels-224"}
        decoding = {"jpeg-decode-32", "jpeg-decode-224"}
        self.assertEqual(views | programs | alone | decoding, fewer)

    def test_a_difference_that_a_contestant_states_is_printed(self):
        other = Fake("b", [[1]], {"libtorch": "2.7.1", "threads": 1})
        other.differs = (("libtorch", "b has no other"),)
        first = {"libtorch": "2.13.0", "threads": 1}
        result = outcome(Fake("a", [[1]], first), other, rounds=1)
        line = "libtorch of a is 2.13.0, that of b is 2.7.1: b has no other"
        self.assertEqual([line], result.exceptions)
        self.assertIn(line, report.to_markdown(SESSION, [result]))
        self.assertEqual([line], report.to_json(SESSION, [result])["comparisons"][0]["exceptions"])
        other = Fake("b", [[1]], {"libtorch": "2.7.1", "threads": 2})
        other.differs = (("libtorch", "b has no other"),)
        with self.assertRaisesRegex(BenchmarkError, "threads of a is 1, that of b is 2"):
            outcome(Fake("a", [[1]], first), other, rounds=1)

    def test_results_are_compared_before_anything_is_timed(self):
        calls = []
        mine, theirs = {"loss": 2.0, "norm": 1.0}, {"loss": 2.02, "norm": 1.0}
        first = Fake("a", [[1], [1]], calls=calls, results=[mine])
        other = Fake("b", [[1], [1]], calls=calls, results=[theirs])
        result = outcome(first, other, agreement=(("loss", 0.02), ("norm", 0)))
        self.assertEqual(["a checked", "b checked"] + ["a", "b"] * 2, calls)
        self.assertEqual(["loss", "norm"], list(result.agreement))
        self.assertAlmostEqual(0.02 / 2.02, result.agreement["loss"])
        self.assertEqual(0, result.agreement["norm"])

    def test_other_results_are_refused_before_anything_is_timed(self):
        for theirs in (2.02, 1.98, -2.0, float("nan")):
            calls = []
            with self.assertRaisesRegex(
                BenchmarkError, "id: loss of a is 2.0, that of c is .*; allowed .* 0.001"
            ):
                outcome(
                    Fake("a", [], calls=calls, results=[{"loss": 2.0}]),
                    Fake("b", [], calls=calls, results=[{"loss": 2.001}]),
                    Fake("c", [], calls=calls, results=[{"loss": theirs}]),
                    agreement=(("loss", 0.001),),
                )
            self.assertEqual(["a checked", "b checked", "c checked"], calls)

    def test_results_that_differ_in_a_timed_run_are_refused(self):
        first = Fake("a", [[1], [1]], results=[{"loss": 2.0}])
        other = Fake("b", [[1], [1]], results=[{"loss": 2.0}, {"loss": 2.0}, {"loss": 3.0}])
        with self.assertRaisesRegex(BenchmarkError, "loss of a is 2.0, that of b is 3.0"):
            outcome(first, other, agreement=(("loss", 0.001),))

    def test_a_result_that_a_contestant_does_not_report_is_refused(self):
        for mine, theirs, name in (({"loss": 1.0}, {}, "b"), ({}, {"loss": 1.0}, "a")):
            with self.assertRaisesRegex(BenchmarkError, f"id: {name} does not report its loss"):
                outcome(
                    Fake("a", [[1]], results=[mine]),
                    Fake("b", [[1]], results=[theirs]),
                    agreement=(("loss", 1),),
                )

    def test_what_computes_from_equal_inputs_is_compared(self):
        checked = {c.id for c in ALL if c.agreement or c.workload}
        several = {c.id for c in ALL if len(c.contestants) > 1}
        programs = {"epoch", "epoch-cuda", "memory", "start", "start-cold"}
        copies = {"memory-wrap", "memory-mapped", "memory-copy"}  # nothing is computed
        growth = {c.id for c in ALL if c.id.startswith("growth-")}  # of unlike inputs
        self.assertEqual(several - programs - copies - growth, checked & several)

    def test_conditions_that_change_between_rounds_are_refused(self):
        first = Fake("a", [[1], [1]])
        first.facts = [{"threads": 1}, {"threads": 2}]
        with self.assertRaisesRegex(BenchmarkError, "changed from"):
            outcome(first)

    def test_a_peer_that_cannot_run_is_left_out_and_named(self):
        result = outcome(Fake("a", [[1], [1]]), Fake("b", [], reason="no module b"))
        self.assertEqual(["a"], [s.name for s in result.standings])
        self.assertEqual({"b": "no module b"}, result.left_out)
        self.assertIn("b | left out: no module b", report.to_markdown(SESSION, [result]))

    def test_a_comparison_that_needs_more_cores_than_there_are_is_left_out(self):
        result = outcome(Fake("a", [], threads=3), Fake("b", [[1], [1]]))
        self.assertEqual([], result.standings)
        self.assertIn("3 cores", result.left_out["a"])


@dataclasses.dataclass(frozen=True)
class OneThread:
    """A contestant whose speed depends on the core."""

    name: str = "one thread"
    core: int | None = None

    def missing(self, context):
        return None

    def run(self, context, pace):
        speed = 10 * (1 + self.core)
        return Result([speed, 2 * speed], {"threads": 1}, {"a": "1"})


class ContestantsTest(unittest.TestCase):
    def test_on_each_core_measures_the_mean_of_the_cores(self):
        with mock.patch("suite.machine.cores", lambda: [0, 2, 5]):
            contestant = OnEachCore(OneThread(), 2)
            result = contestant.run(Context(), None)
        self.assertEqual([45, 90], result.iterations)
        self.assertEqual({"threads": 1}, result.facts)
        self.assertEqual(("one thread", 2), (contestant.name, contestant.threads))

    OWN = {"facts": {"dtype": "float32", "threads": 1}, "results": {"loss": 1.5}}
    REPORT = {
        "jdkVersion": "25",
        "jmhVersion": "1.37",
        "params": {"dtype": "bfloat16", "threads": "4"},
        "primaryMetric": {"rawData": [[1.0, 2.0]]},
        "secondaryMetrics": {
            "views": {"rawData": [[128.0, 256.0]]}, "mebibytes": {"rawData": [[1.0]]},
        },
    }

    def test_reads_the_score_or_the_counter_of_a_jmh_report(self):
        score = Ours("a", "B.c", {}).read([self.REPORT], self.OWN)
        self.assertEqual([1, 2], score.iterations)
        counter = Ours("a", "B.c", {}, metric="views").read([self.REPORT], self.OWN)
        self.assertEqual([128, 256], counter.iterations)

    def test_conditions_are_those_of_the_process_and_not_what_was_asked_for(self):
        asked = Ours("a", "B.c", {"dtype": "bfloat16"}, threads=4)
        result = asked.read([self.REPORT], self.OWN)
        self.assertEqual({"threads": 1, "dtype": "float32"}, result.facts)
        self.assertEqual({"loss": 1.5}, result.results)
        self.assertEqual({}, asked.read([self.REPORT], {}).facts)

    def test_refuses_a_report_of_several_benchmarks(self):
        with self.assertRaisesRegex(BenchmarkError, "2 benchmarks"):
            Ours("a", "B.c", {}).read([self.REPORT, self.REPORT], self.OWN)

    def test_names_the_modules_that_python_lacks(self):
        peer = Peer("a", "a.py", (), ("json", "no_such_module_a", "no_such_module_b"))
        self.assertRegex(peer.missing(Context()), "no module no_such_module_a, no_such_module_b$")
        self.assertIsNone(Peer("a", "a.py", (), ("json",)).missing(Context()))

    def test_names_the_build_that_a_java_peer_lacks(self):
        peer = JavaPeer("a", "B.c", {}, folder="some")
        self.assertEqual(
            "mvn -f tests/peers/some/pom.xml package has not been run", peer.missing(Context())
        )

    def test_the_version_of_a_java_peer_is_that_of_its_jars(self):
        peer = JavaPeer("a", "B.c", {}, folder="some")
        with tempfile.TemporaryDirectory() as root:
            context = Context(root=pathlib.Path(root))
            lib = peer.target(context) / "lib"
            lib.mkdir(parents=True)
            for jar in ("x-1.2-3.4", "x-1.2-3.4-linux-x86_64", "x-native-5.6-linux-x86_64"):
                (lib / f"{jar}.jar").touch()
            self.assertEqual("1.2-3.4", peer.version(context, "x"))
            self.assertEqual("5.6", peer.version(context, "x-native"))
            with self.assertRaisesRegex(BenchmarkError, "has no version of y instead of one"):
                peer.version(context, "y")
            (lib / "x-1.1.jar").touch()
            with self.assertRaisesRegex(BenchmarkError, "1.1 and 1.2-3.4 of x instead of one"):
                peer.version(context, "x")

    def test_calls_have_all_peers_that_are_built_by_hand(self):
        for comparison in (c for c in ALL if c.id.startswith("call-")):
            folders = {c.folder for c in comparison.contestants if isinstance(c, JavaPeer)}
            # An empty function is no part of DJL.
            expected = {"javacpp"} if comparison.id == "call-empty" else {"javacpp", "djl"}
            self.assertEqual(expected, folders, comparison.id)

    def test_an_environment_reaches_the_process_of_a_benchmark(self):
        seen = []

        def execute(command, threads, name, environment, cores):
            seen.append(environment)
            pathlib.Path(command[command.index("-rff") + 1]).write_text(json.dumps([self.REPORT]))

        context = mock.Mock(java="java", class_path="cp", jvm_options=lambda: [])
        with mock.patch("suite.contestants.execute", execute):
            Ours("a", "B.c", {}, environment=(("KEY", "value"),)).run(context, PACE)
        self.assertEqual([{"KEY": "value"}], seen)

    def test_batch_norm_has_a_pair_with_the_same_allocator(self):
        for comparison in (c for c in ALL if c.id.startswith("batch-norm")):
            ours = [c for c in comparison.contestants if isinstance(c, Ours)]
            (glibc,) = [c for c in ours if c.parameters["keep"] == "false"]
            kept = [c for c in comparison.contestants if isinstance(c, Peer) and c.environment]
            self.assertEqual(2, len(kept))
            self.assertEqual({glibc.environment}, {c.environment for c in kept})

    def test_comparisons_have_ids_of_their_own(self):
        ids = [c.id for c in ALL]
        self.assertEqual(len(set(ids)), len(ids))


class DevicesTest(unittest.TestCase):
    GPU = [c for c in ALL if c.device == "cuda"]

    def test_a_device_has_comparisons_of_its_own(self):
        self.assertTrue(self.GPU)
        for comparison in ALL:
            self.assertEqual(comparison.device == "cuda", comparison.id.endswith("-cuda"))
            for contestant in (getattr(c, "inner", c) for c in comparison.contestants):
                load = getattr(contestant, "load", contestant)
                self.assertEqual(comparison.device, load.device, comparison.id)

    def test_contestants_on_a_gpu_are_told_so(self):
        context = mock.Mock(
            java="java", class_path="cp", python="python", root=pathlib.Path("/root"),
            data=pathlib.Path("/data"), jvm_options=lambda: [], program=lambda: ["simclr"],
        )  # fmt: skip
        commands = []

        def execute(command, threads, name, environment, cores):
            commands.append(" ".join(command))
            self.assertEqual([0, 1, 2, 3], cores)
            self.assertEqual({"OMP_NUM_THREADS": "2"}, environment)
            if "-rff" in command:
                report = json.dumps([ContestantsTest.REPORT])
                pathlib.Path(command[command.index("-rff") + 1]).write_text(report)
            return json.dumps({"iterations": [1], "facts": {}, "versions": {}})

        processors = mock.patch("os.sched_getaffinity", lambda _: {3, 2, 1, 0})
        noise = mock.patch.multiple("suite.noise", folder=mock.Mock(), array=mock.Mock())
        with processors, noise, mock.patch("suite.contestants.execute", execute):
            for contestant in (c for comparison in self.GPU for c in comparison.contestants):
                if hasattr(contestant, "load"):
                    commands.append(" ".join(map(str, contestant.command(context))))
                else:
                    contestant.run(context, PACE)
        self.assertEqual(sum(len(c.contestants) for c in self.GPU), len(commands))
        for command in commands:
            self.assertRegex(command, r"--device cuda\b|-p device=cuda\b|train\.device=cuda aug.*=cuda")

    def test_goals_are_measured_with_and_without_a_compiler(self):
        for wanted in ("training-step-views-bfloat16-cuda", "epoch-cuda"):
            (comparison,) = [c for c in self.GPU if c.id == wanted]
            names = [c.name for c in comparison.contestants]
            self.assertEqual("simclr-java", names[0])
            self.assertEqual(1, len([n for n in names if n.startswith("PyTorch")]))
            self.assertIn("torch.compile", names)

    def test_a_contestant_on_a_gpu_has_all_processors(self):
        with mock.patch("os.sched_getaffinity", lambda _: {7, 3, 5}):
            with mock.patch("suite.machine.cores", lambda: [3, 7]):
                self.assertEqual([3, 5, 7], machine.place(1, "cuda"))
                self.assertEqual([7], machine.place(1))
                self.assertEqual([3], machine.place(1, core=3))

    def test_a_peer_without_a_gpu_is_left_out(self):
        peer = Peer("a", "a.py", (), ("json",), device="cuda")
        for found, reason in ((True, None), (False, f"torch of {sys.executable} has no CUDA device")):
            with mock.patch("suite.contestants.has_cuda", lambda _: found):
                self.assertEqual(reason, peer.missing(Context()))
        with tempfile.TemporaryDirectory() as folder:
            for answer in ("True", "False"):
                python = pathlib.Path(folder, answer)
                python.write_text(f"#!/bin/sh\necho {answer}\n")
                python.chmod(0o755)
                self.assertEqual(answer == "True", has_cuda(str(python)))

    def test_ids_of_the_other_device_are_refused_with_those_that_are_allowed(self):
        self.assertEqual(["lars-cuda"], runner.arguments(["--device", "cuda", "--only", "lars-cuda"]).only)
        for device, wanted, allowed in (("cpu", "lars-cuda", "lars"), ("cuda", "lars", "lars-cuda")):
            error = io.StringIO()
            with contextlib.redirect_stderr(error), self.assertRaises(SystemExit) as ended:
                runner.arguments(["--device", device, "--only", wanted])
            self.assertEqual(2, ended.exception.code)
            (line,) = error.getvalue().splitlines()
            start = f"compare.py: --only {wanted}; allowed with --device {device}: "
            self.assertTrue(line.startswith(start), line)
            listed = line.removeprefix(start).split(", ")
            self.assertEqual([c.id for c in ALL if c.device == device], listed)
            self.assertIn(allowed, listed)

    def test_the_list_has_the_comparisons_of_the_device(self):
        for device in ("cpu", "cuda"):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                runner.list_comparisons(device)
            listed = [line.split()[0] for line in out.getvalue().splitlines()]
            self.assertEqual([c.id for c in ALL if c.device == device], listed)

    def test_a_missing_device_is_refused_with_the_reason(self):
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder)
            (data / "versions.json").write_text('{"libtorch": "2.13.0"}')
            context = runner.Context(data, "true", "python", "cp", data, 2)
            (data / "device.json").write_text('{"missing": "libtorch has no CUDA device"}')
            with self.assertRaisesRegex(
                BenchmarkError, "^--device cuda: libtorch has no CUDA device; allowed here: cpu$"
            ):
                runner.prepare(context, "cuda", [], 1)
            (data / "device.json").write_text('{"device": "Some GPU"}')
            versions, device = runner.prepare(context, "cuda", [], 1)
            self.assertEqual(({"libtorch": "2.13.0"}, "Some GPU"), (versions, device))

    def test_programs_run_by_the_launcher_or_by_a_class_path_that_is_given(self):
        folder = pathlib.Path("/x")
        context = runner.Context(folder, "java", "python", "lib/*", folder, 2)
        self.assertEqual([folder / "simclr"], context.program())
        archive = dataclasses.replace(context, native="/x/lib.so", launcher=False)
        self.assertEqual(["-cp", "lib/*", "dev.simclr.cli.Main"], archive.program()[-3:])
        for options in (archive.program(), archive.jvm_options()):
            self.assertIn("-Dsimclr.native=/x/lib.so", options)

    def test_brief_runs_have_small_programs_on_both_devices(self):
        for comparison in ALL:
            small = brief(comparison)
            self.assertEqual(comparison.id, small.id)
            for whole, short in zip(comparison.contestants, small.contestants, strict=True):
                if hasattr(whole, "load"):
                    self.assertLessEqual(short.load.images, 64)
                    self.assertEqual(whole.load.device, short.load.device)

    def test_the_table_names_the_gpu(self):
        result = outcome(Fake("a", [[1], [1]]))
        on_gpu = {**SESSION, "machine": {**SESSION["machine"], "device": "Some GPU, 80 GB"}}
        table = report.to_markdown(on_gpu, [result])
        self.assertIn("\nSome GPU, 80 GB; Some CPU, 2 cores", table)
        self.assertIn("each had the GPU and all cores.", table)
        table = report.to_markdown(SESSION, [result])
        self.assertIn("\nSome CPU, 2 cores", table)
        self.assertIn("each had as many cores as it has threads.", table)


class ProgramsTest(unittest.TestCase):
    def test_pages_that_are_shared_count_by_their_share(self):
        rollup = "Rss: 900 kB\nPss: 700 kB\nPss_Anon: 100 kB\nPss_File: 500 kB\nPss_Shmem: 20 kB\n"
        self.assertEqual(120 * 1024, proportional(rollup))
        self.assertEqual(0, proportional(""))

    def test_the_launcher_tells_its_conditions(self):
        launcher = Launcher("a", None, "epoch")
        self.assertEqual(
            {"dtype": "bfloat16"}, launcher.conditions("precision: bf16, as configured\n", 1)
        )
        self.assertEqual({}, launcher.conditions("memory       estimated peak 7 MiB\n", 1))
        for mapped, used, device, kind in (
            ("/x/build/start.aot", "used", "cpu", "cpu"), ("/x/other", "not used", "cuda:0", "cuda"),
        ):  # fmt: skip
            line = f"device       {device}, 2 compute threads, 1 loader thread\n"
            with tempfile.TemporaryDirectory() as folder:
                torch = pathlib.Path(folder)
                (torch / "version.py").write_text("__version__ = '2.13.0+cpu'\ndebug = False\n")
                maps = f"7f-8f r-xp 0 08:01 42   {torch}/lib/libtorch_cpu.so\n7f r-- 0 {mapped}\n"
                with mock.patch("pathlib.Path.read_text", reading(maps)):
                    facts = launcher.conditions(line, 1)
            self.assertEqual(
                {"device": kind, "threads": 2, "libtorch": "2.13.0", "start cache": used}, facts
            )

    def test_a_program_without_libtorch_is_refused(self):
        with self.assertRaisesRegex(BenchmarkError, "no libtorch_cpu.so"):
            libtorch("7f-8f r-xp 0 08:01 42   /lib/libc.so.6\n")

    def test_a_peer_tells_its_conditions(self):
        peer = PretrainPeer("a", None, "epoch")
        self.assertEqual({}, peer.conditions("first step, loss 3\n", 1))
        self.assertEqual({"threads": 2}, peer.conditions('conditions {"threads": 2}\n', 1))

    def test_a_cold_start_is_compared_with_the_peers(self):
        (cold,) = [c for c in ALL if c.id == "start-cold"]
        (warm,) = [c for c in ALL if c.id == "start"]
        self.assertTrue(cold.contestants[0].cold)
        launchers = [c for c in warm.contestants if isinstance(c, Launcher)]
        self.assertEqual([False, True], [c.cold for c in launchers])
        peers = [c for c in warm.contestants if isinstance(c, PretrainPeer)]
        self.assertEqual(peers, list(cold.contestants[1:]))


def reading(maps):
    """Path.read_text that has its own text for files of /proc."""
    original = pathlib.Path.read_text
    return lambda path, *a, **k: maps if str(path).startswith("/proc/") else original(path, *a, **k)


class JavaShareTest(unittest.TestCase):
    def test_the_share_is_that_of_the_whole_loop_after_the_first_third_of_the_steps(self):
        samples = [
            ("java", 5.0, False),  # before the first step
            ("native", 10.0, True),
            ("java", 12.0, True),  # in the first third
            ("java", 25.0, False),  # of the loop, between steps
            ("native", 26.0, True), ("native", 27.0, True), ("java", 28.0, True),
            ("native", 40.0, True),
            ("java", 41.0, False),  # after the last step
        ]  # fmt: skip
        pauses = [(11.0, 4.0), (30.0, 2.0), (41.0, 8.0)]
        self.assertEqual((2, 5, 2.0, 20.0, 50.0), java_share.share(samples, pauses))

    def test_a_recording_without_steps_is_refused(self):
        with self.assertRaises(SystemExit):
            java_share.share([("java", 5.0, False)], [])


class ReportTest(unittest.TestCase):
    def test_numbers_have_three_digits(self):
        for value, shown in (
            (193456.7, "193,000"), (100, "100"), (99.96, "100"), (23.84, "23.8"), (0.05714, "0.0571"),
            (0, "0"),
        ):  # fmt: skip
            self.assertEqual(shown, report.number(value))

    def test_table_and_json_have_medians_spread_and_ratio(self):
        result = outcome(
            Fake("a", [[100], [120]], {"dtype": "float32"}),
            Fake("b", [[10], [10]], {"dtype": "float32"}),
        )
        table = report.to_markdown(SESSION, [result])
        self.assertIn("| Some title | a | 110 views/s | 100 to 120 |  | dtype float32 |", table)
        self.assertIn("|  | b | 10 views/s | 10 to 10 | 11x (10 to 12) | dtype float32 |", table)
        self.assertIn("Some CPU, 2 cores", table)
        self.assertIn("Linux 6.1, glibc 2.36, transparent huge pages madvise;", table)
        self.assertIn("JVM of benchmarks: `-XX:+UseSerialGC -Xmx1g`.", table)
        self.assertIn("Environment: `OMP_WAIT_POLICY=active`.", table)
        self.assertIn("a 1, b 1, simclr-java abc.", table)
        (entry,) = report.to_json(SESSION, [result])["comparisons"]
        self.assertEqual([[100], [120]], entry["contestants"][0]["iterations"])
        self.assertEqual([{"to": "b", "median": 11, "lowest": 10, "highest": 12}], entry["ratios"])

    def test_brief_and_busy_runs_say_so(self):
        result = outcome(Fake("a", [[1], [1]]))
        self.assertIn("A brief run", report.to_markdown({**SESSION, "brief": True}, [result]))
        self.assertIn("was busy", report.to_markdown({**SESSION, "busy": True}, [result]))
        quiet = report.to_markdown(SESSION, [result])
        self.assertNotIn("brief run", quiet)
        self.assertNotIn("was busy", quiet)

    def test_bars_are_as_long_as_medians(self):
        result = outcome(Fake("a & co", [[100], [100]]), Fake("b", [[25], [25]]))
        svg = ElementTree.fromstring(chart.draw([result]))
        bars = [r for r in svg if r.tag.endswith("rect")][1:]  # the first is the background
        widths = [float(b.get("width")) for b in bars]
        self.assertAlmostEqual(4, widths[0] / widths[1], places=2)
        texts = [t.text for t in svg if t.tag.endswith("text")]
        self.assertIn("a & co", texts)
        self.assertIn("25 views/s, ratio 4", texts)

    def test_what_grows_is_a_curve(self):
        contestants = []
        for size, rounds in ((64, [[10], [10]]), (128, [[20], [20]]), (512, [[30], [50]])):
            contestants.append(Fake(f"size {size}", rounds))
            contestants[-1].parameters = {"size": size}
        result = outcome(*contestants, higher_is_better=False, axis="size")
        svg = ElementTree.fromstring(chart.draw([result]))
        (line,) = [p for p in svg if p.tag.endswith("polyline")]
        points = [tuple(map(float, p.split(","))) for p in line.get("points").split()]
        (x0, y0), (x1, y1), (x2, y2) = points
        self.assertAlmostEqual(2 * (x1 - x0), x2 - x1, delta=0.2)  # one doubling, then two
        self.assertAlmostEqual(2 * (y0 - y1), y1 - y2, delta=0.2)  # by 10, then to the median, 40
        bottom = y0 + (y0 - y1)  # where 0 is
        lines = [l for l in svg if l.tag.endswith("}line")]
        self.assertAlmostEqual(bottom, float(lines[0].get("y1")), delta=0.2)  # the axis
        low, high = (float(lines[-1].get(end)) for end in ("y1", "y2"))
        self.assertAlmostEqual(30 / 50, (bottom - low) / (bottom - high), delta=0.01)
        texts = [t.text for t in svg if t.tag.endswith("text")]
        for label in ("size", "64", "512", "10 views/s", "40 views/s"):
            self.assertIn(label, texts)
        self.assertEqual(1, len([r for r in svg if r.tag.endswith("rect")]))  # the background

    def test_growth_comparisons_have_an_axis_of_numbers(self):
        growth = [c for c in ALL if c.id.startswith("growth-")]
        self.assertEqual(4, len(growth))
        for comparison in growth:
            values = [c.parameters[comparison.axis] for c in comparison.contestants]
            self.assertEqual(sorted(set(values)), values)

    def test_threads_grow_by_powers_of_two(self):
        for cores, threads in ((1, (1,)), (2, (1, 2)), (6, (1, 2, 4)), (64, (1, 2, 4, 8, 16, 32, 64))):
            self.assertEqual(threads, powers_of_two(cores))

    def test_the_shortest_time_has_the_longest_bar(self):
        result = outcome(
            Fake("a", [[2]]), Fake("b", [[8]]), rounds=1, higher_is_better=False
        )
        self.assertEqual([1, 0.25], chart.shares(result))


if __name__ == "__main__":
    unittest.main()
