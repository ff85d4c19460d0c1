"""Figures for people: percentiles, and dated tables in docs/measured."""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

REPORTS_VARIABLE = "CENTRALITA_REPORTS"
"""Folder for dated tables; `make test-long` sets it."""


def percentile(values: Sequence[float], share: float) -> float:
    """
    The smallest value that at least this share of all values does not exceed (nearest rank).

    Args:
        values: At least one, in any order.
        share: Above 0, up to 1.

    Raises:
        ValueError: There are no values.
    """
    if not values:
        raise ValueError("no values: nothing was measured")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured, in milliseconds."""

    name: str
    values_ms: Sequence[float]

    def cells(self) -> list[str]:
        shown = [percentile(self.values_ms, share) for share in (0.5, 0.95, 0.99)]
        figures = [min(self.values_ms), *shown, max(self.values_ms)]
        return [self.name, str(len(self.values_ms)), *(f"{figure:.1f}" for figure in figures)]


HEAD = ["ms", "n", "min", "p50", "p95", "p99", "max"]


def table(rows: Sequence[Row]) -> str:
    """Markdown, columns aligned so that it reads well as plain text too."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = [_line(line, widths) for line in cells]
    rule = "|" + "|".join("-" * (width + 1) + (":" if n else "-") for n, width in enumerate(widths)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if n else cell.ljust(width)
        for n, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "| " + " | ".join(padded) + " |"


def machine() -> str:
    """What the figures were taken on, without anything that names it."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} CPU, Linux {platform.machine()}, Python {platform.python_version()}, load {load}"
    )


def write_report(folder: Path, name: str, text: str) -> Path:
    """Write `<date>-<name>.md` (today, UTC), replacing one of the same day."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{time.strftime('%Y-%m-%d', time.gmtime())}-{name}.md"
    path.write_text(text, encoding="utf-8")
    return path
