"""
What a walk through a flow wants done, and what it is told: the two vocabularies of `ivr.interpreter`.

Frozen values. Whatever takes time, a clock, the network or the telephone is an
action here; its outcome comes back as an input. Any input is legal at any time.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.flow import PromptId, VarName


class Mode(enum.StrEnum):
    """How a caller answers questions."""

    SPEECH = "speech"
    KEYS = "keys"


# What the walk wants


@dataclass(frozen=True, slots=True)
class Play:
    """Speak these prompts in order; a key in `stop_keys` cuts them short. Answer: Played."""

    prompts: tuple[PromptId, ...]
    stop_keys: str
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For the places in the prompts' texts, by name."""


@dataclass(frozen=True, slots=True)
class Collect:
    """Wait for one key, any key: a wrong one deserves an answer too. Answer: Key or Silence."""

    timeout_ms: int


@dataclass(frozen=True, slots=True)
class Listen:
    """
    Speak, and hear what is said or keyed, whichever comes first, also over the prompt.

    Answer: Heard, Key, Silence (nothing for `timeout_ms` after the prompt) or Deaf.
    """

    prompts: tuple[PromptId, ...]
    timeout_ms: int
    phrases: tuple[str, ...] = ()
    """In the caller's language: the only things that count. Empty: anything may be said."""
    digits: bool = False
    """A number is expected: digits in words, one by one or in groups."""
    intents: bool = False
    """What is said is to be understood: `Heard.intent`."""
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For the places in the prompts' texts, by name."""


@dataclass(frozen=True, slots=True)
class Gather:
    """
    Speak, and take up to `longest` keys; `#` ends. Keys cut the prompt short. Answer: Gathered or Silence.

    Secret ones are taken by the switch's own means and go nowhere but into the answer.
    """

    prompts: tuple[PromptId, ...]
    longest: int
    timeout_ms: int
    between_ms: int
    secret: bool = False
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For the places in the prompts' texts, by name."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask a source. Answer: Found, NotFound or Failed."""

    source: str
    arguments: Mapping[str, str] = field(repr=False)
    prompts: tuple[PromptId, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For the places in the prompts' texts, by name."""


@dataclass(frozen=True, slots=True)
class Prove:
    """Compare with the caller's record. Answer: Proven or NotProven; Failed: it cannot be done."""

    by: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Judge:
    """Which condition of this branch holds first. Answer: Judged."""

    node: str


@dataclass(frozen=True, slots=True)
class Record:
    """Take a message. Answer: Recorded, Silence (nothing was said) or Failed."""

    box: str
    prompts: tuple[PromptId, ...]
    longest_ms: int
    silence_ms: int
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For the places in the prompts' texts, by name."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Put the contact down for a callback; empty `number`: the caller's. Answer: Promised or Refused."""

    queue: str
    number: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Ring:
    """Hand the caller to somebody. Answer: NotReached, or nothing any more."""

    agent: str
    number: str
    ring_ms: int


@dataclass(frozen=True, slots=True)
class KeepAnswer:
    """Of a survey; goes on at once. Answer: Done."""

    survey: str
    question: str
    value: int


@dataclass(frozen=True, slots=True)
class Join:
    """The flow is over: wait for a person in this queue."""

    queue: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """The flow is over: say the prompt, if any, and end the call."""

    prompt: PromptId | None = None
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    """For the places in the prompts' texts, by name."""


@dataclass(frozen=True, slots=True)
class Over:
    """The caller has gone and there is nothing left to do."""


Action = (
    Play
    | Collect
    | Listen
    | Gather
    | Fetch
    | Prove
    | Judge
    | Record
    | Promise
    | Ring
    | KeepAnswer
    | Join
    | HangUp
    | Over
)

SILENT = (Fetch, Prove, Judge, KeepAnswer, Promise)
"""What can be done without the caller, after a hang-up."""


# What the walk is told


@dataclass(frozen=True, slots=True)
class Played:
    """The prompts are over, or this key cut them short."""

    key: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    digit: str


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came in time."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Somebody has spoken. `text` may be empty: sounds, but no words."""

    text: str
    confidence: float
    """0 to 1, as the recognizer's port defines it: below `Limits.confirm` nobody should act on it."""
    intent: str = ""
    sure: float = 0.0
    """Of the intent, 0 to 1."""
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deaf:
    """Nobody can listen now (no slot, no model, a worker that is slow or died): ask by keys."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Gathered:
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    values: Mapping[VarName, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotFound:
    pass


@dataclass(frozen=True, slots=True)
class Failed:
    why: str = ""


@dataclass(frozen=True, slots=True)
class Proven:
    pass


@dataclass(frozen=True, slots=True)
class NotProven:
    pass


@dataclass(frozen=True, slots=True)
class Judged:
    case: int | None
    """Counted from 0; None: none holds, or nothing is known."""


@dataclass(frozen=True, slots=True)
class Recorded:
    pass


@dataclass(frozen=True, slots=True)
class Promised:
    pass


@dataclass(frozen=True, slots=True)
class Refused:
    why: str = ""


@dataclass(frozen=True, slots=True)
class NotReached:
    pass


@dataclass(frozen=True, slots=True)
class Done:
    pass


@dataclass(frozen=True, slots=True)
class Gone:
    """The caller has hung up."""


Input = (
    Played
    | Key
    | Silence
    | Heard
    | Deaf
    | Gathered
    | Found
    | NotFound
    | Failed
    | Proven
    | NotProven
    | Judged
    | Recorded
    | Promised
    | Refused
    | NotReached
    | Done
    | Gone
)


@dataclass(frozen=True, slots=True)
class Limits:
    """From which confidence on something is taken, or asked back ("¿Ha dicho facturación?")."""

    accept: float = 0.85
    confirm: float = 0.5
    digit_accept: float = 1.01
    """Of a single spoken digit in a menu: above 1 it is always asked back."""
    intent_accept: float = 0.6
    intent_confirm: float = 0.35
    misses: int = 2
    """So many answers in a row that were not understood, and the caller is asked by keys from then on."""
