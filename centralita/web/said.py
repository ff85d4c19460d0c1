"""What is told to one connection alone, beside the stream of events."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

import msgspec
from msgspec import UNSET, Meta, UnsetType

VERSION = 1
Status = Literal["done", "refused", "unknown_agent", "bad_request"]


class Why(TypedDict):
    """For a person, in both languages; empty texts when there is nothing to say."""

    es: str
    en: str


class CommandResult(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="command.result"):
    """The answer to one command."""

    v: int = VERSION
    command_id: str | None
    status: Status
    why: Why
    code: Annotated[str, Meta(description="For programs: why not, e.g. no_talk; empty when done.")] = ""
    contact: Annotated[str | UnsetType, Meta(description="The contact that `dial` has begun.")] = UNSET


class PhoneAnswer(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="phone.answer"):
    """Told to the screens that have an agent's browser phone (`desktop` with `phone`): it is to pick up."""

    v: int = VERSION
    agent: str
    offer_id: str


def phone_answer(agent: str, offer_id: str) -> bytes:
    """The message that has a browser phone pick up what rings for this offer."""
    return msgspec.json.encode(PhoneAnswer(agent=agent, offer_id=offer_id))
