"""The order in which libtorch is looked for; every place is recorded for the error message."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Mapping

from . import cache, wheel
from .home import DEFAULT_VERSION, LibtorchHome, NotUsable, inspect

# Bytes to download and bytes kept, for the message before the download. The exact sizes are
# checked again, wheel by wheel, before unpacking.
_SIZES = {"cpu": (200e6, 550e6), "cuda": (2800e6, 4500e6)}

_PACKAGE_DIRECTORY = """
import importlib.util
spec = importlib.util.find_spec("torch")
print(next(iter(spec.submodule_search_locations), "") if spec and spec.submodule_search_locations else "")
"""


class NotFound(Exception):
    """No place has a usable libtorch; the message lists them and how to mend it."""


@dataclass
class Search:
    """Where to look. The fields that are functions are what tests replace."""

    env: Mapping[str, str]
    say: Callable[[str], None]
    python: str = field(default_factory=lambda: shutil.which("python3") or "python3")
    has_nvidia_driver: Callable[[], bool] = lambda: has_nvidia_driver()
    free_bytes: Callable[[Path], int] = cache.free_bytes
    pip: Callable[["Search"], wheel.Pip] = lambda search: wheel.Pip(
        search.python, search.env, search.say
    )
    tried: list[str] = field(default_factory=list)

    def run(self) -> LibtorchHome:
        """The libtorch to build against. Raises NotFound."""
        asked = self._asked()
        places = (
            ("LIBTORCH", self._from_environment),
            (f"torch package of {self.python}", self._from_python),
            ("user cache", self._from_cache),
            ("pip download", self._from_wheel),
        )
        for name, look in places:
            try:
                return look(asked)
            except NotUsable as reason:
                self.tried.append(f"{name}: {reason}")
                remedy = reason.remedy
                if name == "LIBTORCH" and self.env.get("LIBTORCH"):
                    # It was asked for by name: anything else would be a surprise.
                    raise NotFound(self._report("correct LIBTORCH, or unset it")) from reason
        raise NotFound(self._report(remedy or self._remedies(asked)))

    # The four places.

    def _from_environment(self, asked: str | None) -> LibtorchHome:
        directory = self.env.get("LIBTORCH")
        if not directory:
            raise NotUsable("not set")
        home = inspect(Path(directory))
        if asked and home.kind != asked:
            raise NotUsable(f"{directory} is a {home.kind} build, SIMCLR_LIBTORCH={asked}")
        return home

    def _from_python(self, asked: str | None) -> LibtorchHome:
        try:
            found = subprocess.run(
                [self.python, "-c", _PACKAGE_DIRECTORY],
                capture_output=True,
                text=True,
                check=False,
                env=dict(self.env),
            )
        except OSError as error:
            raise NotUsable(f"cannot run it: {error}") from error
        directory = found.stdout.strip()
        if found.returncode != 0 or not directory:
            raise NotUsable("not installed")
        home = inspect(Path(directory))
        if asked and home.kind != asked:
            raise NotUsable(f"a {home.kind} build, SIMCLR_LIBTORCH={asked}")
        if home.kind == "cpu" and not asked and self.has_nvidia_driver():
            self.say(
                "python3 has the CPU build of torch, which is used although there is an NVIDIA "
                "driver; SIMCLR_LIBTORCH=cuda fetches the CUDA build"
            )
        return home

    def _from_cache(self, asked: str | None) -> LibtorchHome:
        if asked:
            kinds: tuple[str, ...] = (asked,)
        elif self.has_nvidia_driver():
            kinds = ("cuda",)
        else:  # a CUDA build runs on the CPU too
            kinds = ("cpu", "cuda")
        return cache.find(cache.cache_dir(self.env), kinds)

    def _from_wheel(self, asked: str | None) -> LibtorchHome:
        want = asked or ("cuda" if self.has_nvidia_driver() else "cpu")
        directory = cache.cache_dir(self.env)
        pip = self.pip(self)
        pip.require()
        try:
            with cache.locked(directory, self.say):
                with contextlib.suppress(NotUsable):
                    return self._from_cache(asked)  # fetched while this build waited
                return self._fetch(pip, want, asked, directory)
        except OSError as error:
            raise NotUsable(
                f"cannot write {directory}: {error}",
                "set XDG_CACHE_HOME to a directory that can be written",
            ) from error

    def _fetch(
        self, pip: wheel.Pip, want: str, asked: str | None, directory: Path
    ) -> LibtorchHome:
        self._announce(want, directory)
        with cache.partial(directory) as scratch:
            torch_wheel = pip.download_torch(DEFAULT_VERSION, want == "cpu", scratch)
            got = "cuda" if wheel.is_cuda(torch_wheel) else "cpu"
            if asked and got != asked:
                raise NotUsable(f"the index has the {got} build only, SIMCLR_LIBTORCH={asked}")
            wheels = [torch_wheel]
            if got == "cuda":
                if want == "cpu":
                    self.say("the index has the CUDA build only, which needs NVIDIA's libraries")
                    self._announce("cuda", directory)
                wheels += pip.download_all(wheel.cuda_requirements(torch_wheel), scratch)
            unpacked = scratch / "unpacked"
            for path in wheels:
                self._check_space(wheel.kept_bytes(path), directory)
                wheel.unpack(path, unpacked)
                path.unlink()
            home = cache.publish(directory, unpacked)
            self.say(f"libtorch {home.version} ({home.flavour}) is in {home.root}")
            return home

    # Messages.

    def _asked(self) -> str | None:
        asked = self.env.get("SIMCLR_LIBTORCH") or None
        if asked not in (None, "cpu", "cuda"):
            raise NotFound(f"SIMCLR_LIBTORCH={asked}: allowed are cpu and cuda")
        return asked

    def _announce(self, kind: str, directory: Path) -> None:
        download, kept = _SIZES[kind]
        self.say(
            f"fetching libtorch {DEFAULT_VERSION} ({kind} build): about {download / 1e9:.1f} GB "
            f"to download, {kept / 1e9:.1f} GB kept in {directory} "
            f"({self.free_bytes(directory) / 1e9:.1f} GB free)"
        )
        self._check_space(int(download + kept), directory)

    def _check_space(self, needed: int, directory: Path) -> None:
        free = self.free_bytes(directory)
        if free < needed:
            raise NotUsable(
                f"{needed / 1e9:.1f} GB needed in {directory}, {free / 1e9:.1f} GB free",
                "make room, or set XDG_CACHE_HOME to a directory on another disk",
            )

    def _remedies(self, asked: str | None) -> str:
        want = asked or ("cuda" if self.has_nvidia_driver() else "cpu")
        index = f" --index-url {wheel.CPU_INDEX}" if want == "cpu" else ""
        return (
            f"{self.python} -m pip install torch=={DEFAULT_VERSION}{index}\n"
            "or build again with network, or with PIP_INDEX_URL naming an index that has torch\n"
            "or set LIBTORCH to a directory with libtorch's lib/ and include/"
        )

    def _report(self, remedy: str) -> str:
        places = "\n".join(
            "  {}. {}".format(number, place.replace("\n", "\n     "))
            for number, place in enumerate(self.tried, start=1)
        )
        remedy = remedy.replace("\n", "\n  ")
        return f"no usable libtorch. Tried:\n{places}\nTo mend it:\n  {remedy}"


def has_nvidia_driver() -> bool:
    """Whether the kernel has NVIDIA's driver (natively or through WSL)."""
    return any(
        os.path.exists(path)
        for path in ("/proc/driver/nvidia/version", "/usr/lib/wsl/lib/libcuda.so.1")
    )
