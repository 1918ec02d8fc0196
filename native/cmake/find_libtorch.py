#!/usr/bin/env python3
"""Prints, as JSON, the libtorch to build against; see libtorch/search.py for the order.

Progress goes to stderr. Exit status 1 means that there is none; stderr then says why and how to
mend it. `--compile-only VERSION` fetches a CUDA build without NVIDIA's libraries instead: enough
to compile and link against, not to run (the check that CUDA sources compile uses it).
"""

from __future__ import annotations

import argparse
import json
import os
import sys

from libtorch import compile_only
from libtorch.home import NotUsable
from libtorch.search import NotFound, Search


def say(message: str) -> None:
    print(f"simclr: {message}", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--compile-only", metavar="VERSION")
    arguments = parser.parse_args()
    search = Search(env=os.environ, say=say)
    try:
        if arguments.compile_only:
            home = compile_only.fetch(search, arguments.compile_only)
        else:
            home = search.run()
    except (NotFound, NotUsable) as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return 130
    json.dump({"root": str(home.root), "version": home.version, "flavour": home.flavour,
               "kind": home.kind}, sys.stdout)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
