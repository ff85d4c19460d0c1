"""
What a configuration may say of what flows work with: speech, intents, look-ups, surveys, callback sites.

As in `config.schema`, shapes only; times are milliseconds here and "20s" in the file.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.flow_words import (
    DataPath,
    Days,
    HeaderName,
    LookupUrl,
    Origin,
    Phrase,
    Share,
    TextWithPlaceholders,
    VarName,
)
from config.part import Part
from config.queue_words import Percent
from config.times import Duration, between
from config.words import Language, Line, Name, wrong

# Speech

ModelPath = Annotated[str, Field(min_length=1, max_length=300)]


class SpeechEngine(Part):
    engine: Literal["vosk", "whisper"] = "vosk"
    model: ModelPath
    """A name under `models/`, or a path."""


class Silence(Part):
    """How long a pause must be to end an answer."""

    known: Annotated[Duration, between(100, 3_000)] = 250
    """What was heard so far is exactly one of the phrases."""
    otherwise: Annotated[Duration, between(200, 5_000)] = 600


class Speech(Part):
    """How callers are heard who speak. Without it, or without its model, all goes by keypad."""

    first: Literal["speech", "keys"] = "speech"
    """How a caller is asked of whom nothing is known."""
    accept: Percent = 85
    """From this confidence on an answer is taken; between `confirm` and this one it is asked back."""
    confirm: Percent = 50
    intent_accept: Percent = 60
    """The same for what an open answer means."""
    intent_confirm: Percent = 35
    misses: Annotated[int, Field(ge=1, le=10)] = 2
    """So many answers in a row that were not understood, and the caller is asked by keys from then on."""
    silence: Silence = Silence()
    longest: Annotated[Duration, between(2_000, 60_000)] = 10_000
    """Of one answer."""
    slots: Annotated[int, Field(ge=0, le=1_000)] = 12
    """Answers to menus that are recognised at a time; beyond, callers are asked by keys."""
    free_slots: Annotated[int, Field(ge=0, le=1_000)] = 2
    """The same for open answers, which cost much more."""
    languages: dict[Language, SpeechEngine] = Field(default_factory=dict)
    keep_said: Days = 30
    """How long what callers said is kept for who adds phrases; 0d: not at all."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        for high, low, names in (
            (self.accept, self.confirm, ("confirm", "accept")),
            (self.intent_accept, self.intent_confirm, ("intent_confirm", "intent_accept")),
        ):
            if low > high:
                es, en = f"{names[0]} no puede pasar de {names[1]}", f"{names[0]} must not exceed {names[1]}"
                raise wrong("confidence", es, en, fix=("baje el primero", "lower the first"))
        return self


# Intents


class Intent(Part):
    """Why somebody calls, in their own words."""

    label: Line
    """As agents see it, and as callers are asked back."""
    examples: dict[Language, Annotated[list[Phrase], Field(min_length=1, max_length=500)]]
    """By language; ten or more different ones are a good beginning."""


# Look-ups


class Given(Part):
    """One value of an answer."""

    at: DataPath
    """Where it stands: names with dots between them."""
    type: Literal["text", "int", "money", "date", "bool"] = "text"


class Lookup(Part):
    """A source that is asked over HTTP and answers with JSON."""

    url: LookupUrl
    """`{name}` stands for a value of the node's `with`, encoded."""
    method: Literal["GET", "POST"] = "GET"
    body: dict[VarName, TextWithPlaceholders] = Field(default_factory=dict)
    """Of a POST, sent as JSON."""
    secret_headers: dict[HeaderName, Name] = Field(default_factory=dict)
    """Header -> name of its value in secrets.json, under `lookups`."""
    within: Annotated[Duration, between(100, 20_000)] = 3_000
    """Later than this is a failure."""
    gives: Annotated[dict[VarName, Given], Field(max_length=50)] = Field(default_factory=dict)
    """Variable -> where it stands in the answer."""
    not_found: Annotated[int, Field(ge=200, le=599)] = 404
    """The status that means: no such thing."""
    not_found_when: DataPath | None = None
    """What is true, empty or missing there means the same."""

    @model_validator(mode="after")
    def _body_of_a_post(self) -> Self:
        if self.body and self.method == "GET":
            raise wrong("lookup", "body pide method: POST", "body wants method: POST",
                        fix=("añada method: POST", "add method: POST"))  # fmt: skip
        return self


# Surveys


class Question(Part):
    id: Name
    prompt: Name
    from_: Annotated[int, Field(alias="from", ge=0, le=9)] = 1
    to: Annotated[int, Field(ge=0, le=9)] = 5
    """Answers are one digit, both ends included."""

    @model_validator(mode="after")
    def _ascending(self) -> Self:
        if self.from_ >= self.to:
            raise wrong("survey", "from va antes que to", "from comes before to", "from: 1, to: 5")
        return self


class Survey(Part):
    questions: Annotated[list[Question], Field(min_length=1, max_length=10)]
    sample: dict[Name, Share] = Field(default_factory=dict)
    """By segment, who is asked; `otherwise` for all others. Who is not named anywhere is always asked."""


# Messages in mailboxes


def _some_days(days: int) -> int:
    if days == 0:
        raise wrong("days", "como mínimo 1d", "at least 1d", "90d")
    return days


class Messages(Part):
    """What callers leave in mailboxes."""

    keep: Annotated[Days, AfterValidator(_some_days)] = 90
    """How long a message is kept, heard or not."""


# Callbacks asked for on a web page


class CallbackSite(Part):
    origins: Annotated[list[Origin], Field(min_length=1, max_length=20)]
    """Pages that may ask: `https://tienda.example`."""
    queue: Name
    per_hour: Annotated[int, Field(ge=1, le=10_000)] = 30
    """Callbacks that the site may ask for in an hour."""


class Callbacks(Part):
    sites: Annotated[dict[Name, CallbackSite], Field(max_length=50)] = Field(default_factory=dict)
