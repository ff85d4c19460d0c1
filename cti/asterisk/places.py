"""The words in which the dialplan is written down as data: see `cti.asterisk.dialplan`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One priority: an application call, its label if it has one, and why it is there."""

    run: str
    label: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension; `leg` says whose leg runs it: caller, agent or handler."""

    context: str
    exten: str
    leg: str
    purpose: str
    steps: tuple[Step, ...]

    @property
    def place(self) -> str:
        return f"{self.context},{self.exten}"


@dataclass(frozen=True, slots=True)
class LegRow:
    """In this state, on this event, the leg goes to this place."""

    leg: str
    state: str
    event: str
    goes_to: str
    means: str
