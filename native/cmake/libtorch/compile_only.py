"""A CUDA libtorch to compile against on a machine that has no GPU: headers and libraries only.

It is kept apart from the copies that can run, so that the search never takes it for one.
"""

from __future__ import annotations

from . import cache, wheel
from .home import LibtorchHome, NotUsable, inspect
from .search import Search


def fetch(search: Search, version: str) -> LibtorchHome:
    """The CUDA build of `version`, from the cache or with pip. Raises NotUsable."""
    directory = cache.cache_dir(search.env).with_name("libtorch-compile-only")
    for entry in directory.glob(f"{version}-cu*/torch"):
        return inspect(entry)
    pip = search.pip(search)
    pip.require()
    with cache.locked(directory, search.say):
        for entry in directory.glob(f"{version}-cu*/torch"):
            return inspect(entry)
        search.say(f"fetching the CUDA build of torch {version} to compile against (0.6 GB)")
        with cache.partial(directory) as scratch:
            torch_wheel = pip.download_torch(version, False, scratch)
            if not wheel.is_cuda(torch_wheel):
                raise NotUsable(f"{torch_wheel.name} is not a CUDA build")
            wheel.unpack(torch_wheel, scratch / "unpacked")
            return cache.publish(directory, scratch / "unpacked")
