import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "native" / "cmake"
NEEDED = ("bash", "dirname", "id", "printf", "readlink", "sed", "uname")


class PrerequisitesTest(unittest.TestCase):
    """What Maven asks before a build: one line for each thing that is missing."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.bin = Path(temporary.name) / "bin"
        self.bin.mkdir()
        for command in NEEDED:
            for directory in os.environ["PATH"].split(":"):
                found = Path(directory) / command
                if found.exists():
                    (self.bin / command).symlink_to(found)
                    break

    def run_bash(self, *arguments, **env):
        # The real bash, since the PATH of the child has few commands.
        return subprocess.run(
            ["bash", *arguments],
            env={"PATH": str(self.bin), "HOME": str(self.bin), **env},
            capture_output=True,
            text=True,
            check=False,
        )

    def assert_one_line(self, done, what, command):
        self.assertEqual(1, done.returncode, done.stderr)
        self.assertRegex(done.stderr, f"^simclr: {what}.*Install it: .*{command}")
        self.assertEqual(1, len(done.stderr.splitlines()), done.stderr)

    def test_everything_that_is_missing_is_named_at_once(self):
        done = self.run_bash(str(SCRIPTS / "check_prerequisites.sh"))
        self.assertEqual(1, done.returncode)
        lines = [line for line in done.stderr.splitlines() if "JDK" not in line]
        for line, what in zip(lines, ("cmake", "ninja nor make", "C++ compiler", "python3")):
            self.assertIn(what, line)
            self.assertRegex(line, r"^simclr: .*\. Install it: (sudo )?apt-get install -y ")
        self.assertEqual(4, len(lines), done.stderr)

    def test_nothing_is_said_where_nothing_is_missing(self):
        done = self.run_bash(str(SCRIPTS / "check_prerequisites.sh"), **os.environ)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def test_missing_jdk(self):
        # Every JDK of this machine, wherever it is, counts as too old.
        done = self.run_bash(
            "-c",
            f". '{SCRIPTS}/prerequisites.sh'; simclr_take_jdk() {{ false; }}; simclr_find_jdk",
        )
        self.assert_one_line(done, "no JDK 25", "openjdk-25-jdk-headless")

    def test_an_old_jdk_is_not_taken(self):
        for version, status in (("17.0.9", 1), ("24", 1), ("25.0.1", 0), ("26", 0)):
            with self.subTest(version=version):
                jdk = self.bin / version
                (jdk / "bin").mkdir(parents=True)
                (jdk / "bin" / "javac").symlink_to(shutil.which("true"))
                (jdk / "release").write_text(f'VENDOR="a"\nJAVA_VERSION="{version}"\n', "utf-8")
                done = self.run_bash(
                    "-c", f". '{SCRIPTS}/prerequisites.sh'; simclr_take_jdk '{jdk}' && echo $SIMCLR_JDK"
                )
                self.assertEqual(status, done.returncode, done.stderr)
                self.assertEqual("" if status else f"{jdk}\n", done.stdout)

    def test_the_platform_under_a_name_of_another_shell(self):
        done = self.run_bash(
            "-c", f". '{SCRIPTS}/prerequisites.sh'; HOSTTYPE=x86_64-linux; simclr_check_platform"
        )
        self.assertEqual((0, ""), (done.returncode, done.stderr))

    def test_another_platform(self):
        done = self.run_bash(
            "-c",
            f". '{SCRIPTS}/prerequisites.sh'; uname() {{ [ $1 = -s ] && echo Darwin || echo arm64; }};"
            "OSTYPE=darwin24; HOSTTYPE=arm64; "
            "simclr_check_platform",
        )
        self.assertEqual(1, done.returncode)
        self.assertEqual(
            "simclr: this is Darwin on arm64; only Linux on x86-64 is supported\n", done.stderr
        )

    def test_old_python(self):
        python = self.bin / "python3"
        python.write_text("#!/bin/sh\nexit 1\n", "utf-8")
        python.chmod(0o755)
        done = self.run_bash("-c", f". '{SCRIPTS}/prerequisites.sh'; simclr_check_python")
        self.assert_one_line(done, "python3 is older than 3.8", "python3")

    def test_root_needs_no_sudo_and_others_do(self):
        for user, command in (("0", "apt-get install -y cmake"), ("1000", "sudo apt-get install")):
            with self.subTest(user=user):
                done = self.run_bash(
                    "-c",
                    f". '{SCRIPTS}/prerequisites.sh'; id() {{ echo {user}; }}; simclr_check_cmake",
                )
                self.assert_one_line(done, "cmake .* is not on PATH", command)
                self.assertIn(f"Install it: {command}", done.stderr)


if __name__ == "__main__":
    unittest.main()
