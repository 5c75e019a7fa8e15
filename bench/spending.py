"""What processes spend: CPU seconds and memory by group, each a process with all its children (Linux, `/proc`)."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(groups: Mapping[str, int]) -> dict[str, float]:
    """CPU time that each group (by the id of its first process) has used so far, children that ended included.

    This process, whose children the others are, counts alone.
    """
    return {
        name: time.process_time() if first == os.getpid() else sum(_cpu_seconds(pid) for pid in _family(first))
        for name, first in groups.items()
    }


def memory_bytes(first: int) -> tuple[int, int]:
    """RSS of a group, which counts shared pages once per process, and PSS, which shares them out."""
    rss = pss = 0
    for pid in _family(first):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in {"Rss", "Pss"}:
                kilobytes = int(rest.split()[0])
                rss, pss = rss + kilobytes * (name == "Rss"), pss + kilobytes * (name == "Pss")
    return rss * 1024, pss * 1024


def told_memory(first: int) -> str:
    """Both as a line says them."""
    rss, pss = memory_bytes(first)
    return f"RSS {rss / 1e6:.0f} MB, PSS {pss / 1e6:.0f} MB"


def _family(first: int) -> list[int]:
    found = [first]
    for task in Path(f"/proc/{first}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _family(int(child))
    return found


def _cpu_seconds(pid: int) -> float:
    """User and system time of one process and of its children that ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / _TICKS
