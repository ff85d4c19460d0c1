"""
What a configuration may say of a queue: whom it needs, what it promises, and all its ways out.

As in `config.schema`, shapes only; times are milliseconds here and "20s" in the file.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from config.part import Part
from config.queue_words import (
    ExitSchema,
    ExitWords,
    Extensions,
    NoAnswerSchema,
    NoAnswerWords,
    Once,
    Percent,
    Sites,
)
from config.times import Duration, PositiveDuration, between
from config.words import Level, Name, NeededSkill, NeedSchema, NeedWords, wrong

Value = Annotated[float, Field(gt=0, le=1_000)]


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
    extend: Extensions = 0
    """How many times the agent may ask for more: `once`, a number, or `no`."""
    extend_by: PositiveDuration = 30_000
    """How much longer it gets each time."""


class Rest(Part):
    """How long an agent is left alone after an offer that came to nothing."""

    busy: Duration = 10_000
    declined: Duration = 10_000
    failed: Duration = 30_000


class Goal(Part):
    """What the queue promises, and how it is counted whether it keeps it."""

    answer: PositiveDuration = 20_000
    """Wait within which callers should be answered."""
    share: Annotated[Percent, Field(alias="for")] = 80
    """Of the callers, per cent."""
    counts: Literal["sl-v1", "sl-v2", "sl-v3", "sl-v4", "sl-v5"] = "sl-v2"
    """Which service level: how callers count who gave up."""


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


class LongWait(Part):
    limit: PositiveDuration
    """Estimated wait at the door beyond which a caller takes the exit."""
    to: ExitText


class Exits(Part):
    """Five are compulsory: nobody is left in a queue that leads nowhere."""

    closed: ExitText
    """The queue's hours do not hold when a caller comes. Without `hours` it is always open."""
    full: Full
    nobody_signed_in: ExitText
    """No agent who could serve the caller is signed in."""
    nobody_could_ever: ExitText
    """No agent of the configuration could."""
    waited: Annotated[dict[PositiveDuration, ExitText], Field(min_length=1)]
    """After this long in this queue."""
    long_wait: LongWait | None = None
    """The wait that is estimated when a caller comes is too long; None: whoever comes may wait."""


class Step(Part):
    """From a wait on, who will do. Each step asks for less than the one before."""

    id: Name
    from_ms: Annotated[Duration, Field(alias="from")]
    """Since the caller joined the queue."""
    need: list[NeedText] = Field(default_factory=list)
    """Besides the queue's own needs; of two needs of one skill the higher holds."""
    relax: dict[NeededSkill, Level] = Field(default_factory=dict)
    """Lowers needs of these skills to this level; 0 drops one."""
    sites: Sites | None = None
    """Whose agents will do: names, or `any`; None: those of the queue."""
    prefer: Literal["prefer"] | None = None
    """Only those whom a rule prefers (`set: {prefer: …}`), for as long as `hold_for`; the first step only."""
    hold_for: Annotated[Duration, between(1_000, 600_000)] | None = None
    """How long a caller is kept for them, if one of them is signed in and able."""
    narrow: bool = False
    """Says that asking for more than the step before is meant."""

    @model_validator(mode="after")
    def _preference(self) -> Self:
        if (self.prefer is None) != (self.hold_for is None):
            fix = ("p. ej. prefer: prefer, hold_for: 15s", "e.g. prefer: prefer, hold_for: 15s")
            raise wrong(
                "prefer-step", "prefer y hold_for van juntos", "prefer and hold_for go together", fix=fix
            )
        if self.prefer is not None and (self.from_ms or self.sites is not None or self.narrow):
            fix = (
                "deje id, from: 0s, need, relax, prefer y hold_for",
                "keep id, from: 0s, need, relax, prefer and hold_for",
            )
            es = "el paso de los preferidos empieza en 0s, sin sites ni narrow"
            en = "the step of the preferred begins at 0s, without sites and narrow"
            raise wrong("prefer-step", es, en, fix=fix)
        return self


class Transferred(Part):
    """The place of callers whom an agent hands over to this queue."""

    clock: Literal["keep", "new"] = "keep"
    """As if they had waited here since they first came to a queue, or behind those who wait already."""
    head_start: Annotated[Duration, between(0, 3_600_000)] = 0
    """Added to what they have already."""


class Queue(Part):
    hours: Name | None = None
    """None: always open."""
    steps: Annotated[list[Step], Field(max_length=20)] = Field(default_factory=list)
    on: Exits | None = None
    need: list[NeedText] = Field(default_factory=list)
    """All of them; empty means that any agent will do."""
    sites: Sites = "any"
    """Whose agents will do: names, or `any`."""
    goal: Goal = Goal()
    value: Value = 1
    """What answering a caller in time is worth beside other queues, up to 1000; policies weigh by it."""
    values: dict[Name, Value] = Field(default_factory=dict)
    """The same by segment, where it differs."""
    keep_free: Annotated[int, Field(ge=0, le=10_000)] = 0
    """So many agents who could serve this queue are left free by callers who are worth less."""
    place_back: Annotated[Duration, between(0, 3_600_000)] = 0
    """Who hung up waiting and calls again within this (up to 1h) gets the place back, once; 0s: never."""
    escalate: Name | None = None
    """The next tier: the queue to which an agent may hand a caller over, wait and notes included."""
    transferred: Transferred = Transferred()
    survey: Name | None = None
    """A flow that callers go through after the talk, those whom its survey's `sample` takes."""
    dispositions: Annotated[list[Name], Field(max_length=100), Once] = Field(default_factory=list)
    """What an agent may say that came of a caller; empty: anything."""
    ring: Ring = Ring()
    wrap: Wrap = Wrap()
    announce_every: Annotated[Duration, between(5_000)] = 30_000
    """How often a waiting caller is told their position."""
    rest: Rest = Rest()
    short_abandon: Duration = 5_000
    """Callers who leave sooner are not counted as abandoned; 0s counts all."""
