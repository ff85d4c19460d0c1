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


_EXIT_WORDS = re.compile(
    r"message\((?P<message>[a-z0-9][a-z0-9_-]*)\)|alarm\((?P<alarm>admin|supervisor)\)"
    r"|to (?P<to>queue|flow) (?P<name>[a-z0-9][a-z0-9_-]*)|(?P<end>hang_up|keep_waiting)"
)


def _exit(value: Any) -> Any:
    """`message(busy) -> alarm(admin) -> to queue general`: words first, one destination last."""
    if not isinstance(value, str):
        return value
    built: dict[str, Any] = {"say": [], "alarm": None}
    for part in value.split("->"):
        found = _EXIT_WORDS.fullmatch(part.strip())
        if found is None or "then" in built:
            break
        if found["message"]:
            built["say"].append(found["message"])
        elif found["alarm"]:
            built["alarm"] = found["alarm"]
        else:
            built |= {"then": found["to"] or found["end"], "name": found["name"]}
    else:
        if "then" in built:
            return built
    raise wrong(
        "exit",
        "salida no válida: message(x), alarm(admin), y al final to queue x, to flow x, hang_up o keep_waiting",
        "not an exit: message(x), alarm(admin), and last to queue x, to flow x, hang_up or keep_waiting",
        "message(cerrado) -> hang_up",
    )


_NO_ANSWER = re.compile(r"(not_ready|rest)\(([a-z0-9_-]{1,40})\)|ready")


def _no_answer(value: Any) -> Any:
    """`not_ready(no_answer)`, `rest(30s)` or `ready`."""
    if not isinstance(value, str):
        return value
    found = _NO_ANSWER.fullmatch(value.strip())
    if found is None:
        raise wrong(
            "no-answer",
            "se espera not_ready(motivo), rest(30s) o ready",
            "not_ready(reason), rest(30s) or ready is wanted",
            "not_ready(no_answer)",
        )
    if found[1] == "rest":
        return {"then": "rest", "rest_ms": found[2]}
    return {"then": "not_ready", "reason": found[2]} if found[1] else {"then": "ready"}


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
    kinds = [kind for kind in ("say", "menu", "enqueue", "goodbye", "hours", "language") if kind in present]
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


Codec = Literal["alaw", "ulaw", "g722", "opus"]


class Phone(Part):
    """A phone of an agent. Without `address` it registers with us under its own name."""

    kind: Literal["sip", "browser"] = "sip"
    """Any SIP phone, or a browser (WebRTC)."""
    address: Address | None = None
    """`host:port` of a SIP phone that does not register."""
    codecs: Annotated[list[Codec], Field(min_length=1)] | None = None
    """In order of preference; None: alaw, ulaw, g722, and opus first for a browser."""
    dtmf: Literal["auto", "rfc4733", "info", "inband"] = "auto"

    @model_validator(mode="after")
    def _browsers_register(self) -> Self:
        if self.kind == "browser" and self.address is not None:
            raise wrong(
                "phone", "un navegador no tiene address", "a browser has no address", "{kind: browser}"
            )
        return self


class TrunkLimits(Part):
    """Calls at once."""

    calls: Annotated[int, Field(ge=1, le=10_000)] = 100
    """Both ways together."""
    out: Annotated[int, Field(ge=0, le=10_000)] = 10


Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?$")]
Network = Annotated[str, StringConstraints(pattern=r"^[0-9.]{7,15}(/[0-9]{1,2})?$")]
Destination = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9x]{0,23}\*?$")]
"""A number or the beginning of numbers: `112`, `+34*`, `+346xxxxxxxx` (x is any digit)."""
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


class Trunk(Part):
    """A line to the telephone network. Its password stands in secrets.json, never here."""

    host: Host
    """Of the carrier, with its port if it is not 5060."""
    register_: Annotated[bool, Field(alias="register")] = False
    """We sign in there, as `user`; else the carrier knows our address."""
    user: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]{1,64}$")] | None = None
    transport: Literal["udp", "tcp", "tls"] = "udp"
    codecs: Annotated[list[Codec], Field(min_length=1)] = Field(default_factory=lambda: ["alaw", "ulaw"])
    dtmf: Literal["auto", "rfc4733", "info", "inband"] = "rfc4733"
    from_: Annotated[list[Network], Field(alias="from")] = Field(default_factory=list)
    """Networks that calls of this trunk come from, besides the addresses of `host`."""
    country: Region = "ES"
    """How its national numbers are read and made E.164."""
    numbers: dict[Number, Number] = Field(default_factory=dict)
    """Called number as the carrier sends it -> number in `entry`. What is not here is refused."""
    caller_id: Number | None = None
    """Shown on calls that we make."""
    trust_identity: bool = False
    """Believe P-Asserted-Identity of the carrier, and send it."""
    allow: list[Destination] = Field(default_factory=list)
    """The only destinations that may be dialled; empty: none."""
    limits: TrunkLimits = TrunkLimits()

    @model_validator(mode="after")
    def _user_to_register(self) -> Self:
        if self.register_ and self.user is None:
            raise wrong("trunk", "register: true pide user", "register: true wants user", "user: cuenta")
        return self


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
    Discriminator(_node_kind),
]


class Flow(Part):
    start: Name
    nodes: Annotated[dict[Name, Node], Field(min_length=1, max_length=500)]


class Need(Part):
    skill: str
    """`lang(language)` is the skill of the caller's own language, e.g. `lang.es`."""
    at_least: Annotated[int, Field(ge=1, le=10)]


class NoAnswer(Part):
    then: Literal["not_ready", "rest", "ready"] = "not_ready"
    reason: str = "no_answer"
    rest_ms: Duration = 30_000


class Ring(Part):
    for_ms: Annotated[PositiveDuration, Field(alias="for", le=120_000)] = 18_000
    """How long an agent's phone rings before the next agent is tried."""
    then: Annotated[NoAnswer, BeforeValidator(_no_answer)] = NoAnswer()
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


ExitText = Annotated[Exit, BeforeValidator(_exit)]


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
    need: list[Annotated[Need, BeforeValidator(_need)]] | None = None
    """Besides the queue's own needs; of two needs of one skill the higher holds."""
    relax: dict[SkillName, Level] = Field(default_factory=dict)
    """Lowers needs of these skills; 0 drops one."""
    narrow: bool = False
    """Says that asking for more than the step before is meant."""


class Queue(Part):
    hours: Name | None = None
    """None: always open."""
    steps: Annotated[list[Step], Field(max_length=20)] = Field(default_factory=list)
    on: Exits | None = None
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


HoursText = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]$")]],
    BeforeValidator(_one_or_more),
]
"""`09:00-14:00`, one or several; `24:00` is the end of the day; an empty list is closed all day."""
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Weekdays = Annotated[
    str, StringConstraints(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$")
]


class Holidays(Part):
    """Public holidays, closed all day unless `days` says otherwise."""

    country: Region
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{1,3}$")] | None = None
    """E.g. MD for Madrid, CT for Catalonia; None: the national ones."""


class Hours(Part):
    """When somebody is there. A day of its own goes before a holiday, a holiday before the week."""

    zone: str = "Europe/Madrid"
    week: dict[Weekdays, HoursText]
    holidays: Holidays | None = None
    days: dict[Day, HoursText] = Field(default_factory=dict)
    """Days that differ: `"2026-12-24": "09:00-14:00"`, `"2026-12-26": []` for closed."""


FactType = str | list[str]
"""`text`, `int`, `bool`, `lang`, `e164`, `agent`, `duration`, or a list of words in ascending order."""


class CustomerFacts(Part):
    """What rules may ask of the customer's record, besides known, segment and language."""

    within: Annotated[Duration, Field(ge=10, le=5_000)] = 300
    """How long a call waits for the record; afterwards all of it is `unknown`."""
    fields: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")], FactType] = Field(
        default_factory=dict
    )


class Facts(Part):
    customer: CustomerFacts = CustomerFacts()


class Rule(Part):
    """When the expression is true, these hold."""

    id: Name
    when: Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
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


class Centre(Part):
    """A whole contact centre."""

    schema_: Annotated[Literal["acd/1"], Field(alias="schema")]
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
    music: Annotated[Music, BeforeValidator(_music)] = Music()
