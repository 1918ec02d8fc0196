import stat
import tempfile
import threading
import unittest
from pathlib import Path

import fakes
from libtorch import cache, compile_only
from libtorch.home import NotUsable
from libtorch.search import NotFound, Search

PLENTY = 100 * 10**9


class FakePip:
    """Serves wheels out of `serve`, which writes them and returns the path of torch's."""

    def __init__(self, serve, extra=lambda directory: []):
        self.serve, self.extra = serve, extra
        self.torch_requests, self.required = [], []

    def require(self):
        pass

    def download_torch(self, version, want_cpu, into):
        self.torch_requests.append((version, want_cpu))
        return self.serve(into)

    def download_all(self, requirements, into):
        self.required = requirements
        return self.extra(into)


class NoPip:
    def require(self):
        raise NotUsable("python3 has no pip", "apt-get install python3-pip")


class SearchTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        self.env = {"XDG_CACHE_HOME": str(self.root / "cache"), "PATH": "/usr/bin:/bin"}
        self.copies = self.root / "cache/simclr/libtorch"
        self.said = []

    def search(self, pip=None, driver=False, free=PLENTY, python_torch=None, **env):
        """A search on a machine that has what the arguments say."""
        return Search(
            env={**self.env, **env},
            say=self.said.append,
            python=self.fake_python(python_torch),
            has_nvidia_driver=lambda: driver,
            free_bytes=lambda directory: free,
            pip=lambda search: pip or NoPip(),
        )

    def fake_python(self, torch):
        script = self.root / "python3"
        script.write_text(f"#!/bin/sh\necho '{torch or ''}'\n", "utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return str(script)

    # The order.

    def test_libtorch_variable_comes_first(self):
        mine = fakes.make_home(self.root / "mine", "2.14.1")
        python = fakes.make_home(self.root / "site/torch")
        home = self.search(LIBTORCH=str(mine), python_torch=python).run()
        self.assertEqual(mine.resolve(), home.root)

    def test_wrong_libtorch_variable_is_an_error_and_nothing_else_is_tried(self):
        python = fakes.make_home(self.root / "site/torch")
        with self.assertRaises(NotFound) as caught:
            self.search(LIBTORCH=str(self.root / "none"), python_torch=python).run()
        self.assertIn("1. LIBTORCH:", str(caught.exception))
        self.assertIn("correct LIBTORCH, or unset it", str(caught.exception))
        self.assertNotIn("2.", str(caught.exception).replace(str(self.root), ""))

    def test_python_package_comes_before_the_cache(self):
        python = fakes.make_home(self.root / "site/torch")
        fakes.make_home(self.copies / "2.13.0-cpu/torch")
        self.assertEqual(python.resolve(), self.search(python_torch=python).run().root)

    def test_unsupported_python_package_is_passed_over(self):
        python = fakes.make_home(self.root / "site/torch", "2.10.0")
        copy = fakes.make_home(self.copies / "2.13.0-cpu/torch")
        self.assertEqual(copy.resolve(), self.search(python_torch=python).run().root)

    def test_cache_comes_before_a_download(self):
        copy = fakes.make_home(self.copies / "2.13.0-cpu/torch")
        self.assertEqual(copy.resolve(), self.search(NoPip()).run().root)

    def test_a_fetched_copy_is_found_again(self):
        pip = FakePip(fakes.make_wheel)
        first = self.search(pip).run()
        self.assertEqual(first, self.search(NoPip()).run())
        self.assertEqual([("2.13.0", True)], pip.torch_requests)

    # CPU or CUDA.

    def test_python_package_of_another_kind_than_asked_is_passed_over(self):
        python = fakes.make_home(self.root / "site/torch")
        copy = fakes.make_home(self.copies / "2.13.0-cu130/torch", cuda="13.0")
        found = self.search(python_torch=python, SIMCLR_LIBTORCH="cuda").run()
        self.assertEqual(copy.resolve(), found.root)

    def test_cpu_package_beside_a_driver_is_used_and_said(self):
        python = fakes.make_home(self.root / "site/torch")
        self.assertEqual(python.resolve(), self.search(driver=True, python_torch=python).run().root)
        self.assertIn("SIMCLR_LIBTORCH=cuda", self.said[0])

    def test_libtorch_variable_of_another_kind_than_asked_is_an_error(self):
        mine = fakes.make_home(self.root / "mine")
        with self.assertRaisesRegex(NotFound, "is a cpu build, SIMCLR_LIBTORCH=cuda"):
            self.search(LIBTORCH=str(mine), SIMCLR_LIBTORCH="cuda").run()

    def test_unknown_kind_is_an_error(self):
        with self.assertRaisesRegex(NotFound, "SIMCLR_LIBTORCH=gpu: allowed are cpu and cuda"):
            self.search(SIMCLR_LIBTORCH="gpu").run()

    def test_without_a_driver_the_cpu_copy_is_preferred(self):
        fakes.make_home(self.copies / "2.13.0-cu130/torch", cuda="13.0")
        cpu = fakes.make_home(self.copies / "2.12.0-cpu/torch", "2.12.0")
        self.assertEqual(cpu.resolve(), self.search().run().root)

    def test_with_a_driver_a_cpu_copy_does_not_do(self):
        fakes.make_home(self.copies / "2.13.0-cpu/torch")
        pip = FakePip(lambda into: fakes.make_wheel(into, cuda="13.0"))
        self.assertEqual("cuda", self.search(pip, driver=True).run().kind)
        self.assertEqual([("2.13.0", False)], pip.torch_requests)

    def test_the_default_version_is_preferred_to_a_newer_copy(self):
        fakes.make_home(self.copies / "2.14.1-cpu/torch", "2.14.1")
        default = fakes.make_home(self.copies / "2.13.0-cpu/torch")
        self.assertEqual(default.resolve(), self.search().run().root)

    def test_the_newest_supported_copy_is_preferred_otherwise(self):
        fakes.make_home(self.copies / "2.11.0-cpu/torch", "2.11.0")
        newest = fakes.make_home(self.copies / "2.14.1-cpu/torch", "2.14.1")
        fakes.make_home(self.copies / "2.15.0-cpu/torch", "2.15.0")
        self.assertEqual(newest.resolve(), self.search().run().root)

    # Fetching.

    def test_only_libraries_and_headers_are_kept(self):
        home = self.search(FakePip(fakes.make_wheel)).run()
        kept = {str(path.relative_to(home.root)) for path in home.root.rglob("*") if path.is_file()}
        self.assertEqual(set(fakes.files()), kept)
        self.assertEqual(["2.13.0-cpu"], [path.name for path in self.copies.glob("*")
                                          if path.is_dir()])

    def test_cuda_build_brings_nvidia_packages_beside_it(self):
        requires = (
            "filelock",
            'nvidia-cudnn-cu13==9.0; platform_system == "Linux"',
            "cuda-toolkit[cublas,cudart]==13.0.3",
            "cuda-bindings<14",
            "triton~=3.8",
        )
        pip = FakePip(
            lambda into: fakes.make_wheel(into, cuda="13.0", requires=requires),
            lambda into: [fakes.make_nvidia_wheel(into)],
        )
        home = self.search(pip, SIMCLR_LIBTORCH="cuda").run()
        self.assertEqual([requires[1], requires[2]], pip.required)
        self.assertEqual(self.copies / "2.13.0-cu130/torch", home.root)
        self.assertTrue((home.root / "../nvidia/cudnn/lib/libcudnn.so.9").is_file())
        self.assertFalse((home.root / "../nvidia/cudnn/License.txt").exists())

    def test_cuda_build_does_where_the_index_has_no_cpu_build(self):
        pip = FakePip(lambda into: fakes.make_wheel(into, cuda="13.0"))
        self.assertEqual("cuda", self.search(pip).run().kind)
        self.assertTrue(any("CUDA build only" in line for line in self.said))
        self.assertEqual("cuda", self.search(NoPip()).run().kind)

    def test_cuda_build_does_not_do_where_cpu_was_asked_for(self):
        pip = FakePip(lambda into: fakes.make_wheel(into, cuda="13.0"))
        with self.assertRaisesRegex(NotFound, "has the cuda build only, SIMCLR_LIBTORCH=cpu"):
            self.search(pip, SIMCLR_LIBTORCH="cpu").run()
        self.assertEqual([], list(self.copies.glob("*/torch")))

    def test_size_and_free_space_are_said_before_the_download(self):
        said_before = []

        def serve(into):
            said_before.extend(self.said)
            return fakes.make_wheel(into)

        self.search(FakePip(serve), free=20 * 10**9).run()
        self.assertRegex(said_before[0], r"0\.2 GB to download, 0\.\d GB kept in .*20\.0 GB free")

    def test_nothing_is_downloaded_without_room_for_it(self):
        pip = FakePip(fakes.make_wheel)
        with self.assertRaisesRegex(NotFound, r"0\.1 GB free\nTo mend it:\n  make room, or set XDG_CACHE"):
            self.search(pip, free=10**8).run()
        self.assertEqual([], pip.torch_requests)

    def test_a_damaged_wheel_leaves_nothing_behind(self):
        def serve(into):
            wheel = fakes.make_wheel(into)
            content = bytearray(wheel.read_bytes())
            at = content.index(b"libc10.so") + len("libc10.so")
            content[at : at + 3] = b"xyz"
            wheel.write_bytes(content)
            return wheel

        with self.assertRaisesRegex(NotFound, "is damaged"):
            self.search(FakePip(serve)).run()
        self.assertEqual([], [path for path in self.copies.iterdir() if path.is_dir()])

    def test_leftovers_of_a_killed_build_are_removed(self):
        (self.copies / ".partial-old/unpacked").mkdir(parents=True)
        self.search(FakePip(fakes.make_wheel)).run()
        self.assertFalse((self.copies / ".partial-old").exists())

    def test_a_second_build_waits_and_takes_the_first_ones_copy(self):
        fetching, may_finish = threading.Event(), threading.Event()

        def serve(into):
            fetching.set()
            self.assertTrue(may_finish.wait(20))
            return fakes.make_wheel(into)

        first_pip, second_pip = FakePip(serve), FakePip(fakes.make_wheel)
        homes = {}

        def build(name, pip):
            homes[name] = self.search(pip).run()

        first = threading.Thread(target=build, args=("first", first_pip))
        first.start()
        self.assertTrue(fetching.wait(20))
        second = threading.Thread(target=build, args=("second", second_pip))
        second.start()
        while not any("waiting for it" in line for line in self.said):
            self.assertTrue(second.is_alive() and first.is_alive())
        may_finish.set()
        first.join(20)
        second.join(20)
        self.assertEqual(homes["first"], homes["second"])
        self.assertEqual([], second_pip.torch_requests)

    def test_unwritable_cache_is_named(self):
        blocker = self.root / "file"
        blocker.write_text("", "utf-8")
        with self.assertRaisesRegex(NotFound, f"cannot write {blocker}/simclr/libtorch"):
            self.search(FakePip(fakes.make_wheel), XDG_CACHE_HOME=str(blocker)).run()

    # The report.

    def test_report_lists_every_place_and_how_to_mend_it(self):
        with self.assertRaises(NotFound) as caught:
            self.search(NoPip()).run()
        report = str(caught.exception)
        for place in ("1. LIBTORCH: not set", "2. torch package of", "3. user cache: no cpu",
                      "4. pip download: python3 has no pip"):
            self.assertIn(place, report)
        self.assertTrue(report.endswith("To mend it:\n  apt-get install python3-pip"), report)

    def test_report_says_how_to_get_libtorch_where_no_index_has_it(self):
        def serve(into):
            raise NotUsable("first index: nothing\nsecond index: nothing")

        with self.assertRaises(NotFound) as caught:
            self.search(FakePip(serve)).run()
        report = str(caught.exception)
        self.assertIn("4. pip download: first index: nothing\n     second index: nothing", report)
        self.assertIn("-m pip install torch==2.13.0 --index-url", report)
        self.assertIn("set LIBTORCH to a directory", report)

    def test_relative_cache_directory_is_ignored(self):
        self.assertEqual(
            Path("/home/me/.cache/simclr/libtorch"),
            cache.cache_dir({"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}),
        )

    # To compile against.

    def test_compile_only_copy_is_never_taken_for_one_that_runs(self):
        pip = FakePip(lambda into: fakes.make_wheel(into, "2.14.1", "13.0"))
        home = compile_only.fetch(self.search(pip), "2.14.1")
        self.assertEqual("2.14.1", home.version)
        self.assertEqual([], pip.required)
        self.assertEqual(home, compile_only.fetch(self.search(NoPip()), "2.14.1"))
        with self.assertRaises(NotFound):
            self.search(NoPip(), SIMCLR_LIBTORCH="cuda").run()


if __name__ == "__main__":
    unittest.main()
