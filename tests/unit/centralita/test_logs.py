"""Configuring logs is for a whole process, so each test has one of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

HEAD = "import logging, structlog; from pathlib import Path; from centralita.logs import configure_logs; "


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", HEAD + program], capture_output=True, text=True, check=True)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_event_is_one_line_of_json_with_its_facts(tmp_path: Path) -> None:
    """Name, level, logger, UTC time and what was said; ours and the standard library's alike."""
    path = tmp_path / "log" / "server.log"
    run(
        f"configure_logs(Path({str(path)!r})); "
        "structlog.get_logger('switch').info('switch.synced', callers=3, where=Path('/a\\nb')); "
        "logging.getLogger('aiohttp').warning('slow %s', 'peer')"
    )
    ours, theirs = lines(path)

    assert {key: ours[key] for key in ("event", "level", "logger", "callers", "where")} == {
        "event": "switch.synced",
        "level": "info",
        "logger": "switch",
        "callers": 3,
        "where": "/a\nb",
    }
    assert ours["timestamp"].endswith("Z")
    assert (theirs["event"], theirs["level"], theirs["logger"]) == ("slow peer", "warning", "aiohttp")


def test_a_failure_is_logged_with_its_traceback_on_the_same_line(tmp_path: Path) -> None:
    """Loud, and still one event a line for whoever reads the log by machine."""
    path = tmp_path / "server.log"
    run(
        f"configure_logs(Path({str(path)!r}))\n"
        "try:\n    1 / 0\nexcept ZeroDivisionError:\n"
        "    structlog.get_logger('tasks').exception('task.failed')"
    )
    (line,) = lines(path)

    assert line["event"] == "task.failed"
    assert "ZeroDivisionError" in line["exception"]


def test_what_is_below_the_level_is_not_written(tmp_path: Path) -> None:
    """Debug lines cost nothing in production; the migrations' chatter is kept out."""
    path = tmp_path / "server.log"
    run(
        f"configure_logs(Path({str(path)!r})); "
        "log = structlog.get_logger('x'); log.debug('no'); log.info('yes'); "
        "logging.getLogger('alembic').info('no')"
    )

    assert [line["event"] for line in lines(path)] == ["yes"]


def test_without_a_file_a_person_reads_it_on_standard_error() -> None:
    """Readable lines, without colours that a file would keep."""
    done = run("configure_logs(None); structlog.get_logger('x').info('hola', n=1)")

    assert "hola" in done.stderr and "n=1" in done.stderr
    assert "\x1b[" not in done.stderr
    assert done.stdout == ""


def test_configured_twice_every_line_is_still_written_once(tmp_path: Path) -> None:
    """The last configuration counts alone."""
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    run(
        f"configure_logs(Path({str(first)!r})); configure_logs(Path({str(second)!r})); "
        "structlog.get_logger('x').info('once')"
    )

    assert (first.read_text(), len(lines(second))) == ("", 1)
