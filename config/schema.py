"""
What a configuration may say: one model per thing, each field with its unit and meaning.

This module knows shapes only; whether names lead anywhere is `config.check`'s
business. Times are milliseconds here and "20s" in the file.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000}
_DURATION = re.compile(r"(\d{1,6})(ms|s|m|h)")
_LEVEL = re.compile(r"(\d{1,2})(?:\s*/\s*10)?")
_NEED = re.compile(r"\s*([^\s<>=]+)\s*>=\s*(\d{1,2})\s*/\s*10\s*")
DURATION_MAX_MS = 24 * 3_600_000


def wrong(code: str, es: str, en: str, fix: str = "") -> PydanticCustomError:
    """An error that `config.messages` shows in both languages; `fix` reads the same in both."""
    return PydanticCustomError(code, "{es} / {en}", {"es": es, "en": en, "fix": fix})


def _duration_ms(value: Any) -> int:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("duration", "duración sin unidad o no válida", "not a time with a unit", "20s, 3m, 500ms")
    ms = int(found[1]) * _UNITS_MS[found[2]]
    if ms > DURATION_MAX_MS:
        raise wrong("duration", "duración de más de 24 h", "longer than 24 h", "<= 24h")
    return ms


def _level(value: Any) -> int:
    found = _LEVEL.fullmatch(str(value)) if isinstance(value, int | str) else None
    if found is None or not 0 <= int(found[1]) <= 10:
        raise wrong("level", "nivel no válido: de 0 a 10", "not a level from 0 to 10", "8, 8/10")
    return int(found[1])


def _text_as_utterance(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


def _need(value: Any) -> Any:
    found = _NEED.fullmatch(value) if isinstance(value, str) else None
    if found is None or not 1 <= int(found[2]) <= 10:
        raise wrong(
            "need", "requisito no válido: habilidad >= N/10", "not a need: skill >= N/10", "ventas >= 5/10"
        )
    return {"skill": found[1], "at_least": int(found[2])}


def _music(value: Any) -> Any:
    return {} if value == "default" else value


def _node_kind(value: Any) -> str | None:
    """The tag of a node, read from the file or already built, by the one key that only its kind has."""
    present = type(value).model_fields if isinstance(value, BaseModel) else value
    if not isinstance(present, dict):
        return None
    kinds = [kind for kind in ("say", "menu", "enqueue", "goodbye") if kind in present]
    return f"<{kinds[0]}>" if kinds else None


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""Of anything that is named: it becomes part of SIP users, file names and addresses."""

SkillName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9*#]{1,24}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Digit = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)]
Duration = Annotated[int, BeforeValidator(_duration_ms)]
PositiveDuration = Annotated[Duration, Field(ge=1)]
Level = Annotated[int, BeforeValidator(_level)]
FileName = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00-\x1f]{1,100}$")]
Address = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,253}:[0-9]{1,5}$")]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Agent(Part):
    """A person."""

    name: Line
    skills: dict[SkillName, Level] = Field(default_factory=dict)
    """0 to 10, higher is better; a skill that is not named counts as 0."""
    phone: Name
    sign_in: Literal["phone", "command"] = "phone"
    """What makes the agent ready: the phone registers, or only a command."""


class Phone(Part):
    """A SIP phone. Without `address` it registers with us under its own name."""

    address: Address | None = None
    """`host:port` of a phone that does not register."""


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
    say: Annotated[list[Name], BeforeValidator(_one_or_more), Field(min_length=1, max_length=20)]
    next: Name


class MenuNode(Part):
    menu: Name
    """The prompt that puts the question."""
    keys: Annotated[dict[Digit, Name], Field(min_length=1)]
    otherwise: Name
    """Where a caller goes who keys nothing valid in all tries."""
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    timeout: Annotated[Duration, Field(ge=500, le=60_000)] = 5_000
    """From the end of the question, milliseconds."""
    invalid: Name | None = None
    silence: Name | None = None


class EnqueueNode(Part):
    enqueue: Name


class GoodbyeNode(Part):
    goodbye: Name | None


Node = Annotated[
    Annotated[SayNode, Tag("<say>")]
    | Annotated[MenuNode, Tag("<menu>")]
    | Annotated[EnqueueNode, Tag("<enqueue>")]
    | Annotated[GoodbyeNode, Tag("<goodbye>")],
    Discriminator(_node_kind),
]


class Flow(Part):
    start: Name
    nodes: Annotated[dict[Name, Node], Field(min_length=1, max_length=500)]


class Need(Part):
    skill: str
    at_least: Annotated[int, Field(ge=1, le=10)]


class Ring(Part):
    for_ms: Annotated[PositiveDuration, Field(alias="for", le=120_000)] = 18_000
    """How long an agent's phone rings before the next agent is tried."""


class Wrap(Part):
    for_ms: Annotated[Duration, Field(alias="for")] = 30_000
    """After-call work before the agent gets the next call; 0s for none."""


class Rest(Part):
    """How long an agent is left alone after an offer that came to nothing."""

    busy: Duration = 10_000
    declined: Duration = 10_000
    failed: Duration = 30_000


class Queue(Part):
    need: list[Annotated[Need, BeforeValidator(_need)]] = Field(default_factory=list)
    """All of them; empty means that any agent will do."""
    ring: Ring = Ring()
    wrap: Wrap = Wrap()
    announce_every: Annotated[Duration, Field(ge=5_000)] = 30_000
    """How often a waiting caller is told their position."""
    rest: Rest = Rest()
    short_abandon: Duration = 5_000
    """Callers who leave sooner are not counted as abandoned; 0s counts all."""


class Utterance(Part):
    """A text for the synthesiser, or a recording: one of the two."""

    text: Sentence | None = None
    file: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    """WAV, 8000 Hz, mono, 16 bits; relative to the configuration."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.text is None) == (self.file is None):
            raise wrong("utterance", "un texto o {file: x.wav}", "a text or {file: x.wav}")
        return self


Prompt = Annotated[
    dict[Language, Annotated[Utterance, BeforeValidator(_text_as_utterance)]], Field(min_length=1)
]
"""What is said, by language."""


class Fallback(Part):
    """What the telephone switch does alone when the server stays away."""

    after: PositiveDuration = 60_000
    dial: Name | None = None
    """A phone; null hangs up after the message."""
    say: Name | None = None


class Music(Part):
    folder: str | None = None
    """Of sound files, relative to the configuration; null is the music that comes with us."""


class Centre(Part):
    """A whole contact centre."""

    schema_: Annotated[Literal["acd/1"], Field(alias="schema")]
    name: Line
    languages: Annotated[list[Language], Field(min_length=1, max_length=6)]
    """The first is the default."""
    skills: dict[SkillName, Literal["0..10"]] = Field(default_factory=dict)
    agents: dict[Name, Agent]
    phones: dict[Name, Phone]
    entry: dict[Number, Entry]
    flows: dict[Name, Flow] = Field(default_factory=dict)
    queues: dict[Name, Queue]
    prompts: dict[Name, Prompt] = Field(default_factory=dict)
    fallback: Fallback = Fallback()
    music: Annotated[Music, BeforeValidator(_music)] = Music()
