"""
Conversations written in the configuration, which `centralita flow FILE --test` runs without any phone.

As in `config.schema`, shapes only.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from config.flow_words import Phrase, VarName, set_text
from config.part import Part
from config.queue_words import Percent
from config.words import FactName, Language, Line, Name, Number, OneOrMore, SayNames, YesOrNo, matching, wrong

Keys = Annotated[str, matching(r"^[0-9*#]{1,60}$", "teclas: 0-9, *, #", "keys: 0-9, *, #")]
LookupResult = Annotated[
    Literal["not_found", "failure"] | dict[VarName, Annotated[str, BeforeValidator(set_text)]],
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["not_found", "failure"]},
                {"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean"]}},
            ]
        }
    ),
]


class Situation(Part):
    """What is so when the call comes in."""

    language: Language | None = None
    """None: the first of the centre."""
    mode: Literal["speech", "keys"] | None = None
    """None: what `speech.first` says."""
    deaf: YesOrNo = False
    """No recognizer is free: callers who speak are asked by keys."""
    trust: Literal["none", "presented", "matched", "pin", "callback"] | None = None
    """None: as the number and the record make it."""
    from_: Annotated[Number | None, Field(alias="from")] = None
    """The number that calls; None: withheld."""
    hours: dict[Name, Literal["open", "closed"]] = Field(default_factory=dict)
    """Those that are not named are open."""
    customer: dict[FactName, str | int | bool] = Field(default_factory=dict)
    """The record of who calls; what a node proves is compared with it. Without it there is none."""
    lookups: dict[Name, LookupResult] = Field(default_factory=dict)
    """What each source answers; one that is not named fails."""
    reached: YesOrNo = True
    """Who is transferred to answers."""


class TalkLine(Part):
    """One line of a conversation: one of the five."""

    hears: Annotated[list[Name] | None, OneOrMore, SayNames] = None
    """The caller hears this prompt next; several: one after the other."""
    says: Phrase | None = None
    keys: Keys | None = None
    silence: Literal[True] | None = None
    hangs_up: Literal[True] | None = None
    sure: Percent | None = None
    """Of what is said: how sure the recognizer is; None: quite."""

    @model_validator(mode="after")
    def _one_of_five(self) -> Self:
        kinds = [self.hears, self.says, self.keys, self.silence, self.hangs_up]
        if sum(kind is not None for kind in kinds) != 1:
            raise wrong(
                "talk-line",
                "una línea lleva uno de: hears, says, keys, silence, hangs_up",
                "a line has one of hears, says, keys, silence, hangs_up",
                'says: "quiero pagar"',
            )
        if self.sure is not None and self.says is None:
            raise wrong("talk-line", "sure va con says", "sure goes with says", 'says: "uno", sure: 60%')
        return self


class Outcome(Part):
    """How the walk ends: one of these."""

    queue: Name | None = None
    hang_up: Literal[True] | None = None
    callback: Name | None = None
    """Promised by this queue."""
    voicemail: Name | None = None
    """A message was left for this queue."""
    transfer: str | None = None
    """Agent or number that rings."""

    @model_validator(mode="after")
    def _one_of_five(self) -> Self:
        kinds = [self.queue, self.hang_up, self.callback, self.voicemail, self.transfer]
        if sum(kind is not None for kind in kinds) != 1:
            raise wrong(
                "talk-end",
                "un final es uno de: queue, hang_up, callback, voicemail, transfer",
                "an end is one of queue, hang_up, callback, voicemail, transfer",
                "queue: ventas",
            )
        return self


class Talk(Part):
    """One conversation and how it ends."""

    name: Line
    entry: Number
    """The number that is dialled."""
    given: Situation = Situation()
    talk: Annotated[list[TalkLine], Field(max_length=200)] = Field(default_factory=list)
    ends: Outcome
