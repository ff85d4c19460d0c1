"""The routes of promised calls: what they take and what they answer."""

from __future__ import annotations

from collections.abc import Sequence

from centralita.contract import answers_callbacks as c
from centralita.contract.route import Route

CALLBACK_ROUTES: Sequence[Route] = (
    Route(
        "GET",
        "/api/callbacks",
        "Llamadas prometidas: las que esperan y las últimas que acabaron.",
        "Promised calls: those that wait and the last that have ended.",
        {200: c.CallbackList},
        problems=(503,),
    ),
    Route(
        "POST",
        "/api/callbacks",
        "Promete llamar a alguien que no está al teléfono. Con la cabecera Idempotency-Key, repetirlo no "
        "promete otra.",
        "Promises to call somebody who is not on the line. With the header Idempotency-Key, a repeat "
        "promises no other.",
        {200: c.CallbackMade, 201: c.CallbackMade},
        body=c.CallbackBody,
        body_needed=True,
        problems=(409, 413, 415, 503),
    ),
    Route(
        "DELETE",
        "/api/callbacks/{contact}",
        "Anula una llamada prometida, si no se está llamando ya.",
        "Takes a promised call back, unless the customer is being called already.",
        {200: c.CallbackCancelled},
        problems=(404, 409, 503),
    ),
    Route(
        "POST",
        "/api/callbacks/public/{site}",
        "Lo que envía «llamame.js» desde una página de ese sitio; sin token.",
        "What 'llamame.js' sends from a page of that site; without a token.",
        {200: c.Place},
        body=c.SiteBody,
        body_needed=True,
        problems=(403, 409, 413, 415, 429, 503),
        secured=False,
    ),
)
