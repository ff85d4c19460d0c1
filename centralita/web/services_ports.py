"""What the web needs from the services behind flows, in the web's own words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Json = Mapping[str, Any]

PIN_MIN, PIN_MAX = 4, 12
"""Digits of a PIN."""


def is_pin(value: object) -> bool:
    """Digits only, as they are keyed."""
    if not isinstance(value, str):
        return False
    return value.isascii() and value.isdigit() and PIN_MIN <= len(value) <= PIN_MAX


class UnknownNumberError(LookupError):
    """The number is none of the customer's."""


@dataclass(frozen=True, slots=True)
class SurveyQuestion:
    """Which answers. None means "any"."""

    survey: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    agent: str | None = None
    queue: str | None = None
    before: str | None = None
    """The `next` of the page before."""
    limit: int = 50


class PinsPort(Protocol):
    """Every method may raise `HistoryUnavailableError`."""

    async def set(self, ref: str, pin: str | None) -> bool:
        """
        A customer's PIN, of which only a hash is kept; None removes it. False: there is no such customer.

        Raises:
            TooBusyError: Ask again later.
        """


class PreferencesPort(Protocol):
    """Every method may raise `HistoryUnavailableError`."""

    async def of_customer(self, ref: str) -> Json | None:
        """None: there is no such customer."""

    async def set_for_customer(self, ref: str, number: str, given: Json, source: str) -> Json | None:
        """
        What is not in `given` stays; empty `number`: whichever the customer calls from.

        Raises:
            UnknownNumberError: See there.
        """

    async def of_contact(self, contact_id: str) -> Json | None:
        """Of whoever calls; None: nobody knows who it is."""

    async def set_for_contact(
        self, contact_id: str, given: Json, source: str, *, everywhere: bool
    ) -> Json | None:
        """For the number called from, or for whichever."""


class SurveysPort(Protocol):
    """Every method may raise `HistoryUnavailableError`."""

    async def answers(self, asked: SurveyQuestion) -> tuple[Sequence[Json], str | None]:
        """Newest first, and the cursor of the next page. Raises ValueError for a `before` that is none."""

    async def summary(self, asked: SurveyQuestion) -> Json | None:
        """None: there is no such survey, and never was an answer to it."""

    async def of_customer(self, customer_id: str, limit: int) -> Sequence[Json]: ...


class VoicemailPort(Protocol):
    """Every method may raise `HistoryUnavailableError`. `boxes` are those that may be seen; None: all."""

    async def messages(
        self, boxes: Collection[str] | None, *, unheard: bool, before_ms: int | None, limit: int
    ) -> Sequence[Json]:
        """Newest first."""

    async def audio(self, message_id: str, boxes: Collection[str] | None) -> Path | None:
        """A WAV file; None: there is no such message."""

    async def heard(self, message_id: str, boxes: Collection[str] | None, by: str) -> bool:
        """False: there is no such message."""

    async def delete(self, message_id: str, boxes: Collection[str] | None) -> bool:
        """False: there is no such message."""


class LookupsPort(Protocol):
    def report(self) -> Sequence[Json]:
        """How each source has answered since the start."""


class NothingBehind:
    """For a server without flows: nobody, nothing."""

    async def set(self, ref: str, pin: str | None) -> bool:
        return False

    async def of_customer(self, ref: str) -> Json | None:
        return None

    async def set_for_customer(self, ref: str, number: str, given: Json, source: str) -> Json | None:
        return None

    async def of_contact(self, contact_id: str) -> Json | None:
        return None

    async def set_for_contact(
        self, contact_id: str, given: Json, source: str, *, everywhere: bool
    ) -> Json | None:
        return None

    def report(self) -> Sequence[Json]:
        return ()


class NoSurveys:
    async def answers(self, asked: SurveyQuestion) -> tuple[Sequence[Json], str | None]:
        return (), None

    async def summary(self, asked: SurveyQuestion) -> Json | None:
        return None

    async def of_customer(self, customer_id: str, limit: int) -> Sequence[Json]:
        return ()


class NoVoicemail:
    async def messages(
        self, boxes: Collection[str] | None, *, unheard: bool, before_ms: int | None, limit: int
    ) -> Sequence[Json]:
        return ()

    async def audio(self, message_id: str, boxes: Collection[str] | None) -> Path | None:
        return None

    async def heard(self, message_id: str, boxes: Collection[str] | None, by: str) -> bool:
        return False

    async def delete(self, message_id: str, boxes: Collection[str] | None) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class ServicesPorts:
    """What stands behind flows, for who looks after it."""

    pins: PinsPort = field(default_factory=NothingBehind)
    preferences: PreferencesPort = field(default_factory=NothingBehind)
    surveys: SurveysPort = field(default_factory=NoSurveys)
    voicemail: VoicemailPort = field(default_factory=NoVoicemail)
    lookups: LookupsPort = field(default_factory=NothingBehind)
