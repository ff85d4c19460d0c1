"""The routes of what callers said: what they take and what they answer."""

from __future__ import annotations

from collections.abc import Sequence

from centralita.contract import answers_said as s
from centralita.contract.route import LIMIT_, MS, TEXT, Param, Route, words
from centralita.web.utterances_ports import OUTCOMES

SAID_ROUTES: Sequence[Route] = (
    Route(
        "GET",
        "/api/said",
        "Lo que dicen quienes llaman y qué se entendió, lo más frecuente primero.",
        "What callers said and what was understood, the most frequent first.",
        {200: s.WhatWasSaid},
        query={
            "since_ms": Param(MS, "Dicho desde entonces.", "Said since then."),
            "language": Param(TEXT, "En este idioma.", "In this language."),
            "outcome": Param(words(OUTCOMES), "En qué acabó.", "What came of it."),
            "intent": Param(TEXT, "Que se entendió así.", "That was understood as this."),
            "limit": Param(LIMIT_, "Cuántas como mucho.", "How many at most."),
        },
        problems=(503,),
    ),
    Route(
        "POST",
        "/api/said/phrases",
        "Añade una frase a los ejemplos de un motivo y lo publica.",
        "Adds a phrase to the examples of an intent, and publishes it.",
        {200: s.PhraseAdded},
        body=s.PhraseBody,
        body_needed=True,
        problems=(404, 409, 413, 415, 422),
    ),
)
