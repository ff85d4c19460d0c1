"""
What a configuration may say: one model per thing, each field with its unit and meaning.

This module knows shapes only; whether names lead anywhere is `config.check`'s
business, and how the small words are written is `config.words`'. Times are
milliseconds here and "20s" in the file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, model_validator

from config.part import Part
from config.telephones import Phone, Trunk
from config.times import Day, Duration, HoursText, PositiveDuration, Weekdays, Zone, between
from config.words import (
    Digit,
    ExitSchema,
    ExitWords,
    Expression,
    FactName,
    FactType,
    FileName,
    Language,
    Level,
    Line,
    MusicSchema,
    Name,
    NeededSkill,
    NeedSchema,
    NeedWords,
    NoAnswerSchema,
    NoAnswerWords,
    Number,
    OneOrMore,
    Region,
    RelativePath,
    SayNames,
    Sentence,
    SkillName,
    Subdivision,
    UtteranceSchema,
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


NODE_KINDS = ("say", "menu", "enqueue", "goodbye", "hours", "language")


def node_kind(value: Any) -> str | None:
    """The tag of a node, read from the file or already built, by the one key that only its kind has."""
    present = type(value).model_fields if isinstance(value, BaseModel) else value
    if not isinstance(present, dict):
        return None
    kinds = [kind for kind in NODE_KINDS if kind in present]
    return f"<{kinds[0]}>" if kinds else None


class Agent(Part):
    """A person."""

    name: Line
    skills: dict[SkillName, Level] = Field(default_factory=dict)
    """0 to 10, higher is better; a skill that is not named counts as 0."""
    phone: Name
    sign_in: Literal["phone", "command"] = "phone"
    """What makes the agent ready: the phone registers, or only a command."""


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


class SayNode(Part):
    say: Annotated[list[Name], OneOrMore, Field(min_length=1, max_length=20), SayNames]
    next: Name


class MenuNode(Part):
    menu: Name
    """The prompt that puts the question."""
    keys: Annotated[dict[Digit, Name], Field(min_length=1)]
    otherwise: Name
    """Where a caller goes who keys nothing valid in all tries."""
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    timeout: Annotated[Duration, between(500, 60_000)] = 5_000
    """From the end of the question, milliseconds."""
    invalid: Name | None = None
    silence: Name | None = None


class EnqueueNode(Part):
    enqueue: Name


class GoodbyeNode(Part):
    goodbye: Name | None


class HoursNode(Part):
    """Which way by the clock."""

    hours: Name
    open: Name
    closed: Name


class LanguageNode(Part):
    """From here on the caller is spoken to in this language."""

    language: Language
    next: Name


Node = Annotated[
    Annotated[SayNode, Tag("<say>")]
    | Annotated[MenuNode, Tag("<menu>")]
    | Annotated[EnqueueNode, Tag("<enqueue>")]
    | Annotated[GoodbyeNode, Tag("<goodbye>")]
    | Annotated[HoursNode, Tag("<hours>")]
    | Annotated[LanguageNode, Tag("<language>")],
    Discriminator(node_kind),
]


class Flow(Part):
    start: Name
    nodes: Annotated[dict[Name, Node], Field(min_length=1, max_length=500)]


class Need(Part):
    skill: str
    """`lang(language)` is the skill of the caller's own language, e.g. `lang.es`."""
    at_least: Annotated[int, Field(ge=1, le=10)]


NeedText = Annotated[Need, NeedWords, NeedSchema]


class NoAnswer(Part):
    then: Literal["not_ready", "rest", "ready"] = "not_ready"
    reason: str = "no_answer"
    rest_ms: Duration = 30_000


class Ring(Part):
    for_ms: Annotated[Duration, between(1, 120_000), Field(alias="for")] = 18_000
    """How long an agent's phone rings before the next agent is tried."""
    then: Annotated[NoAnswer, NoAnswerWords, NoAnswerSchema] = NoAnswer()
    """What an agent becomes who lets it ring."""


class Wrap(Part):
    for_ms: Annotated[Duration, Field(alias="for")] = 30_000
    """After-call work before the agent gets the next call; 0s for none."""


class Rest(Part):
    """How long an agent is left alone after an offer that came to nothing."""

    busy: Duration = 10_000
    declined: Duration = 10_000
    failed: Duration = 30_000


class Exit(Part):
    """A way out of a queue: what is said, who is alarmed, where it leads."""

    say: list[Name]
    alarm: Literal["admin", "supervisor"] | None = None
    then: Literal["queue", "flow", "hang_up", "keep_waiting"]
    name: Name | None = None


ExitText = Annotated[Exit, ExitWords, ExitSchema]


class Full(Part):
    limit: Annotated[int, Field(ge=1, le=100_000)]
    """Contacts that wait; the next one takes the exit."""
    to: ExitText


class Exits(Part):
    """All five are compulsory: nobody is left in a queue that leads nowhere."""

    closed: ExitText
    """The queue's hours do not hold when a caller comes. Without `hours` it is always open."""
    full: Full
    nobody_signed_in: ExitText
    """No agent who could serve the caller is signed in."""
    nobody_could_ever: ExitText
    """No agent of the configuration could."""
    waited: Annotated[dict[PositiveDuration, ExitText], Field(min_length=1)]
    """After this long in this queue."""


class Step(Part):
    """From a wait on, who will do. Each step asks for less than the one before."""

    id: Name
    from_ms: Annotated[Duration, Field(alias="from")]
    """Since the caller joined the queue."""
    need: list[NeedText] = Field(default_factory=list)
    """Besides the queue's own needs; of two needs of one skill the higher holds."""
    relax: dict[NeededSkill, Level] = Field(default_factory=dict)
    """Lowers needs of these skills to this level; 0 drops one."""
    narrow: bool = False
    """Says that asking for more than the step before is meant."""


class Queue(Part):
    hours: Name | None = None
    """None: always open."""
    steps: Annotated[list[Step], Field(max_length=20)] = Field(default_factory=list)
    on: Exits | None = None
    need: list[NeedText] = Field(default_factory=list)
    """All of them; empty means that any agent will do."""
    ring: Ring = Ring()
    wrap: Wrap = Wrap()
    announce_every: Annotated[Duration, between(5_000)] = 30_000
    """How often a waiting caller is told their position."""
    rest: Rest = Rest()
    short_abandon: Duration = 5_000
    """Callers who leave sooner are not counted as abandoned; 0s counts all."""


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


class Rule(Part):
    """When the expression is true, these hold."""

    id: Name
    when: Expression
    set: dict[Literal["segment", "head_start", "language"], str]
    """Values are expressions too; `head_start` is a time like 90s, added up over all rules that match."""


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
    queues: dict[Name, Queue]
    prompts: dict[Name, Prompt] = Field(default_factory=dict)
    fallback: Fallback = Fallback()
    music: Annotated[Music, BeforeValidator(_music), MusicSchema] = Music()
