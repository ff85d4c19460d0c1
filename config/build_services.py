"""From a checked configuration to what hears callers, understands them and answers them. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.flow_words import PLACEHOLDER
from config.schema import Centre
from ivr.actions import Limits, Mode
from ivr.flow import IntentId, PromptId, Question, VarName


@dataclass(frozen=True, slots=True)
class Engine:
    """A recognizer of one language."""

    kind: str
    """vosk or whisper."""
    model: str
    """A name under `models/`, or a path; as it is written."""


@dataclass(frozen=True, slots=True)
class Speech:
    """How callers are heard. Without engines everybody is asked by keys."""

    first: Mode = Mode.KEYS
    """How a caller is asked of whom nothing is known."""
    limits: Limits = field(default_factory=Limits)
    known_silence_ms: int = 250
    """Ends an answer that is exactly one of the phrases so far."""
    silence_ms: int = 600
    """Ends any other."""
    longest_ms: int = 10_000
    """Of one answer."""
    slots: int = 0
    """Answers to menus that are recognised at a time."""
    free_slots: int = 0
    """The same for open answers."""
    engines: Mapping[str, Engine] = field(default_factory=dict)
    """By language."""
    keep_said_days: int = 0
    """How long what was said is kept; 0: not at all."""


@dataclass(frozen=True, slots=True)
class Intent:
    """Why somebody calls."""

    id: IntentId
    label: str
    examples: Mapping[str, tuple[str, ...]]
    """By language."""


class ValueType(enum.StrEnum):
    """What one value of a look-up's answer is."""

    TEXT = "text"
    INT = "int"
    MONEY = "money"
    DATE = "date"
    BOOL = "bool"


@dataclass(frozen=True, slots=True)
class Given:
    """One value of a look-up's answer."""

    at: tuple[str, ...]
    """Keys on the way to it, from the root of the JSON document; a whole number is a place in a list."""
    type: ValueType


@dataclass(frozen=True, slots=True)
class Lookup:
    """A source that is asked over HTTP."""

    id: str
    url: str
    """`{name}` stands for an argument, to be percent-encoded."""
    method: str
    """GET or POST."""
    body: Mapping[str, str]
    """Of a POST; `{name}` stands for an argument as it is. Empty: no body."""
    secret_headers: Mapping[str, str]
    """Header -> name of the secret that is its value."""
    within_ms: int
    gives: Mapping[VarName, Given]
    not_found_status: int
    not_found_when: tuple[str, ...] | None
    """Keys on the way to a value that means "no such thing" if it is true, empty or missing."""

    @property
    def arguments(self) -> frozenset[str]:
        """Names that the request mentions."""
        texts = (self.url, *self.body.values())
        return frozenset(name for text in texts for name in PLACEHOLDER.findall(text))


@dataclass(frozen=True, slots=True)
class Survey:
    """Questions, and whom they are put to."""

    id: str
    questions: tuple[Question, ...]
    sample: Mapping[str, int]
    """Per cent of callers who are asked, 0 to 100, by segment."""
    sample_otherwise: int
    """The same for all other segments, and for callers without one."""


@dataclass(frozen=True, slots=True)
class CallbackSite:
    """A web site whose pages may ask for callbacks."""

    id: str
    origins: tuple[str, ...]
    """As a browser sends them: scheme, host, port if it is not the usual one."""
    queue: str
    per_hour: int


def speech(centre: Centre) -> Speech:
    """How callers are heard; without a `speech` section, by keys only."""
    said = centre.speech
    if said is None:
        return Speech()
    limits = Limits(
        accept=said.accept / 100,
        confirm=said.confirm / 100,
        intent_accept=said.intent_accept / 100,
        intent_confirm=said.intent_confirm / 100,
        misses=said.misses,
    )
    return Speech(
        first=Mode(said.first) if said.languages else Mode.KEYS,
        limits=limits,
        known_silence_ms=said.silence.known,
        silence_ms=said.silence.otherwise,
        longest_ms=said.longest,
        slots=said.slots,
        free_slots=said.free_slots,
        engines={lang: Engine(one.engine, one.model) for lang, one in said.languages.items()},
        keep_said_days=said.keep_said,
    )


def intents(centre: Centre) -> tuple[Intent, ...]:
    """In the order of the file."""
    return tuple(
        Intent(IntentId(name), one.label, {lang: tuple(texts) for lang, texts in one.examples.items()})
        for name, one in centre.intents.items()
    )


def lookups(centre: Centre) -> dict[str, Lookup]:
    """By name."""
    return {
        name: Lookup(
            id=name,
            url=one.url,
            method=one.method,
            body=dict(one.body),
            secret_headers=dict(one.secret_headers),
            within_ms=one.within,
            gives={
                VarName(var): Given(tuple(given.at.split(".")), ValueType(given.type))
                for var, given in one.gives.items()
            },
            not_found_status=one.not_found,
            not_found_when=None if one.not_found_when is None else tuple(one.not_found_when.split(".")),
        )
        for name, one in centre.lookups.items()
    }


OTHERWISE = "otherwise"
"""In a survey's sample: all segments that are not named."""


def surveys(centre: Centre) -> dict[str, Survey]:
    """By name."""
    return {
        name: Survey(
            name,
            tuple(Question(q.id, PromptId(q.prompt), q.from_, q.to) for q in one.questions),
            {segment: share for segment, share in one.sample.items() if segment != OTHERWISE},
            one.sample.get(OTHERWISE, 100),
        )
        for name, one in centre.surveys.items()
    }


def callback_sites(centre: Centre) -> dict[str, CallbackSite]:
    """By name."""
    return {
        name: CallbackSite(name, tuple(one.origins), one.queue, one.per_hour)
        for name, one in centre.callbacks.sites.items()
    }


def survey_of(centre: Centre) -> dict[str, str]:
    """Queue -> flow that callers go through after the talk."""
    return {name: queue.survey for name, queue in centre.queues.items() if queue.survey is not None}
