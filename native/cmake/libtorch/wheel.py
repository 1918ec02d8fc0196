"""Downloads the official wheels with pip and keeps what a C++ build needs of them."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterable, Mapping

from .home import NotUsable

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
"""PyTorch's public index of CPU wheels. The default index has CUDA builds for Linux."""

FALLBACK_PYTHONS = ("3.12", "3.11", "3.13")
"""libtorch is the same in the wheel of every Python; these are tried if the local one has none."""

PLATFORM = "manylinux_2_28_x86_64"

_KEEP = re.compile(r"(torch/(lib|include)/|torch/version\.py$|nvidia/.+/(lib|include)/)")
_HEARTBEAT_SECONDS = 10


@dataclass
class Pip:
    """pip of one Python interpreter."""

    python: str
    env: Mapping[str, str]
    say: Callable[[str], None]
    tried: list[str] = field(default_factory=list)

    def require(self) -> None:
        """Raises NotUsable if this Python has no pip."""
        try:
            done = subprocess.run(
                [self.python, "-m", "pip", "--version"], capture_output=True, check=False
            )
        except OSError as error:
            raise NotUsable(f"cannot run {self.python}: {error}") from error
        if done.returncode != 0:
            raise NotUsable(f"{self.python} has no pip", "apt-get install python3-pip")

    def download_torch(self, version: str, want_cpu: bool, into: Path) -> Path:
        """The path of torch's wheel. Raises NotUsable with what each attempt answered."""
        sources: list[tuple[str, list[str]]] = [("the index pip is configured for", [])]
        if want_cpu:
            problem = unreachable(CPU_INDEX)
            if problem:
                self.tried.append(f"{CPU_INDEX}: {problem}")
            else:
                sources.insert(0, (CPU_INDEX, ["--index-url", CPU_INDEX]))
        for name, options in sources:
            for python in (None, *FALLBACK_PYTHONS):
                where = name if python is None else f"{name}, wheels for Python {python}"
                problem = self._download(
                    ["--no-deps", *options, *_for_python(python), f"torch=={version}"], into
                )
                if problem is None:
                    wheels = sorted(into.glob("torch-*.whl"))
                    if wheels:
                        return wheels[0]
                    problem = "pip reported success but left no wheel"
                self.tried.append(f"{where}: {problem}")
                if "No matching distribution" not in problem:
                    break  # not a matter of the Python version
        raise NotUsable("\n".join(self.tried))

    def download_all(self, requirements: Iterable[str], into: Path) -> list[Path]:
        """Wheels of the requirements and of what they require."""
        problem = self._download(["--only-binary=:all:", *requirements], into)
        if problem is not None:
            raise NotUsable(f"CUDA libraries that torch requires: {problem}")
        return sorted(path for path in into.glob("*.whl") if not path.name.startswith("torch-"))

    def _download(self, arguments: list[str], into: Path) -> str | None:
        """None, or the last thing pip had to say."""
        scratch = into / "tmp"  # /tmp is often a small memory file system
        scratch.mkdir(parents=True, exist_ok=True)
        command = [
            *(self.python, "-m", "pip", "download", "--dest", str(into)),
            *("--no-cache-dir", "--disable-pip-version-check", "--progress-bar", "off"),
            # An unreachable host is reported at once; a slow one still has its time.
            *("--retries", "1", "--timeout", "30"),
            *arguments,
        ]
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**self.env, "TMPDIR": str(scratch)},
        )
        finished = threading.Event()
        threading.Thread(target=self._heartbeat, args=(into, finished), daemon=True).start()
        try:
            output = process.communicate()[0]
        finally:
            finished.set()
            if process.poll() is None:
                process.kill()
        return None if process.returncode == 0 else _reason(output)

    def _heartbeat(self, directory: Path, finished: threading.Event) -> None:
        while not finished.wait(_HEARTBEAT_SECONDS):
            size = sum(_size(path) for path in directory.rglob("*"))
            self.say(f"  {size / 1e6:,.0f} MB so far")


def unreachable(url: str, seconds: float = 6.0) -> str | None:
    """None if the host answers at all, else why not; never waits longer than `seconds`."""
    answer: list[str | None] = ["no answer"]

    def ask() -> None:
        try:
            request = urllib.request.Request(url + "/", method="HEAD")
            with urllib.request.urlopen(request, timeout=seconds):
                answer[0] = None
        except urllib.error.HTTPError:
            answer[0] = None
        except urllib.error.URLError as error:
            # A certificate that Python does not trust may be one that pip is configured to trust.
            answer[0] = None if "CERTIFICATE" in str(error.reason).upper() else str(error.reason)
        except OSError as error:
            answer[0] = str(error)

    # In a thread, because resolving a name has no timeout of its own.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    return None if answer[0] is None else f"not reachable ({answer[0]})"


def cuda_requirements(torch_wheel: Path) -> list[str]:
    """The packages with NVIDIA's libraries among those that torch's wheel requires."""
    with zipfile.ZipFile(torch_wheel) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = wheel.read(name).decode("utf-8")
    required = re.findall(r"^Requires-Dist:\s*((?:nvidia-|cuda-toolkit).*)$", metadata, re.M)
    return [line.strip() for line in required]


def is_cuda(torch_wheel: Path) -> bool:
    with zipfile.ZipFile(torch_wheel) as wheel:
        return "torch/lib/libtorch_cuda.so" in wheel.namelist()


def kept_bytes(wheel_path: Path) -> int:
    """What `unpack` will write."""
    with zipfile.ZipFile(wheel_path) as wheel:
        return sum(member.file_size for member in _kept(wheel))


def unpack(wheel_path: Path, into: Path) -> None:
    """lib/ and include/ only (and torch/version.py, which names the CUDA release)."""
    try:
        with zipfile.ZipFile(wheel_path) as wheel:
            wheel.extractall(into, members=_kept(wheel))
    except zipfile.BadZipFile as error:
        raise NotUsable(f"{wheel_path.name} is damaged: {error}") from error


def _kept(wheel: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    return [member for member in wheel.infolist() if _KEEP.match(member.filename)]


def _for_python(python: str | None) -> list[str]:
    if python is None:
        return ["--only-binary=:all:"]
    abi = "cp" + python.replace(".", "")
    return [
        *("--only-binary=:all:", "--python-version", python, "--implementation", "cp"),
        *("--abi", abi, "--platform", PLATFORM),
    ]


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    reason = (errors or lines or ["pip failed without a word"])[-1]
    # pip says "no matching distribution" where an index did not answer, too.
    broken = re.findall(r"connection broken by '.*?((?:\[Errno [^\]]+\] )?[^>:()]+)'\)'", output)
    return f"{reason} (an index did not answer: {broken[-1].strip()})" if broken else reason


def _size(path: Path) -> int:
    try:
        return os.lstat(path).st_size if path.is_file() else 0
    except OSError:  # pip moved it away meanwhile
        return 0
