"""What the deployed switch never writes and never tells: the keys that callers press."""

from __future__ import annotations

import configparser
from dataclasses import dataclass
from pathlib import Path

import pytest

from cti.asterisk import instance
from cti.asterisk.instance import EVENT_NAMES

pytestmark = pytest.mark.unit

CONF = Path(__file__).parents[3] / "asterisk-conf"
TELLS_KEYS = {"all", "verbose", "dtmf", "agi", "dialplan", "command", "log", "user_event"}
"""Classes of AMI by which the keys of a caller could be read, in their own event or in another's."""


@dataclass(frozen=True)
class _Account:
    ami_secret: str = "secret"


def _words(text: str) -> set[str]:
    return {word.strip() for word in text.split(",")}


def test_no_log_of_the_switch_holds_keys() -> None:
    """Verbose, debug and dtmf are the levels that do; none of them is written to any file."""
    logger = configparser.ConfigParser(interpolation=None)
    logger.read(CONF / "logger.conf")
    for name, levels in logger["logfiles"].items():
        assert _words(levels) <= {"notice", "warning", "error", "security"}, name


def test_our_account_cannot_read_keys() -> None:
    """Neither by class nor by name of the event."""
    lines = instance._manager_users(_Account()).splitlines()  # type: ignore[arg-type]
    (read,) = (line.removeprefix("read=") for line in lines if line.startswith("read="))
    assert not _words(read) & TELLS_KEYS
    assert not {name for name in EVENT_NAMES if "DTMF" in name.upper() or "AGI" in name.upper()}


def test_nobody_is_told_of_keys() -> None:
    """Not even an account that an administrator adds: the events are not made."""
    (line,) = (
        line for line in (CONF / "manager.conf").read_text().splitlines() if line.startswith("disabledevents")
    )
    assert {"DTMFBegin", "DTMFEnd", "AGIExecStart", "AGIExecEnd", "VarSet"} <= _words(line.partition("=")[2])
