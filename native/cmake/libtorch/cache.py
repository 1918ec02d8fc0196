"""The user's cache of fetched libtorch copies: <cache>/simclr/libtorch/<version>-<flavour>/torch.

`torch` is one level down because a CUDA build finds its `nvidia/*` packages beside it, through
RPATHs relative to its own `lib/`.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Callable, Iterator, Mapping

from .home import DEFAULT_VERSION, LibtorchHome, NotUsable, inspect

_PARTIAL = ".partial-"


def cache_dir(env: Mapping[str, str]) -> Path:
    base = env.get("XDG_CACHE_HOME") or ""
    # The XDG specification: a relative path is to be ignored.
    root = Path(base) if os.path.isabs(base) else Path(env.get("HOME") or Path.home()) / ".cache"
    return root / "simclr" / "libtorch"


def find(cache: Path, kinds: tuple[str, ...]) -> LibtorchHome:
    """The best copy: kinds in the order given, then the default version, then the newest."""
    copies = []
    for entry in sorted(cache.glob("*/torch")):
        if entry.parent.name.startswith(_PARTIAL):
            continue
        with contextlib.suppress(NotUsable):  # a copy of a version that is no longer supported
            home = inspect(entry)
            if home.kind in kinds:
                copies.append(home)
    if not copies:
        raise NotUsable(f"no {' or '.join(kinds)} build in {cache}")

    def preference(home: LibtorchHome):
        numbers = tuple(int(part) for part in home.version.split(".") if part.isdigit())
        return (-kinds.index(home.kind), home.version == DEFAULT_VERSION, numbers)

    return max(copies, key=preference)


@contextlib.contextmanager
def locked(cache: Path, say: Callable[[str], None]) -> Iterator[None]:
    """One build at a time fetches; the others wait and then find the copy."""
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / ".lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another build is fetching libtorch; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def partial(cache: Path) -> Iterator[Path]:
    """A temporary directory on the cache's file system. Call it under `locked` only."""
    for stale in cache.glob(_PARTIAL + "*"):  # of builds that were killed: the lock is ours
        shutil.rmtree(stale, ignore_errors=True)
    directory = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=cache))
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def publish(cache: Path, unpacked: Path) -> LibtorchHome:
    """Moves `unpacked` (which holds `torch/`) to its final name in one step."""
    home = inspect(unpacked / "torch")
    target = cache / f"{home.version}-{home.flavour}"
    if target.exists():  # only an unusable one can be there, or it would have been found
        shutil.rmtree(target)
    os.chmod(unpacked, 0o755)
    os.replace(unpacked, target)
    return inspect(target / "torch")


def free_bytes(cache: Path) -> int:
    return shutil.disk_usage(cache).free
