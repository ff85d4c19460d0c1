"""How far a long step is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from centralita.install.cache import Say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LINE_EVERY_S = 5.0


class Meter:
    """
    Progress of one step.

    Args:
        say: Where the lines go when there is no terminal.
        label: What is being done, both languages.
        total: The number that means finished, > 0.
    """

    def __init__(self, say: Say, label: str, total: float) -> None:
        self._say = say
        self._label = label
        self._total = total
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._said_at_s = time.monotonic()

    def __enter__(self) -> Self:
        self._bar = _bar_if_terminal()
        if self._bar is None:
            self._say(f"{self._label} ...")
        else:
            self._bar.start()
            self._task = self._bar.add_task(self._label, total=self._total, note="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def at(self, done: float, note: str = "") -> None:
        """Say how much is done, 0 to `total`, and what is in hand."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, note=note)
        elif time.monotonic() - self._said_at_s >= LINE_EVERY_S:
            self._said_at_s = time.monotonic()
            self._say(f"{self._label}: {done / self._total:.0%} {note}".rstrip())


def _bar_if_terminal() -> Progress | None:
    if not sys.stderr.isatty():
        return None
    try:
        # The first step of all runs on a bare Python, before the virtual environment has rich.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415
    except ImportError:
        return None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    return Progress(*columns, console=Console(stderr=True))
