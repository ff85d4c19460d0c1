"""What a caller's visit needs of the world, in the words of the IVR. Each port is bound to one contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ivr.actions import (
    Deaf,
    Failed,
    Found,
    Heard,
    Key,
    Mode,
    NotFound,
    NotProven,
    Promised,
    Proven,
    Refused,
    Silence,
)
from ivr.flow import VarName


class CallerGone(Exception):
    """The caller's leg is no longer ours to speak to: hung up, or taken to an agent."""


class SoundFailed(Exception):
    """The switch could not play a sound file. The caller is still there."""


@dataclass(frozen=True, slots=True)
class Listening:
    """One question put to a caller who may speak."""

    sounds: tuple[str, ...]
    """Files of 8000 Hz, mono, 16 bits: absolute, without extension."""
    language: str
    timeout_ms: int
    """Of silence, from the end of the last sound."""
    phrases: tuple[str, ...] = ()
    digits: bool = False
    """See `ivr.actions.Listen`."""


class Call(Protocol):
    """The caller's leg, while we own it. Each method may raise `CallerGone`."""

    async def play(self, sound_paths: Sequence[str], stop_keys: str) -> str | None:
        """
        Play files in order; a key in `stop_keys` stops them and is returned.

        Raises:
            SoundFailed: A file could not be played.
        """

    async def collect(self, timeout_ms: int) -> str | None:
        """Wait for one key; None after `timeout_ms` of silence."""

    async def music(self) -> None:
        """Hold music from now on, until the next sound or question."""

    def can_listen(self, language: str, *, free_speech: bool) -> bool:
        """Whether a recognizer for this language is there now and has a slot; a hint, not a promise."""

    async def listen(self, wish: Listening) -> Heard | Key | Silence | Deaf:
        """Play and listen at once; speech or a key stops the sounds. Our own faults are `Deaf`."""

    async def gather(
        self, sound_paths: Sequence[str], longest: int, *, timeout_ms: int, between_ms: int, secret: bool
    ) -> str:
        """
        Keys up to `longest`, without the `#` that ends them; empty for none. Keys cut the sounds short.

        Secret ones are never written anywhere on the way.
        """

    async def record(
        self, box: str, sound_paths: Sequence[str], *, longest_ms: int, silence_ms: int
    ) -> bool | None:
        """Take a message after the sounds; False: nothing was said, None: it could not be recorded."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What an answer in free words means."""

    intent: str = ""
    sure: float = 0.0
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What a caller said and what came of it, for who looks after the phrases."""

    node: str
    """"flow/node"."""
    language: str
    text: str
    confidence: float
    understood: str
    """A key, an intent, a number's variable; empty: nothing."""
    sure: float
    outcome: str
    """taken, confirmed, denied, missed."""


class Services(Protocol):
    """Everything else that a flow can ask for. No method raises, save `CallerGone` where it is said."""

    async def fetch(self, source: str, arguments: Mapping[str, str]) -> Found | NotFound | Failed:
        """A source of the configuration, within its own time limit."""

    async def prove(self, by: str, value: str) -> Proven | NotProven | Failed:
        """Compare with the caller's record; proven raises the trust of the contact to `pin`."""

    def unverified(self) -> None:
        """Too many failed proofs: the contact is marked, whoever serves it sees that."""

    async def judge(self, flow: str, node: str, values: Mapping[VarName, str]) -> int | None:
        """The first condition of a branch that holds."""

    async def promise(self, queue: str, number: str) -> Promised | Refused:
        """Put the contact down for a callback; empty `number`: the one that calls."""

    async def ring(self, agent: str, number: str, ring_ms: int) -> Failed | None:
        """Begin to hand the caller over; None: under way, the visit ends and the caller waits with music."""

    def not_reached(self) -> bool:
        """Whether whom the caller was being handed to was not reached; asked when the visit comes back."""

    async def keep_answer(self, survey: str, question: str, value: int) -> None:
        """Of a survey, into the customer's profile, with the agent and the reason of the call."""

    def wants_survey(self, queue: str) -> bool:
        """Whether this caller, back from an agent of this queue, is in the sample of its survey."""

    async def understand(self, text: str, language: str) -> Understood:
        """What free words mean."""

    def mode(self) -> Mode:
        """How this caller prefers to answer: by record and number called from, else the house's way."""

    def learn(self, mode: Mode) -> None:
        """The caller has answered a question this way."""

    def said(self, utterance: Utterance) -> None:
        """Keep what was said, for the page where phrases are added; never secret digits."""

    def remembered(self) -> Mapping[str, object] | None:
        """What `keep` was told last, also by a server before this one; None for a new caller."""

    def keep(self, memory: Mapping[str, object]) -> None:
        """Variables and the like of the walk, without anything secret, so that a restart forgets nothing."""
