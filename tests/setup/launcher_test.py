import os
import shutil
import stat
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

MVN = """#!/bin/sh
echo "$JAVA_HOME $*" >> {root}/mvn-calls
[ ! -f {root}/mvn-fails ] || {{ echo '[ERROR] Tensor.java: cannot find symbol'; exit 1; }}
echo '[INFO] Building simclr-java: library 0.1.0-SNAPSHOT   [4/5]'
echo 'simclr: fetching libtorch'
echo 'something that is of no interest'
classes={root}/bindings/target/classes/dev/simclr/torch/native/linux-x86_64
mkdir -p $classes {root}/simclr-java/cli/target/lib
printf 'torch.home={root}/libtorch\ntorch.flavour=cpu\n' > $classes/native.properties
touch {root}/simclr-java/cli/target/simclr-cli-0.1.jar {root}/simclr-java/cli/target/built
"""

JAVA = """#!/bin/sh
echo "java $*"
exit 75
"""

# Takes a second to write the start cache, as if that was hard work.
SLOW_JAVA = """#!/bin/sh
cache=$(echo "$*" | sed -n 's/.*-XX:AOTCacheOutput=\\([^ ]*\\).*/\\1/p')
[ -z "$cache" ] || { echo prepared >> {root}/preparations; sleep 1; echo classes > $cache; exit 0; }
echo "java $*"
exit 75
"""


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class LauncherTest(unittest.TestCase):
    """Runs the launcher in a miniature of the repository, with a Maven and a JDK that record."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name).resolve() / "repository"
        for name in ("bindings/src", "simclr-java/core/src", "simclr-java/cli/src", "native/src"):
            (self.root / name).mkdir(parents=True)
        for name in ("pom.xml", "CMakeLists.txt", "bindings/pom.xml", "simclr-java/pom.xml",
                     "simclr-java/core/pom.xml", "simclr-java/cli/pom.xml", "native/src/a.cpp",
                     "libtorch/lib/libtorch_cpu.so"):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).touch()
        shutil.copy(REPOSITORY / "simclr", self.root / "simclr")
        shutil.copytree(REPOSITORY / "native/cmake", self.root / "native/cmake",
                        ignore=shutil.ignore_patterns("__pycache__"))
        self.jdk = self.root.parent / "jdk"
        script(self.jdk / "bin/java", JAVA)
        script(self.jdk / "bin/javac", "#!/bin/sh\n")
        (self.jdk / "release").write_text('JAVA_VERSION="25.0.1"\n', "utf-8")
        script(self.root.parent / "bin/mvn", MVN.format(root=self.root))
        past = time.time() - 100
        for path in self.root.rglob("*"):
            os.utime(path, (past, past))

    def environment(self, **env):
        return {
            "PATH": f"{self.root.parent / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.root.parent),
            "JAVA_HOME": str(self.jdk),
            **env,
        }

    def run_launcher(self, *arguments, launcher=None, **env):
        return subprocess.run(
            [launcher or self.root / "simclr", *arguments],
            env=self.environment(**env),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    def builds(self):
        calls = self.root / "mvn-calls"
        return calls.read_text("utf-8").splitlines() if calls.exists() else []

    def test_builds_what_is_missing_then_runs_with_the_programs_own_status(self):
        done = self.run_launcher("knn", "--k", "a b")
        self.assertEqual(75, done.returncode)
        self.assertEqual(1, len(self.builds()))
        self.assertTrue(self.builds()[0].startswith(str(self.jdk)))
        self.assertIn("--enable-native-access=dev.simclr.torch", done.stdout)
        self.assertTrue(done.stdout.endswith("dev.simclr.cli/dev.simclr.cli.Main knn --k a b\n"))

    def test_progress_goes_to_stderr_without_mavens_noise(self):
        done = self.run_launcher()
        self.assertIn("simclr: library [4/5]\n", done.stderr)
        self.assertIn("simclr: fetching libtorch\n", done.stderr)
        self.assertNotIn("of no interest", done.stderr + done.stdout)

    def test_builds_once(self):
        self.run_launcher()
        done = self.run_launcher()
        self.assertEqual(("", 1), (done.stderr, len(self.builds())))

    def test_a_newer_source_is_built(self):
        self.run_launcher()
        newer = time.time() + 10
        os.utime(self.root / "native/src/a.cpp", (newer, newer))
        self.run_launcher()
        self.assertEqual(2, len(self.builds()))

    def test_a_new_file_is_built(self):
        self.run_launcher()
        source = self.root / "simclr-java/core/src/New.java"
        source.touch()
        newer = time.time() + 10
        os.utime(source, (newer, newer))
        self.run_launcher()
        self.assertEqual(2, len(self.builds()))

    def test_a_libtorch_that_is_gone_is_replaced(self):
        self.run_launcher()
        (self.root / "libtorch/lib/libtorch_cpu.so").unlink()
        self.run_launcher()
        self.assertEqual(2, len(self.builds()))

    def test_another_libtorch_is_built_against(self):
        self.run_launcher()
        self.run_launcher(LIBTORCH=str(self.root / "libtorch/lib/.."))
        self.assertEqual(1, len(self.builds()))
        self.run_launcher(LIBTORCH="/elsewhere")
        self.assertEqual(2, len(self.builds()))

    def test_the_other_kind_of_libtorch_is_built_against(self):
        self.run_launcher()
        self.run_launcher(SIMCLR_LIBTORCH="cpu")
        self.assertEqual(1, len(self.builds()))
        self.run_launcher(SIMCLR_LIBTORCH="cuda")
        self.assertEqual(2, len(self.builds()))
        properties = next(self.root.rglob("native.properties"))
        properties.write_text(properties.read_text("utf-8").replace("cpu", "cu130"), "utf-8")
        self.run_launcher(SIMCLR_LIBTORCH="cuda")
        self.assertEqual(2, len(self.builds()))

    def test_what_a_failed_build_left_does_not_run(self):
        self.run_launcher()
        (self.root / "mvn-fails").touch()
        self.assertEqual(4, self.run_launcher(LIBTORCH="/elsewhere").returncode)
        (self.root / "mvn-fails").unlink()
        self.assertEqual(75, self.run_launcher().returncode)
        self.assertEqual(3, len(self.builds()))

    def test_a_jar_of_an_earlier_version_does_not_run(self):
        target = self.root / "simclr-java/cli/target"
        target.mkdir()
        (target / "simclr-cli-0.0.9.jar").touch()
        self.assertIn(f"--module-path {target}/simclr-cli-0.1.jar:", self.run_launcher().stdout)

    def test_a_failed_build_shows_its_errors_and_exits_4(self):
        (self.root / "mvn-fails").touch()
        done = self.run_launcher("quickstart")
        self.assertEqual((4, ""), (done.returncode, done.stdout))
        self.assertIn("[ERROR] Tensor.java: cannot find symbol", done.stderr)

    def test_works_through_a_symbolic_link(self):
        link = self.root.parent / "link"
        link.symlink_to(self.root / "simclr")
        self.assertEqual(75, self.run_launcher(launcher=link).returncode)

    def test_a_jdk_that_is_too_old_is_passed_over(self):
        (self.jdk / "release").write_text('JAVA_VERSION="17.0.15"\n', "utf-8")
        other = self.root.parent / ".jdks/25"
        shutil.copytree(self.jdk, other)
        (other / "release").write_text('JAVA_VERSION="25"\n', "utf-8")
        self.run_launcher()  # with that one, or with one that this machine has
        self.assertEqual(1, len(self.builds()))
        self.assertFalse(self.builds()[0].startswith(f"{self.jdk} "))

    def test_launchers_at_the_same_time_prepare_the_start_once(self):
        script(self.jdk / "bin/java", SLOW_JAVA.replace("{root}", str(self.root)))
        launchers = [
            subprocess.Popen([self.root / "simclr", "doctor"], env=self.environment(), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(3)
        ]  # fmt: skip
        ends = [(*launcher.communicate(), launcher.returncode) for launcher in launchers]
        cache = self.root / "build/start.aot"
        for stdout, stderr, status in ends:
            self.assertEqual(75, status, stderr)
            self.assertIn(f" -XX:AOTCache={cache} ", stdout)
            self.assertNotIn("will not be faster", stderr)
        self.assertEqual("classes\n", cache.read_text("utf-8"))
        self.assertEqual("prepared\n", (self.root / "preparations").read_text("utf-8"))
        self.assertEqual(1, len(self.builds()))

    def test_the_start_is_prepared_anew_for_another_jdk_and_where_nothing_says_for_which(self):
        script(self.jdk / "bin/java", SLOW_JAVA.replace("{root}", str(self.root)))
        preparations = self.root / "preparations"
        for count, change in enumerate((
            lambda: None,
            lambda: (self.jdk / "release").write_text('JAVA_VERSION="25.0.2"\n', "utf-8"),
            lambda: (self.root / "build/start.origin").write_text("", "utf-8"),
        ), start=1):  # fmt: skip
            change()
            for _ in range(2):
                done = self.run_launcher()
                self.assertEqual(75, done.returncode, done.stderr)
                self.assertEqual("prepared\n" * count, preparations.read_text("utf-8"))

    def test_jvm_options_of_the_user_are_passed_on(self):
        self.assertIn(" -Da=1 -Db=2 ", self.run_launcher(SIMCLR_JAVA_OPTS="-Da=1 -Db=2").stdout)

    def test_huge_pages_are_asked_for_where_there_are_any(self):
        setting = self.root.parent / "huge-pages"
        launcher = self.root / "simclr"
        of_this_system = "/sys/kernel/mm/transparent_hugepage/enabled"
        text = launcher.read_text("utf-8")
        self.assertIn(of_this_system, text)
        launcher.write_text(text.replace(of_this_system, str(setting)), "utf-8")
        option = " -XX:+UseTransparentHugePages "
        self.assertNotIn(option, self.run_launcher().stdout)
        for words, wanted in (("always madvise [never]", False), ("always [madvise] never", True),
                              ("[always] madvise never", True)):  # fmt: skip
            setting.write_text(f"{words}\n", "utf-8")
            self.assertEqual(wanted, option in self.run_launcher().stdout, words)

    # What is missing is named, with the command that installs it.

    def path_without(self, *missing):
        """A PATH with every command of this machine except the ones given."""
        directory = self.root.parent / "without"
        directory.mkdir(exist_ok=True)
        for entry in os.environ["PATH"].split(":"):
            if os.path.isdir(entry):
                for name in os.listdir(entry):
                    link = directory / name
                    if name not in missing and not os.path.lexists(link):
                        link.symlink_to(os.path.join(entry, name))
        return f"{self.root.parent / 'bin'}:{directory}"

    def assert_missing(self, done, what, command):
        self.assertEqual((4, ""), (done.returncode, done.stdout), done.stderr)
        self.assertRegex(done.stderr, f"^simclr: {what}.*Install it: .*{command}")
        self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)

    def test_missing_cmake(self):
        self.assert_missing(self.run_launcher(PATH=self.path_without("cmake")), "cmake", "cmake")

    def test_old_cmake(self):
        script(self.root.parent / "bin/cmake", "#!/bin/sh\necho cmake version 3.18.4\n")
        self.assert_missing(self.run_launcher(), r"cmake is 3\.18, 3\.22 or newer", "cmake")

    def test_missing_compiler(self):
        path = self.path_without("c++")
        self.assert_missing(self.run_launcher(PATH=path), r"no C\+\+ compiler", r"g\+\+")

    def test_old_compiler(self):
        script(self.root.parent / "bin/c++", "#!/bin/sh\necho 'no -std=c++20' >&2\nexit 1\n")
        self.assert_missing(self.run_launcher(), r"c\+\+ does not compile C\+\+20", r"g\+\+")

    def test_missing_make_and_ninja(self):
        path = self.path_without("make", "ninja")
        self.assert_missing(self.run_launcher(PATH=path), "neither ninja nor make", "ninja-build")

    def test_missing_python(self):
        path = self.path_without("python3")
        self.assert_missing(self.run_launcher(PATH=path), "python3 is not on PATH", "python3")

    def test_missing_maven(self):
        path = self.path_without("mvn")
        (self.root.parent / "bin/mvn").unlink()
        self.assert_missing(self.run_launcher(PATH=path), "mvn", "maven")


if __name__ == "__main__":
    unittest.main()
