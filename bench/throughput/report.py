"""The two sides next to each other, for people and for machines."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.figures import machine, percentile, write_report
from bench.throughput.search import Trial
from bench.throughput.sides import AGENTS
from bench.throughput.waiting import Waiting

OURS, YARDSTICK = "centralita", "app_queue"
_PYTHON = ("server", "supervisor")


@dataclass(frozen=True, slots=True)
class Measured:
    """One side."""

    highest: Trial
    """The best short trial."""
    sustained: Trial
    waiting: Waiting | None

    @property
    def python(self) -> tuple[str, ...]:
        return tuple(name for name in _PYTHON if name in self.sustained.used.cpu_s)

    @property
    def asterisk_ms(self) -> float:
        return self.sustained.used.ms_per(self.sustained.calls, "asterisk")

    @property
    def python_ms(self) -> float:
        return self.sustained.used.ms_per(self.sustained.calls, *self.python)

    @property
    def waiting_percent(self) -> tuple[float, float]:
        """Asterisk and Python, of one processor."""
        assert self.waiting is not None
        used = self.waiting.used
        return used.percent("asterisk"), sum(used.percent(name) for name in self.python)


def ratios(measured: Mapping[str, Measured]) -> dict[str, float]:
    """What the aims are about: rate >= 1.2, python_of_asterisk <= 0.25, waiting_cpu <= 0.2."""
    ours, theirs = measured[OURS], measured.get(YARDSTICK)
    found = {"python_of_asterisk": ours.python_ms / ours.asterisk_ms}
    if theirs is not None:
        found["rate"] = ours.sustained.rate / theirs.sustained.rate
        found["cpu_per_call"] = (ours.asterisk_ms + ours.python_ms) / theirs.asterisk_ms
        if ours.waiting is not None and theirs.waiting is not None:
            found["waiting_cpu"] = sum(ours.waiting_percent) / max(0.1, sum(theirs.waiting_percent))
            found["freed_p95"] = _p95(ours.waiting) / _p95(theirs.waiting)
    return found


def page(measured: Mapping[str, Measured], command: str, asterisk: str) -> str:
    """Markdown."""
    lines = [
        f"# Caudal / throughput, {time.strftime('%Y-%m-%d', time.gmtime())}",
        "",
        f"`{command}`; {asterisk}; {machine()}; {AGENTS} agentes / agents.",
        "Qué se mide y cómo: bench/README.md / what is measured and how: bench/README.md",
        "",
        *_table(measured),
        "",
        *(f"- {name}: {value:.2f}" for name, value in ratios(measured).items()),
        "",
    ]
    return "\n".join(lines)


def _table(measured: Mapping[str, Measured]) -> list[str]:
    names = list(measured)
    rows = [["", *names], ["---", *("---:" for _ in names)]]
    columns = [_cells(one) for one in measured.values()]
    rows += [[label, *(column.get(label, "-") for column in columns)] for label in columns[0]]
    return ["| " + " | ".join(row) + " |" for row in rows]


def _cells(one: Measured) -> dict[str, str]:
    trial, used = one.sustained, one.sustained.used
    cells = {
        "llamadas/s sostenidas / sustained calls per second": str(trial.rate),
        "llamadas, fallos / calls, failures": f"{trial.calls}, {trial.callers.failed + trial.phones.failed}",
        "atendidas y registradas / answered, on record": f"{trial.phones.good}, {trial.recorded or '-'}",
        "INVITE → BYE, ms p50 / p95": f"{trial.length_p50_ms:.0f} / {trial.length_p95_ms:.0f}",
        "CPU-ms por llamada, Asterisk / per call": f"{one.asterisk_ms:.2f}",
        "CPU-ms por llamada, Python / per call": f"{one.python_ms:.2f}",
        "mejor en 8 s / best of 8 s, calls per second": str(one.highest.rate),
        "CPU ajena durante la medida / of others meanwhile, %": f"{used.others_percent:.0f}",
    }
    if one.waiting is not None:
        freed, (asterisk, python) = one.waiting.freed_ms, one.waiting_percent
        cells |= {
            f"{one.waiting.callers} esperan: CPU Asterisk + Python / wait: CPU, %": (
                f"{asterisk:.1f} + {python:.1f}"
            ),
            f"agente libre → INVITE, ms p50 / p95 (n={len(freed)}) / freed agent": (
                f"{percentile(freed, 0.5):.1f} / {_p95(one.waiting):.1f}"
            ),
        }
    return cells


def _p95(waiting: Waiting) -> float:
    return percentile(waiting.freed_ms, 0.95)


def write(folder: Path, measured: Mapping[str, Measured], text: str) -> Path:
    """`<date>-throughput.md`, and beside it everything as JSON."""
    path = write_report(folder, "throughput", text)
    body = {"ratios": ratios(measured), "sides": {name: asdict(one) for name, one in measured.items()}}
    path.with_suffix(".json").write_text(json.dumps(body, indent=1, default=str) + "\n", encoding="utf-8")
    return path
