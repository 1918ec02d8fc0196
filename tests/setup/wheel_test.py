import stat
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import fakes
from libtorch import wheel
from libtorch.home import NotUsable

NO_MATCH = "ERROR: No matching distribution found for torch==2.13.0"


class PipTest(unittest.TestCase):
    """Drives Pip with a python3 that records its arguments and fails as it is told."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        self.into = self.root / "into"
        self.into.mkdir()
        (self.root / "calls").write_text("", "utf-8")

    def pip(self, shell):
        script = self.root / "python3"
        script.write_text(
            f'#!/bin/sh\nargs="$*"\necho "$args" >> {self.root}/calls\n{shell}\n', "utf-8"
        )
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return wheel.Pip(str(script), {"PATH": "/usr/bin:/bin"}, say=lambda message: None)

    def calls(self):
        return (self.root / "calls").read_text("utf-8").splitlines()

    def reachable(self, answer):
        patch = mock.patch.object(wheel, "unreachable", lambda url: answer)
        patch.start()
        self.addCleanup(patch.stop)

    def test_cpu_build_is_asked_of_pytorchs_index_first(self):
        self.reachable(None)
        made = self.pip(f"touch {self.into}/torch-2.13.0+cpu-cp311-cp311-x.whl").download_torch(
            "2.13.0", True, self.into
        )
        self.assertEqual("torch-2.13.0+cpu-cp311-cp311-x.whl", made.name)
        self.assertEqual(1, len(self.calls()))
        self.assertIn(f"--index-url {wheel.CPU_INDEX} ", self.calls()[0])
        self.assertIn("--no-deps", self.calls()[0])

    def test_configured_index_is_asked_at_once_where_pytorchs_is_unreachable(self):
        self.reachable("not reachable (no route)")
        pip = self.pip(f"touch {self.into}/torch-2.13.0-x.whl")
        pip.download_torch("2.13.0", True, self.into)
        self.assertEqual(1, len(self.calls()))
        self.assertNotIn("--index-url", self.calls()[0])

    def test_cuda_build_is_not_looked_for_in_the_cpu_index(self):
        self.reachable(None)
        pip = self.pip(f"touch {self.into}/torch-2.13.0-x.whl")
        pip.download_torch("2.13.0", False, self.into)
        self.assertNotIn(wheel.CPU_INDEX, "".join(self.calls()))

    def test_wheels_of_other_pythons_are_tried(self):
        self.reachable("not reachable (no route)")
        pip = self.pip(
            'case "$args" in\n'
            f"*'--python-version 3.11'*) touch {self.into}/torch-2.13.0-x.whl;;\n"
            f"*) echo '{NO_MATCH}'; exit 1;;\nesac"
        )
        pip.download_torch("2.13.0", True, self.into)
        self.assertEqual(3, len(self.calls()))  # the local one, 3.12, 3.11
        self.assertIn("--abi cp311 --platform manylinux_2_28_x86_64", self.calls()[2])
        self.assertTrue(all("--only-binary=:all:" in call for call in self.calls()))

    def test_every_attempt_is_reported(self):
        self.reachable(None)
        with self.assertRaises(NotUsable) as caught:
            self.pip(f"echo '{NO_MATCH}'; exit 1").download_torch("2.13.0", True, self.into)
        lines = str(caught.exception).splitlines()
        self.assertEqual(2 * (1 + len(wheel.FALLBACK_PYTHONS)), len(lines))
        self.assertTrue(lines[0].startswith(wheel.CPU_INDEX))
        self.assertTrue(all(NO_MATCH in line for line in lines))

    def test_other_failures_are_not_repeated_for_each_python(self):
        self.reachable("not reachable (no route)")
        with self.assertRaisesRegex(NotUsable, "No space left"):
            self.pip(
                "echo 'ERROR: Could not install: [Errno 28] No space left'; exit 1"
            ).download_torch("2.13.0", True, self.into)
        self.assertEqual(1, len(self.calls()))

    def test_missing_pip_is_named_with_its_package(self):
        with self.assertRaisesRegex(NotUsable, "has no pip") as caught:
            self.pip("echo 'No module named pip' >&2; exit 1").require()
        self.assertEqual("apt-get install python3-pip", caught.exception.remedy)

    def test_an_index_that_did_not_answer_is_reported(self):
        self.reachable("not reachable (no route)")
        warning = (
            "WARNING: Retrying (Retry(total=0)) after connection broken by "
            "'NewConnectionError('<HTTPSConnection object at 0x7f>: Failed to establish a new "
            "connection: [Errno -2] Name or service not known')': /simple/torch/"
        )
        (self.root / "answer").write_text(f"{warning}\n{NO_MATCH}\n", "utf-8")
        with self.assertRaisesRegex(
            NotUsable, r"did not answer: \[Errno -2\] Name or service not known\)"
        ):
            self.pip(f"cat {self.root}/answer; exit 1").download_torch("2.13.0", True, self.into)

    def test_missing_python_is_named(self):
        pip = wheel.Pip(str(self.root / "nowhere"), {}, say=lambda message: None)
        with self.assertRaisesRegex(NotUsable, "cannot run .*/nowhere"):
            pip.require()


class UnreachableTest(unittest.TestCase):
    def test_a_closed_port_is_unreachable_at_once(self):
        # Port 1 of this machine: refused, or filtered and then timed out.
        self.assertIn("not reachable", wheel.unreachable("http://127.0.0.1:1", seconds=2))


class WheelTest(unittest.TestCase):
    def test_kept_bytes_is_what_unpack_writes(self):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            path = fakes.make_wheel(root)
            wheel.unpack(path, root / "out")
            written = sum(p.stat().st_size for p in (root / "out").rglob("*") if p.is_file())
            self.assertEqual(written, wheel.kept_bytes(path))


if __name__ == "__main__":
    unittest.main()
