"""Miniature libtorch directories and wheels."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parents[2] / "native" / "cmake"
sys.path.insert(0, str(SCRIPTS))

API_HEADER = "include/torch/csrc/api/include/torch/version.h"


def version_header(version: str) -> str:
    names = ("MAJOR", "MINOR", "PATCH")
    return "".join(
        f"#define TORCH_VERSION_{name} {part}\n" for name, part in zip(names, version.split("."))
    )


def files(version: str = "2.13.0", cuda: str | None = None) -> dict[str, str]:
    """Path below torch/ -> content."""
    made = {
        "lib/libtorch_cpu.so": "cpu",
        "lib/libc10.so": "c10",
        API_HEADER: version_header(version),
        "version.py": f"__version__ = '{version}'\ncuda: Optional[str] = {cuda!r}\n",
    }
    if cuda is not None:
        made["lib/libtorch_cuda.so"] = "cuda"
    return made


def make_home(root: Path, version: str = "2.13.0", cuda: str | None = None) -> Path:
    for name, content in files(version, cuda).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return root


def make_wheel(
    directory: Path, version: str = "2.13.0", cuda: str | None = None, requires: tuple = ()
) -> Path:
    path = directory / f"torch-{version}-cp311-cp311-manylinux_2_28_x86_64.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, content in files(version, cuda).items():
            wheel.writestr("torch/" + name, content)
        wheel.writestr("torch/nn/modules/linear.py", "class Linear: ...")
        wheel.writestr("torch/test/lib/left_out", "")
        lines = "".join(f"Requires-Dist: {line}\n" for line in requires)
        wheel.writestr(f"torch-{version}.dist-info/METADATA", "Name: torch\n" + lines)
    return path


def make_nvidia_wheel(directory: Path) -> Path:
    path = directory / "nvidia_cudnn_cu13-9.0-py3-none-manylinux_2_27_x86_64.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("nvidia/cudnn/lib/libcudnn.so.9", "cudnn")
        wheel.writestr("nvidia/cudnn/include/cudnn.h", "")
        wheel.writestr("nvidia/cudnn/License.txt", "")
    return path
