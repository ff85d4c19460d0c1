"""
What a configuration may say of a flow: its nodes, and all the ways out of each.

As in `config.schema`, shapes only; times are milliseconds here and "20s" in the file.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, model_validator

from config.flow_words import AGAIN, END, Length, PhrasesSchema, VarName, phrases_by_language, set_text
from config.part import Part
from config.times import Duration, between
from config.words import (
    Digit,
    Expression,
    Language,
    Name,
    Number,
    OneOrMore,
    SayNames,
    YesOrNo,
    wrong,
)

NODE_KINDS = (
    "say",
    "menu",
    "ask",
    "digits",
    "lookup",
    "identify",
    "set",
    "branch",
    "hours",
    "language",
    "enqueue",
    "callback",
    "transfer",
    "voicemail",
    "survey",
    "goodbye",
)

__all__ = ["AGAIN", "END", "NODE_KINDS", "Flow", "Node", "node_kind"]


def node_kind(value: Any) -> str | None:
    """The tag of a node, read from the file or already built, by the one key that only its kind has."""
    present = type(value).model_fields if isinstance(value, BaseModel) else value
    if not isinstance(present, dict):
        return None
    kinds = [kind for kind in NODE_KINDS if kind in present]
    return f"<{kinds[0]}>" if kinds else None


Target = Name | None
"""A node; None: as the flow's `on` says."""
Tries = Annotated[int, Field(ge=1, le=10)]
Label = Annotated[str, Field(min_length=1, max_length=60)]
Phrases = Annotated[
    dict[str, list[str]],
    BeforeValidator(phrases_by_language),
    PhrasesSchema,
]
"""By language; under "*" what is said in all of them."""
AnswerTimeout = Annotated[Duration, between(500, 60_000)]


class On(Part):
    """The five ways out that nodes of a flow share, save those that name their own."""

    too_many: Name
    """After the last try."""
    failure: Name
    """Something of ours does not work: a look-up, a recording, a line."""
    no_input: Name
    """Nothing was said or keyed: `again`, or a node."""
    no_match: Name
    """What was said or keyed means nothing here: `again`, or a node."""
    hang_up: Name
    """The caller has gone: `end`, or a node that works without them."""


class SayNode(Part):
    say: Annotated[list[Name], OneOrMore, Field(min_length=1, max_length=20), SayNames]
    next: Name
    hang_up: Target = None


class _FiveExits(Part):
    """Of nodes that put a question. None: as the flow's `on` says."""

    too_many: Target = None
    """After the last try."""
    failure: Target = None
    no_input: Target = None
    no_match: Target = None
    hang_up: Target = None


class _Asking(_FiveExits):
    """What most of them share besides."""

    tries: Tries = 3
    """How often the question is put."""
    timeout: AnswerTimeout = 5_000
    """From the end of the question, milliseconds."""
    invalid: Name | None = None
    """Said after an answer that does not exist here."""
    silence: Name | None = None
    """Said after no answer."""


class MenuNode(_Asking):
    menu: Name
    """The prompt that puts the question for the keypad ("pulse")."""
    spoken: Name | None = None
    """The prompt that puts it for the voice ("diga"); without it the menu is for keys only."""
    keys: Annotated[dict[Digit, Name], Field(min_length=1)]
    phrases: dict[Digit, Phrases] = Field(default_factory=dict)
    """By key, what means the same when it is said: a list, or lists by language."""
    labels: dict[Digit, Label] = Field(default_factory=dict)
    """What a key stands for, as agents see it: why somebody calls. Else the name of the node it leads to."""


class AskNode(_Asking):
    ask: Name
    """The prompt of an open question."""
    intents: Annotated[dict[Name, Name], Field(min_length=1, max_length=200)]
    """Intent -> node."""
    keypad: Name
    """A menu in which the same is chosen by keys."""
    keypad_key: Digit = "1"
    """Leads there at once."""
    key: Digit = "0"
    """Leads to a person at once."""
    person: Target = None
    """Where `key` leads; without it, where `too_many` does."""
    slots: dict[Literal["digits", "date", "amount"], VarName] = Field(default_factory=dict)
    """What else is taken from the words, and the variable that holds it."""
    tries: Tries = 2
    timeout: AnswerTimeout = 6_000


class DigitsNode(_Asking):
    digits: Name
    """The prompt that asks for a number of several digits."""
    into: VarName
    """The variable that holds it."""
    next: Name
    length: Length = (1, 20)
    """`8`, or `5-9`."""
    check: Literal["none", "luhn", "dni", "mod11", "mod97", "gs1"] = "none"
    """How the number proves itself."""
    confirm: YesOrNo = False
    """Read back and asked for, also if it was keyed."""
    secret: YesOrNo = False
    """Keyed only, never kept or written; what is spoken nobody keeps secret."""
    spoken: Name | None = None
    """The question when the number may be spoken; without it, keys only."""
    timeout: AnswerTimeout = 6_000
    between_ms: Annotated[Duration, between(500, 30_000), Field(alias="between")] = 3_000
    """The longest pause between two digits."""

    @model_validator(mode="after")
    def _secret_is_keyed(self) -> Self:
        if self.secret and (self.spoken is not None or self.confirm):
            fix = ("quite spoken y confirm", "remove spoken and confirm")
            es = "un número secreto solo se teclea, y no se repite en voz alta"
            raise wrong("secret-aloud", es, "a secret number is keyed only, and never read back", fix=fix)
        return self


class LookupNode(Part):
    lookup: Name
    """One of `lookups`, or `customer` for the caller's own record."""
    with_: Annotated[dict[VarName, VarName], Field(alias="with")] = Field(default_factory=dict)
    """Name in the request -> the variable that holds it."""
    found: Name
    not_found: Name
    saying: Name | None = None
    """Said before, so that nobody wonders about the pause."""
    failure: Target = None
    """No answer, a wrong one, or one that took too long."""
    hang_up: Target = None


class IdentifyNode(Part):
    identify: Name
    """`pin`, or a field of the customer's record."""
    value: VarName
    """The variable with what the caller keyed."""
    next: Name
    """It is the same: the caller is who the record says."""
    again: Name
    """It is not: where it is asked once more."""
    tries: Annotated[int, Field(ge=1, le=5)] = 3
    """Failures in the whole call, whichever node they happened at."""
    too_many: Target = None
    failure: Target = None
    """The record cannot be asked, or this caller has none."""
    hang_up: Target = None


class SetNode(Part):
    set: Annotated[dict[VarName, Annotated[str, BeforeValidator(set_text)]], Field(min_length=1)]
    """Variable -> value; `{name}` in it stands for another variable's."""
    next: Name


class Case(Part):
    when: Expression
    """A condition of the rule language; `ivr.NAME` is a variable of this call."""
    to: Name


class BranchNode(Part):
    branch: Annotated[list[Case], Field(min_length=1, max_length=20)]
    """From top to bottom; the first that holds."""
    otherwise: Name
    """None holds, or what they ask is not known."""


class HoursNode(Part):
    """Which way by the clock."""

    hours: Name
    open: Name
    closed: Name


class LanguageNode(Part):
    """From here on the caller is spoken to in this language."""

    language: Language
    next: Name


class EnqueueNode(Part):
    enqueue: Name


class CallbackNode(_FiveExits):
    callback: Name
    """The queue that calls back; the caller's place in it is kept."""
    offer: Name
    """The prompt: 1 accepts, 2 asks for another number."""
    accepted: Name
    declined: Name
    number: Name | None = None
    """The prompt that asks for another number; without it only the number that calls is offered."""
    tries: Tries = 2
    timeout: AnswerTimeout = 5_000


class TransferTo(Part):
    agent: Name | None = None
    number: Number | None = None
    """Outside; one that a trunk allows."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.agent is None) == (self.number is None):
            raise wrong("transfer", "lleva agent o number, y solo uno", "needs agent or number, only one")
        return self


class TransferNode(Part):
    transfer: TransferTo
    ring: Annotated[Duration, between(1_000, 120_000)] = 20_000
    """How long it rings there."""
    failure: Target = None
    """Nobody answers."""
    hang_up: Target = None


class VoicemailNode(Part):
    voicemail: Name
    """The queue whose people hear the message."""
    prompt: Name
    next: Name
    longest: Annotated[Duration, between(5_000, 600_000)] = 120_000
    silence: Annotated[Duration, between(1_000, 30_000)] = 4_000
    """Ends the message, as `#` does."""
    no_input: Target = None
    """Nothing was said; `again` records once more."""
    failure: Target = None
    hang_up: Target = None


class SurveyNode(_FiveExits):
    survey: Name
    """One of `surveys`."""
    next: Name
    tries: Tries = 2
    timeout: AnswerTimeout = 5_000


class GoodbyeNode(Part):
    goodbye: Name | None


Node = Annotated[
    Annotated[SayNode, Tag("<say>")]
    | Annotated[MenuNode, Tag("<menu>")]
    | Annotated[AskNode, Tag("<ask>")]
    | Annotated[DigitsNode, Tag("<digits>")]
    | Annotated[LookupNode, Tag("<lookup>")]
    | Annotated[IdentifyNode, Tag("<identify>")]
    | Annotated[SetNode, Tag("<set>")]
    | Annotated[BranchNode, Tag("<branch>")]
    | Annotated[HoursNode, Tag("<hours>")]
    | Annotated[LanguageNode, Tag("<language>")]
    | Annotated[EnqueueNode, Tag("<enqueue>")]
    | Annotated[CallbackNode, Tag("<callback>")]
    | Annotated[TransferNode, Tag("<transfer>")]
    | Annotated[VoicemailNode, Tag("<voicemail>")]
    | Annotated[SurveyNode, Tag("<survey>")]
    | Annotated[GoodbyeNode, Tag("<goodbye>")],
    Discriminator(node_kind),
]


class Flow(Part):
    start: Name
    on: On | None = None
    """The ways out of every node that does not name its own."""
    nodes: Annotated[dict[Name, Node], Field(min_length=1, max_length=500)]
