"""The machine that is measured on."""

import os
import pathlib
import platform
import re

CPUS = pathlib.Path("/sys/devices/system/cpu")
SPEED = re.compile(
    r"(MALLOC|OMP|GOMP|KMP|MKL|ONEDNN|DNNL|ATEN|TORCH|SIMCLR)_|GLIBC_TUNABLES$|LD_PRELOAD$"
    r"|JAVA_TOOL_OPTIONS$|JDK_JAVA_OPTIONS$"
)


def describe():
    """What a reader needs to know about it."""
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.+)$", info, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "cpu": model[1] if model else platform.machine(),
        "cores": len(cores()),
        "memory_gib": round(int(memory[1]) / 2**20, 1),
        "kernel": platform.release(),
        "glibc": glibc(),
        "huge_pages": huge_pages(),
    }


def glibc():
    """The version, which decides how its allocator behaves."""
    name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    return version if name == "glibc" else "none"


def huge_pages():
    """Who gets transparent huge pages: always, madvise (who asks) or never."""
    file = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not file.exists():
        return "never"
    return re.search(r"\[(\w+)\]", file.read_text())[1]


def environment():
    """Variables that change how fast contestants are, as they were set."""
    return {k: v for k, v in sorted(os.environ.items()) if SPEED.match(k)}


def load():
    """Processes that ran or waited in the last minute."""
    return round(os.getloadavg()[0], 2)


def place(threads, device="cpu", core=None):
    """The processors that a contestant runs on: as many cores as it has threads, or a given one.

    One that computes on a GPU has all: what hands work over must not be what is measured.
    """
    if device != "cpu":
        return sorted(os.sched_getaffinity(0))
    # The last ones: interrupts and the rest of the system prefer the first.
    return cores()[-threads:] if core is None else [core]


def cores():
    """One logical processor of each core that this process may use."""
    allowed = sorted(os.sched_getaffinity(0))
    seen, chosen = set(), []
    for cpu in allowed:
        siblings = CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list"
        core = siblings.read_text().strip() if siblings.exists() else str(cpu)
        if core not in seen:
            seen.add(core)
            chosen.append(cpu)
    return chosen
