"""What the API takes and answers of what follows a contact. Times are UTC milliseconds."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from centralita.web.attached import EXPIRES_MAX_S, EXPIRES_MIN_S, EXPIRES_S, SOURCE_MAX

Source = Annotated[str, Meta(max_length=SOURCE_MAX, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class AttachBody(TypedDict):
    value: Any
    """Any JSON, up to 8 KiB."""
    expires_s: NotRequired[
        Annotated[int, Meta(ge=EXPIRES_MIN_S, le=EXPIRES_MAX_S, extra_json_schema={"default": EXPIRES_S})]
        | None
    ]
    """For how long, seconds; after it nobody sees the value, and it is deleted."""
    source: NotRequired[Source | None]
    """Who attaches it, e.g. "shop"."""


class AttachedItem(TypedDict):
    key: str
    value: Any
    source: str
    at_ms: int
    expires_ms: int


class Deleted(TypedDict):
    status: Literal["deleted"]
