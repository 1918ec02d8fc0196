"""What a directory must hold to count as libtorch, and which versions are supported."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

OLDEST = (2, 11)
NEWEST = (2, 14)
DEFAULT_VERSION = "2.13.0"

_API_HEADER = Path("include/torch/csrc/api/include/torch/version.h")
_VERSION_HEADERS = (Path("include/torch/headeronly/version.h"), _API_HEADER)


class NotUsable(Exception):
    """A place that was tried has no libtorch that this project can use; the message says why.

    remedy: what to do about it, where that is one particular thing.
    """

    def __init__(self, message: str, remedy: str | None = None):
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True)
class LibtorchHome:
    """A directory with `lib/` and `include/`.

    version: the release, such as "2.13.0", without a local suffix.
    cuda: the CUDA release it was built with ("13.0"), "" where that is not recorded,
        None for a CPU build.
    """

    root: Path
    version: str
    cuda: str | None

    @property
    def kind(self) -> str:
        """What a user asks for: "cpu" or "cuda"."""
        return "cpu" if self.cuda is None else "cuda"

    @property
    def flavour(self) -> str:
        """The suffix of the copy's name in the cache: "cpu", "cu130", or "cuda"."""
        return "cpu" if self.cuda is None else flavour_of(self.cuda)


def flavour_of(cuda: str) -> str:
    """ "13.0" -> "cu130"."""
    return "cu" + cuda.replace(".", "") if cuda else "cuda"


def is_supported(version: str) -> bool:
    numbers = re.match(r"(\d+)\.(\d+)\.", version)
    return bool(numbers) and OLDEST <= tuple(map(int, numbers.groups())) <= NEWEST


def supported_range() -> str:
    return "{}.{} to {}.{}".format(*OLDEST, *NEWEST)


def inspect(root: Path) -> LibtorchHome:
    """Reads what is in `root` without loading any library. Raises NotUsable."""
    root = Path(root)
    for needed in (Path("lib/libtorch_cpu.so"), Path("lib/libc10.so"), _API_HEADER):
        if not (root / needed).is_file():
            raise NotUsable(f"{root} is not libtorch: no {needed}{_hint(root)}")
    version = _version(root)
    if not is_supported(version):
        raise NotUsable(f"{root} is libtorch {version}; supported are {supported_range()}")
    return LibtorchHome(root.resolve(), version, _cuda(root))


def _version(root: Path) -> str:
    for header in _VERSION_HEADERS:  # they moved between the supported releases
        if (root / header).is_file():
            text = (root / header).read_text(encoding="utf-8", errors="replace")
            parts = [
                re.search(rf"#define\s+TORCH_VERSION_{part}\s+(\d+)", text)
                for part in ("MAJOR", "MINOR", "PATCH")
            ]
            if all(parts):
                return ".".join(match.group(1) for match in parts)
    raise NotUsable(f"{root} is not libtorch: its headers name no version")


def _hint(root: Path) -> str:
    for inner in ("torch", "libtorch"):
        if (root / inner / "lib/libtorch_cpu.so").is_file():
            return f" (there is one in {root / inner})"
    return ""


def _cuda(root: Path) -> str | None:
    if not (root / "lib/libtorch_cuda.so").is_file():
        return None
    version_py = root / "version.py"  # in wheels
    if version_py.is_file():
        match = re.search(r"^cuda\b[^=]*=\s*'([\d.]+)'", version_py.read_text("utf-8"), re.M)
        if match:
            return match.group(1)
    build_version = root / "build-version"  # in the zip files of pytorch.org
    if build_version.is_file():
        match = re.search(r"\+cu(\d+)(\d)\b", build_version.read_text("utf-8"))
        if match:
            return ".".join(match.groups())
    return ""
