"""What the API takes and answers of what callers said. Times are UTC milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

from centralita.contract.answers import Text


class UnderstoodAs(TypedDict):
    meaning: str
    """A key, an intent, or a number's variable."""
    count: int
    sure: float
    """How sure that was, 0 to 1, in the mean."""


class SaidAt(TypedDict):
    node: str
    """"flow/node"."""
    count: int


class SaidGroup(TypedDict):
    """The same words, apart from accents and signs. Long numbers in them are hidden."""

    text: str
    """As it was said last."""
    language: str
    count: int
    """Of those that were asked for, as all that follows."""
    outcomes: Mapping[Literal["taken", "confirmed", "denied", "missed"], int]
    understood: list[UnderstoodAs]
    """The most frequent first; empty: it never meant anything."""
    nodes: list[SaidAt]
    confidence: float
    """Of the recognizer, 0 to 1, in the mean."""
    last_ms: int
    contacts: list[str]
    """The last ones, up to three."""


class IntentShown(TypedDict):
    id: str
    label: str
    examples: Mapping[str, int]
    """By language, how many."""


class WhatWasSaid(TypedDict):
    said: list[SaidGroup]
    intents: list[IntentShown]
    """Of the live configuration."""


class PhraseBody(TypedDict):
    intent: Text
    language: Text
    phrase: Text


class PhraseAdded(TypedDict):
    status: Literal["done"]
    added: bool
    """false: it was an example of this intent already."""
    examples: int
    """How many there are now in this language."""
    version: str
    """Of the configuration with it."""
