"""What the API takes and answers of promised calls. Times are UTC milliseconds."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from msgspec import Meta

from acd.model import PromiseEnd
from centralita.contract.answers import Text
from centralita.web.params import NOTE_MAX, NUMBER_MAX

Dialled = Annotated[str, Meta(min_length=1, max_length=NUMBER_MAX)]
Note = Annotated[str, Meta(max_length=NOTE_MAX)]


class CallbackBody(TypedDict):
    number: Dialled
    """As one writes it; a line of `trunks` must allow it."""
    queue: Text
    name: NotRequired[Text | None]
    note: NotRequired[Note | None]
    """What the customer wants to talk about: shown at the pop."""
    customer: NotRequired[Text | None]
    """The customer's key in your CRM: shown at the pop."""


class SiteBody(TypedDict):
    number: Dialled
    name: NotRequired[Text | None]
    note: NotRequired[Note | None]
    web: NotRequired[Text | None]
    """A field that no person sees: whoever fills it is a program, and nothing is promised."""
    key: NotRequired[Text | None]
    """The same for the same request sent again."""


class Place(TypedDict):
    status: Literal["promised"]
    position: int | None
    """In the queue, 1 is next; null: it has ended meanwhile."""
    wait_ms: tuple[int, int] | None
    """From and to, of what is left; null: not known well enough."""
    again: bool
    """A call to this number was promised before: that one stands."""


class CallbackMade(Place):
    contact: str
    queue: str


class CallbackRow(TypedDict):
    contact: str
    queue: str
    number: str | None
    """To be dialled; null: erased."""
    name: str
    note: str
    source: Literal["call", "api", "site"]
    site: str
    """Of the configuration; empty: no site."""
    made_ms: int


class CallbackWaits(CallbackRow):
    phase: Literal["on_the_line", "waiting", "resting", "offered", "dialling"]
    """`resting`: the queue is closed, or the customer is calling us."""
    position: int | None
    wait_ms: tuple[int, int] | None


class CallbackDone(CallbackRow):
    ended_ms: int
    end: PromiseEnd


class CallbackList(TypedDict):
    waiting: list[CallbackWaits]
    """By queue and place."""
    done: list[CallbackDone]
    """The last first."""


class CallbackCancelled(TypedDict):
    status: Literal["cancelled"]
