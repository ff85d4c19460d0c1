"""
What a configuration may say: one model per thing, each field with its unit and meaning.

This module knows shapes only; whether names lead anywhere is `config.check`'s
business, and how the small words are written is `config.words`'. Times are
milliseconds here and "20s" in the file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from config.flow_nodes import Flow
from config.part import Part
from config.policy import RoutingChoice
from config.queues import NeedText, Queue
from config.services import Callbacks, Intent, Lookup, Messages, Speech, Survey
from config.talks import Talk
from config.telephones import Phone, Trunk
from config.times import Day, Duration, HoursText, PositiveDuration, Weekdays, Zone, between
from config.webhooks import Webhook
from config.words import (
    Expression,
    FactName,
    FactType,
    FileName,
    Language,
    Level,
    Line,
    MusicSchema,
    Name,
    Number,
    OneOrMore,
    PreferSchema,
    Region,
    RelativePath,
    Sentence,
    SkillName,
    Subdivision,
    UtteranceSchema,
    YesOrNo,
    wrong,
)


def _text_as_utterance(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


def _music(value: Any) -> Any:
    words: dict[str, dict[str, bool]] = {"default": {}, "none": {"off": True}}
    if isinstance(value, str) and value not in words:
        raise wrong(
            "music", "se espera default, none o {folder: x}", "default, none or {folder: x} is wanted"
        )
    return words[value] if isinstance(value, str) else value


AtATime = Annotated[int, Field(ge=0, le=20)]


class Capacity(Part):
    """Contacts that an agent has at a time, by what they come by. So far one in all: no chats come yet."""

    voice: Annotated[int, Field(ge=0, le=1)] = 1
    """One person holds one call."""
    chat: AtATime = 0
    task: AtATime = 0


class Agent(Part):
    """A person."""

    name: Line
    skills: dict[SkillName, Level] = Field(default_factory=dict)
    """0 to 10, higher is better; a skill that is not named counts as 0."""
    phone: Name
    sign_in: Literal["phone", "command"] = "phone"
    """What makes the agent ready: the phone registers, or only a command."""
    site: Name | None = None
    """One of `sites`: where the agent sits, or whose the agent is."""
    capacity: Capacity = Capacity()
    """Contacts at a time; one call (`voice`) and nothing else, where it is not said."""
    auto_answer: YesOrNo = False
    """The phone is told to pick up by itself."""


class Entry(Part):
    """What answers a dialled number: one of the two."""

    flow: Name | None = None
    script: FileName | None = None
    """A file in the folder `scripts` beside the configuration."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.flow is None) == (self.script is None):
            raise wrong(
                "entry", "una entrada lleva flow o script, y solo uno", "needs flow or script, only one"
            )
        return self


class Utterance(Part):
    """A text for the synthesiser, or a recording: one of the two."""

    text: Sentence | None = None
    file: RelativePath | None = None
    """WAV, 8000 Hz, mono, 16 bits; relative to the configuration."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.text is None) == (self.file is None):
            raise wrong("utterance", "un texto o {file: x.wav}", "a text or {file: x.wav}")
        return self


Prompt = Annotated[
    dict[Language, Annotated[Utterance, BeforeValidator(_text_as_utterance), UtteranceSchema]],
    Field(min_length=1),
]
"""What is said, by language."""


class Holidays(Part):
    """Public holidays, closed all day unless `days` says otherwise."""

    country: Region
    region: Subdivision | None = None
    """E.g. MD for Madrid, CT for Catalonia; None: the national ones."""


class Hours(Part):
    """When somebody is there. A day of its own goes before a holiday, a holiday before the week."""

    zone: Zone = "Europe/Madrid"
    week: dict[Weekdays, HoursText]
    holidays: Holidays | None = None
    days: dict[Day, HoursText] = Field(default_factory=dict)
    """Days that differ: `"2026-12-24": "09:00-14:00"`, `"2026-12-26": []` for closed."""


class CustomerFacts(Part):
    """What rules may ask of the customer's record, besides known, segment and language."""

    within: Annotated[Duration, between(10, 5_000)] = 300
    """How long a call waits for the record; afterwards all of it is `unknown`."""
    fields: dict[FactName, FactType] = Field(default_factory=dict)
    """`text`, `int`, `bool`, `lang`, `e164`, `agent`, `duration`, or a list of words in ascending order."""


class Facts(Part):
    customer: CustomerFacts = CustomerFacts()


class Settings(Part):
    """What a rule says of a caller. Values are expressions too."""

    segment: Expression | None = None
    head_start: Expression | None = None
    """A time like 90s, added up over all rules that match."""
    language: Expression | None = None
    prefer: Annotated[list[Expression], OneOrMore, Field(max_length=10), PreferSchema] = Field(
        default_factory=list
    )
    """Agents whom the caller should get if possible, best first: `ana`, `history.last_agent`."""
    need: list[NeedText] = Field(default_factory=list, max_length=10)
    """Of an agent, beside what the queue asks, at every step: `lang.en >= 5/10`. Not expressions."""


class Rule(Part):
    """When the expression is true, these hold."""

    id: Name
    when: Expression
    set: Settings


class Fallback(Part):
    """What the telephone switch does alone when the server stays away."""

    after: PositiveDuration = 60_000
    dial: Name | None = None
    """A phone; null hangs up after the message."""
    say: Name | None = None


class Music(Part):
    folder: str | None = None
    """Of sound files, relative to the configuration; null is the music that comes with us."""
    off: bool = False
    """`music: none`: callers wait in silence, which costs almost nothing."""


class Centre(Part):
    """A whole contact centre."""

    schema_: Annotated[Literal["acd/1"], Field(alias="schema")]
    use: Annotated[list[RelativePath], Field(max_length=50, exclude=True)] = Field(default_factory=list)
    """Further files with sections of the same form, relative to this one; not content themselves."""
    name: Line
    languages: Annotated[list[Language], Field(min_length=1, max_length=6)]
    """The first is the default."""
    skills: dict[SkillName, Literal["0..10"]] = Field(default_factory=dict)
    sites: list[Name] = Field(default_factory=list)
    """Where agents sit, or the companies that they belong to."""
    routing: RoutingChoice = RoutingChoice()
    agents: dict[Name, Agent]
    phones: dict[Name, Phone]
    trunks: dict[Name, Trunk] = Field(default_factory=dict)
    hours: dict[Name, Hours] = Field(default_factory=dict)
    facts: Facts = Facts()
    segments: list[Name] = Field(default_factory=list)
    """Of customers, from the least to the most precious."""
    classify: list[Rule] = Field(default_factory=list)
    """Top to bottom; every rule that matches applies."""
    entry: dict[Number, Entry]
    flows: dict[Name, Flow] = Field(default_factory=dict)
    speech: Speech | None = None
    """How callers are heard who speak; None: all by keypad."""
    intents: dict[Name, Intent] = Field(default_factory=dict)
    """Why people call, with examples of how they say it."""
    lookups: dict[Name, Lookup] = Field(default_factory=dict)
    """Sources that flows ask while a caller waits."""
    surveys: dict[Name, Survey] = Field(default_factory=dict)
    voicemail: Messages = Messages()
    """What callers leave in mailboxes."""
    callbacks: Callbacks = Callbacks()
    """Callbacks that are asked for on a web page."""
    queues: dict[Name, Queue]
    prompts: dict[Name, Prompt] = Field(default_factory=dict)
    fallback: Fallback = Fallback()
    music: Annotated[Music, BeforeValidator(_music), MusicSchema] = Music()
    webhooks: Annotated[dict[Name, Webhook], Field(max_length=20)] = Field(default_factory=dict)
    """Programs that are told what happens: docs/webhooks.md."""
    tests: Annotated[list[Talk], Field(max_length=500)] = Field(default_factory=list)
    """Conversations that `centralita flow --test` runs."""
