import tempfile
import unittest
from pathlib import Path

import fakes
from libtorch.home import NotUsable, inspect, is_supported


class HomeTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)

    def test_supported_range_is_2_11_to_2_14(self):
        for version in ("2.11.0", "2.13.0", "2.14.1"):
            self.assertTrue(is_supported(version), version)
        for version in ("1.13.1", "2.9.1", "2.10.0", "2.15.0", "3.12.0", "", "2.13"):
            self.assertFalse(is_supported(version), version)

    def test_cpu_build(self):
        home = inspect(fakes.make_home(self.root))
        self.assertEqual(("2.13.0", "cpu", "cpu"), (home.version, home.kind, home.flavour))

    def test_cuda_build_of_a_wheel_names_its_cuda(self):
        home = inspect(fakes.make_home(self.root, cuda="13.0"))
        self.assertEqual(("cuda", "cu130"), (home.kind, home.flavour))

    def test_cuda_build_of_a_zip_file_names_its_cuda(self):
        fakes.make_home(self.root, cuda="13.0")
        (self.root / "version.py").unlink()
        (self.root / "build-version").write_text("2.13.0+cu126\n", "utf-8")
        self.assertEqual("cu126", inspect(self.root).flavour)

    def test_cuda_build_that_does_not_say_which(self):
        fakes.make_home(self.root, cuda="13.0")
        (self.root / "version.py").unlink()
        self.assertEqual(("cuda", "cuda"), (inspect(self.root).kind, inspect(self.root).flavour))

    def test_version_in_the_header_only_package(self):
        fakes.make_home(self.root)
        (self.root / fakes.API_HEADER).write_text("#include <torch/headeronly/version.h>\n")
        moved = self.root / "include/torch/headeronly/version.h"
        moved.parent.mkdir(parents=True)
        moved.write_text(fakes.version_header("2.14.1"), "utf-8")
        self.assertEqual("2.14.1", inspect(self.root).version)

    def test_unsupported_version_is_named_with_the_supported_ones(self):
        fakes.make_home(self.root, version="2.10.0")
        with self.assertRaisesRegex(NotUsable, r"2\.10\.0; supported are 2\.11 to 2\.14"):
            inspect(self.root)

    def test_first_missing_file_is_named(self):
        fakes.make_home(self.root)
        (self.root / "lib/libc10.so").unlink()
        with self.assertRaisesRegex(NotUsable, r"no lib/libc10\.so$"):
            inspect(self.root)

    def test_parent_of_libtorch_gets_a_hint(self):
        fakes.make_home(self.root / "torch")
        with self.assertRaisesRegex(NotUsable, r"there is one in .*/torch\)"):
            inspect(self.root)


if __name__ == "__main__":
    unittest.main()
