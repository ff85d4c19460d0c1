"""What a headless agent does, as data: steps, one after the other, for each kind of bell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Span:
    """A time between two others, each as likely; milliseconds."""

    low_ms: int
    high_ms: int


@dataclass(frozen=True, slots=True)
class End:
    """Until the other side has gone."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody to ask or to hand over to: `kind` is agent, queue or number."""

    kind: str
    name: str

    @property
    def json(self) -> Mapping[str, str]:
        """As commands say it."""
        return {self.kind: self.name}


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing to do.

    verb: See `grammar.VERBS`.
    value: What the verb says, as its reader made it.
    options: What else stands beside it.
    do: What follows when it went well: done, picked up, by chance.
    otherwise: What follows when it did not.
    """

    verb: str
    value: Any
    options: Mapping[str, Any] = field(default_factory=dict)
    do: tuple[Step, ...] = ()
    otherwise: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """
    What to do, and when.

    language: Of what is said, ISO 639-1.
    sign_in: Once, at the beginning.
    on_call: When a contact rings.
    on_consult: When a colleague asks.
    on_dial: When the own phone rings for a customer whom the agent calls.
    idle: Each time that there is nothing to do, until it rings.
    """

    language: str
    sign_in: tuple[Step, ...]
    on_call: tuple[Step, ...]
    on_consult: tuple[Step, ...]
    on_dial: tuple[Step, ...]
    idle: tuple[Step, ...]

    def steps(self) -> Iterator[Step]:
        """All of them, nested ones too."""
        for part in (self.sign_in, self.on_call, self.on_consult, self.on_dial, self.idle):
            yield from _all(part)


def _all(steps: Sequence[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from _all(step.do)
        yield from _all(step.otherwise)
