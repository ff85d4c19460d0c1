"""A report as a table of text: the figures that people look at first, each under its definition id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

COUNTS = (
    ("offered", "ofrec/offered"),
    ("answered", "atend/answered"),
    ("abandoned", "aband/abandoned"),
    ("rejected", "rechaz/rejected"),
    ("flowed_out", "desvío/flowed"),
    ("lost", "perd/lost"),
    ("still", "espera/still"),
)
FIGURES = ("sl-v1", "sl-v2", "asa-v1", "wait-p90-v1", "abandon-v1", "aht-v1", "occupancy-v1", "fcr-r-v1")
_UNITS_MS = frozenset({"asa-v1", "wait-p90-v1", "aht-v1"})
NONE = "—"


def table(report: Mapping[str, Any]) -> list[str]:
    """The lines of a report as `GET /api/kpis` answers it: one for each row, the total last."""
    head = [report["by"], *(name for _, name in COUNTS), *FIGURES]
    rows = [[_name(row), *_cells(row)] for row in report["rows"]]
    rows.append(["total", *_cells(report["total"])])
    widths = [max(len(line[n]) for line in (head, *rows)) for n in range(len(head))]
    return [_line(line, widths) for line in (head, *rows)]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if n == 0 else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join((first, *others)).rstrip()


def _name(row: Mapping[str, Any]) -> str:
    return str(row["begins"])[:16].replace("T", " ") if "begins" in row else str(row["key"]) or NONE


def _cells(numbers: Mapping[str, Any]) -> list[str]:
    counts = [str(numbers["counts"][name]) for name, _ in COUNTS]
    return counts + [_figure(id_, numbers["figures"][id_]["value"]) for id_ in FIGURES]


def _figure(id_: str, value: float | None) -> str:
    if value is None:
        return NONE
    return f"{value / 1000:.1f} s" if id_ in _UNITS_MS else f"{100 * value:.1f} %"
