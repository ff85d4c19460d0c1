"""The stream of events as JSON Schema and as AsyncAPI, from the types of `cti.desktop`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centralita.contract.orders import by_screen
from centralita.contract.schema import DIALECT, Schema, components
from centralita.web.live_shape import Live
from centralita.web.said import CommandResult, PhoneAnswer
from centralita.web.stream import INBOUND_MAX, SEQ_MAX
from cti.desktop.catalogue import EVENTS, Kind
from cti.desktop.envelope import VERSION
from cti.desktop.shapes import Hello

TITLE = "Centralita"
CONTRACT = "1.1.0"
"""A field or an event more: the middle number. One less or other than before: the first, and `VERSION`."""

CONTROL: Mapping[str, Kind] = {
    "hello": Kind(
        Hello,
        "El primer mensaje de cada conexión.",
        "The first message of every connection.",
    ),
    "snapshot": Kind(
        Live,
        "Todo lo que ocurre ahora, como GET /api/live: lo anterior ya no hace falta.",
        "All that happens now, as GET /api/live: what was before is no longer needed.",
    ),
}
KINDS = {**CONTROL, **EVENTS}


def event_schema(place: str = "#/$defs/{name}") -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The schema of each message by its type, and the named ones that they refer to."""
    data, named = components([kind.data for kind in KINDS.values()], place)
    return {
        name: _envelope(name, kind, schema) for (name, kind), schema in zip(KINDS.items(), data, strict=True)
    }, named


def _envelope(name: str, kind: Kind, data: Schema) -> Schema:
    return {
        "title": name,
        "description": f"{kind.es} / {kind.en}",
        "type": "object",
        "properties": {
            "seq": {
                "description": "Grows from event to event, with gaps, and goes on after a restart.",
                "type": "integer",
                "minimum": 0,
                "maximum": SEQ_MAX,
            },
            "id": {
                "description": "The same wherever and however often the event is told.",
                "type": "string",
            },
            "at": {"description": "When it happened.", "type": "string", "format": "date-time"},
            "type": {"const": name},
            "v": {"const": VERSION},
            "data": data,
        },
        "required": ["seq", "id", "at", "type", "v", "data"],
    }


def json_schema() -> Schema:
    """Of any message that the server tells: in the stream, by webhook, wherever."""
    messages, named = event_schema()
    return {
        "$schema": DIALECT,
        "$id": "urn:centralita:events:1",
        "title": f"{TITLE}: sucesos / events",
        "description": f"{CONTRACT}",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in messages],
        "$defs": {**messages, **named},
    }


def asyncapi() -> Schema:
    """The WebSocket in both directions, as AsyncAPI 3.0."""
    place = "#/components/schemas/{name}"
    messages, named = event_schema(place)
    command, spoken = by_screen(place)
    (result, phone_answer), told_alone = components([CommandResult, PhoneAnswer], place)
    assert not (spoken.keys() | told_alone.keys()) & named.keys(), "two types of one name"
    told = {_name(kind): _message(kind, schema) for kind, schema in messages.items()}
    told["commandResult"] = _message("command.result", result)
    told["phoneAnswer"] = _message("phone.answer", phone_answer)
    told["command"] = _message("command", command)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"{TITLE}: sucesos y órdenes / events and commands",
            "version": CONTRACT,
            "description": (
                "hello, then a snapshot or what was missed since `resume_from`, then what happens. "
                "See docs/events.md."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {"events": _channel(told)},
        "operations": _operations(told),
        "components": {
            "messages": told,
            "schemas": {**named, **spoken, **told_alone},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _channel(told: Mapping[str, Schema]) -> Schema:
    return {
        "address": "/api/events",
        "description": f"A message from a client has at most {INBOUND_MAX} bytes.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in told},
        "bindings": {
            "ws": {
                "method": "GET",
                "query": {
                    "type": "object",
                    "properties": {
                        "resume_from": {
                            "description": "The `seq` of the last message that was heard.",
                            "type": "integer",
                            "minimum": 0,
                            "maximum": SEQ_MAX,
                        }
                    },
                },
            }
        },
    }


def _operations(told: Mapping[str, Schema]) -> Schema:
    def refer(name: str) -> dict[str, Any]:
        return {"$ref": f"#/channels/events/messages/{name}"}

    spoken = ("command", "commandResult")
    return {
        "tell": {
            "action": "send",
            "summary": "Lo que va ocurriendo / What happens",
            "channel": {"$ref": "#/channels/events"},
            "messages": [refer(name) for name in told if name not in spoken],
        },
        "obey": {
            "action": "receive",
            "summary": "Una orden de un agente / A command of an agent",
            "channel": {"$ref": "#/channels/events"},
            "messages": [refer("command")],
            "reply": {
                "channel": {"$ref": "#/channels/events"},
                "messages": [refer("commandResult")],
            },
        },
    }


def _message(kind: str, schema: Schema) -> Schema:
    summary = KINDS.get(kind)
    found: Schema = {"name": kind, "title": kind}
    if summary is not None:
        found["summary"] = f"{summary.es} / {summary.en}"
    return {**found, "contentType": "application/json", "payload": schema}


def _name(kind: str) -> str:
    """As AsyncAPI wants names: "offer.no_answer" is "offerNoAnswer"."""
    first, *rest = kind.replace(".", "_").split("_")
    return first + "".join(word.capitalize() for word in rest)
