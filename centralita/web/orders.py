"""
Every command that an agent can be given, one type each: for both transports and for the contract.

What is not a command, or has a field too many, is refused with the word that may be meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from acd.model import Presence
from centralita.web import params

TAGS_MAX = 20
_LINE = r"^[^\x00-\x1f\x7f-\x9f]*$"

Text = Annotated[str, Meta(min_length=1, max_length=params.TEXT_MAX, pattern=_LINE)]
"""One line of text."""
Name = Annotated[str, Meta(max_length=params.TEXT_MAX, pattern=_LINE)]
"""The same, or empty."""
Reason = Annotated[str, Meta(max_length=params.REASON_MAX, pattern=_LINE)]
Note = Annotated[str, Meta(max_length=params.NOTE_MAX)]
Written = Annotated[str, Meta(min_length=1, max_length=params.NOTE_MAX, pattern=r"\S")]
"""A note that says something."""
Tags = Annotated[list[Text], Meta(max_length=TAGS_MAX)]
Number = Annotated[
    str,
    Meta(min_length=1, max_length=params.NUMBER_MAX, pattern=params.NUMBER_WRITTEN.pattern),
]
"""A telephone number as it is dialled or written; +, figures, blanks and - ( ) . / between them."""


def _says(text: str) -> Meta:
    return Meta(description=text)


class To(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """Whom: exactly one of the three."""

    agent: Text | UnsetType = UNSET
    queue: Text | UnsetType = UNSET
    number: Number | UnsetType = UNSET


Whom = Annotated[To, Meta(extra_json_schema={"minProperties": 1, "maxProperties": 1})]


class Order(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True,
    tag_field="command",
):  # fmt: skip
    """What all commands have."""

    command_id: Annotated[
        Text | None,
        _says(
            "Of the sender's choice: the same command with the same id gets the same answer for ten "
            "minutes, whichever way it comes, and nothing is done twice."
        ),
    ] = None


class OfContact(Order, frozen=True, kw_only=True):
    """A command about the contact that the agent has in hand."""

    contact: Annotated[Name | None, _says("So that it is nobody else; empty: whomever the agent has.")] = None


class SetPresence(Order, frozen=True, kw_only=True):
    reason: Reason | None = None
    after_contact: Annotated[bool | None, _says("Once the contact in hand is over.")] = None


class Ready(SetPresence, frozen=True, tag="ready"):
    """Takes contacts from now on."""


class NotReady(SetPresence, frozen=True, tag="not_ready", kw_only=True):
    """Takes none for now, and why."""

    reason: Annotated[str, Meta(min_length=1, max_length=params.REASON_MAX, pattern=r"^(?=.*\S)" + _LINE[1:])]


class LoggedOut(SetPresence, frozen=True, tag="logged_out"):
    """Goes home."""


class WrapUpDone(Order, frozen=True, tag="wrap_up_done"):
    """Work after the contact is done."""


class ExtendWrapUp(Order, frozen=True, tag="extend_wrap_up"):
    """More time, as the contact's queue allows."""


class Escalate(OfContact, frozen=True, tag="escalate", kw_only=True):
    """Hands the contact over to the next tier of its queue."""

    note: Annotated[Note | None, _says("For the next agent.")] = None


class Answer(OfContact, frozen=True, tag="answer"):
    """The agent's phone picks up what rings there, if it can (`answers` of the agent)."""


class HangUp(OfContact, frozen=True, tag="hang_up"):
    """Hangs up the agent's phone, as if by hand."""


class Hold(OfContact, frozen=True, tag="hold"):
    """The contact hears music."""


class Retrieve(OfContact, frozen=True, tag="retrieve"):
    """Back to the contact on hold; a consultation ends."""


class Mute(OfContact, frozen=True, tag="mute"):
    """Nobody hears the agent."""


class Unmute(OfContact, frozen=True, tag="unmute"):
    """The agent is heard again."""


class Consult(OfContact, frozen=True, tag="consult", kw_only=True):
    """Asks somebody while the contact is on hold; of a queue, who is free now."""

    to: Whom


class CancelConsult(OfContact, frozen=True, tag="cancel_consult"):
    """The consultation ends and the agent is back with the contact."""


class Transfer(OfContact, frozen=True, tag="transfer", kw_only=True):
    """Hands the contact over without asking (blind)."""

    to: Whom
    anyway: Annotated[
        bool | None, _says("Also to a queue that is closed, full or unstaffed: it takes the way out.")
    ] = None
    note: Annotated[Note | None, _says("For whoever gets the contact.")] = None


class CompleteTransfer(OfContact, frozen=True, tag="complete_transfer", kw_only=True):
    """Leaves the contact to whom the agent is asking, who has picked up (attended)."""

    note: Annotated[Note | None, _says("For whoever gets the contact.")] = None


class Conference(OfContact, frozen=True, tag="conference"):
    """The contact, the agent and whom the agent is asking talk together."""


class Dial(Order, frozen=True, tag="dial", kw_only=True):
    """Calls a customer: first the agent's phone rings. The answer names the contact."""

    number: Number
    queue: Annotated[Text | None, _says("Whose rules hold for wrap-up and transfers.")] = None


class Dispose(OfContact, frozen=True, tag="dispose", kw_only=True):
    """What came of the contact; in the talk, in wrap-up, and of the last contact until the next."""

    disposition: Annotated[Text, _says("One of the queue's `dispositions`, if it lists any.")]
    tags: Tags | None = None
    note: Note | None = None


class WriteNote(OfContact, frozen=True, tag="note", kw_only=True):
    """For whoever has the contact next, and for the record."""

    note: Written


class DesktopHere(Order, frozen=True, tag="desktop", kw_only=True):
    """The connection is a screen of the agent."""

    phone: Annotated[
        bool | None, _says("The agent's browser phone is on it: it is told to pick up (`phone.answer`).")
    ] = None


class DesktopBye(Order, frozen=True, tag="desktop_bye"):
    """The agent closes this screen."""


AnyOrder: TypeAlias = (
    Ready
    | NotReady
    | LoggedOut
    | WrapUpDone
    | ExtendWrapUp
    | Escalate
    | Answer
    | HangUp
    | Hold
    | Retrieve
    | Mute
    | Unmute
    | Consult
    | CancelConsult
    | Transfer
    | CompleteTransfer
    | Conference
    | Dial
    | Dispose
    | WriteNote
)
"""By HTTP and by WebSocket."""
ScreenOrder: TypeAlias = AnyOrder | DesktopHere | DesktopBye
"""By WebSocket: a connection can be a screen."""

_PRESENCES: Mapping[Presence, type[SetPresence]] = {
    Presence.READY: Ready,
    Presence.NOT_READY: NotReady,
    Presence.LOGGED_OUT: LoggedOut,
}


def presence_order(presence: Presence, reason: str, *, after_contact: bool) -> SetPresence:
    return _PRESENCES[presence](reason=reason or None, after_contact=after_contact or None)


def name_of(order: Order) -> str:
    return str(order.__struct_config__.tag)


def kinds_of(union: object) -> Mapping[str, type[Order]]:
    """The commands of one of the unions, by name."""
    return {str(kind.__struct_config__.tag): kind for kind in union.__args__}  # type: ignore[attr-defined]


BY_HTTP = kinds_of(AnyOrder)
BY_SCREEN = kinds_of(ScreenOrder)


def read(data: Mapping[str, object], kinds: Mapping[str, type[Order]], *beside: str) -> Order:
    """
    Make a command of what a client said.

    Args:
        data: The JSON object.
        kinds: The commands that can be given here, by name.
        beside: Further keys that belong to the transport.

    Raises:
        ProblemError: 400 for no such command, field or value.
    """
    every = {"command", *beside, *(name for kind in kinds.values() for name in kind.__struct_fields__)}
    params.known_keys(data, every)
    name = params.one_of(kinds)("command", data.get("command", ""))
    kind = kinds[name]
    params.known_keys(data, {"command", *beside, *kind.__struct_fields__})
    needed = {field.name for field in msgspec.structs.fields(kind) if field.required}
    found = {
        key: _READ[key](key, data.get(key))
        for key in kind.__struct_fields__
        if key in needed or data.get(key) is not None
    }
    if kind is NotReady:
        found["reason"] = params.reason(data.get("reason"), needed=True)
    if kind is WriteNote and not found["note"]:
        raise params.bad("note", "«note» no dice nada.", "'note' says nothing.")
    return kind(**found)


def _text_or_none(key: str, value: object) -> str | None:
    return None if value in (None, "") else params.text(key, value)


def _note_or_none(key: str, value: object) -> str | None:
    return params.note(key, value) or None


def _whom(key: str, value: object) -> To:
    if not isinstance(value, dict) or len(value) != 1:
        raise params.bad(
            key,
            f"«{key}» debe ser uno de {{«agent»: …}}, {{«queue»: …}} o {{«number»: …}}.",
            f"'{key}' must be one of {{'agent': ...}}, {{'queue': ...}} or {{'number': ...}}.",
        )
    params.known_keys(value, To.__struct_fields__)
    ((kind, name),) = value.items()
    place = f"{key}.{kind}"
    return To(**{kind: params.dialled(place, name) if kind == "number" else params.text(place, name)})


def _tags(key: str, value: object) -> list[str]:
    if not isinstance(value, list) or len(value) > TAGS_MAX:
        raise params.bad(
            key,
            f"«{key}» debe ser una lista de hasta {TAGS_MAX} textos.",
            f"'{key}' must be a list of up to {TAGS_MAX} texts.",
        )
    return [params.text(key, each) for each in value]


_READ: Mapping[str, Callable[[str, object], Any]] = {
    "command_id": params.text,
    "contact": _text_or_none,
    "reason": lambda _key, value: params.reason(value, needed=False),
    "after_contact": params.flag,
    "note": _note_or_none,
    "to": _whom,
    "anyway": params.flag,
    "number": params.dialled,
    "queue": params.text,
    "disposition": params.text,
    "tags": _tags,
    "phone": params.flag,
}
"""How each field is read; a field means the same in every command."""
