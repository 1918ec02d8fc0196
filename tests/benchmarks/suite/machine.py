"""The machine that is measured on."""

import os
import pathlib
import platform
import re

CPUS = pathlib.Path("/sys/devices/system/cpu")


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
    }


def load():
    """Processes that ran or waited in the last minute."""
    return round(os.getloadavg()[0], 2)


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
