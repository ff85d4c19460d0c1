"""Processor time of processes, from proc(5)."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_IDLE = (3, 4)
"""Fields of the `cpu` line of /proc/stat that are no work: idle and iowait."""
_GUEST = 8
"""From here on, time that the fields before hold already."""


@dataclass(frozen=True, slots=True)
class Used:
    """Processor time between two moments."""

    wall_s: float
    cpu_s: Mapping[str, float]
    """By the name given to the process."""
    machine_s: float
    """All processors, all processes of the machine."""

    def percent(self, name: str) -> float:
        """Of one processor."""
        return 100 * self.cpu_s[name] / self.wall_s

    def ms_per(self, count: int, *names: str) -> float:
        """Milliseconds per call."""
        return 1000 * sum(self.cpu_s[name] for name in names) / count

    @property
    def others_percent(self) -> float:
        """What processes that have no name here used, in percent of one processor."""
        return max(0.0, 100 * (self.machine_s - sum(self.cpu_s.values())) / self.wall_s)


MEASURING = "bench"
"""Ourselves, and the programs of ours that have ended: callers, consoles."""


class Meter:
    """
    Runs from its making on.

    Args:
        pids: Processes by the name they shall have.
    """

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._before, self._machine_before = self._now(), machine_s()
        self._began_s = monotonic()

    def read(self) -> Used:
        """
        Used since the beginning.

        Raises:
            OSError: A process has ended.
        """
        now = self._now()
        return Used(
            monotonic() - self._began_s,
            {name: now[name] - before for name, before in self._before.items()},
            machine_s() - self._machine_before,
        )

    def _now(self) -> dict[str, float]:
        return {name: cpu_s(pid) for name, pid in self._pids.items()} | {MEASURING: _own_s()}


def cpu_s(pid: int) -> float:
    """User and system time of a process with all its threads, seconds since its start."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def _own_s() -> float:
    kinds = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(kind.ru_utime + kind.ru_stime for kind in kinds)


def machine_s() -> float:
    """Time that the processors of this machine have worked, seconds since it was started."""
    fields = [int(text) for text in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return sum(ticks for at, ticks in enumerate(fields[:_GUEST]) if at not in _IDLE) / _TICKS_PER_S
