from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, get_args

import aiohttp
import pytest
from jsonschema import Draft202012Validator

from acd.records import Ignored, Record
from centralita.contract import documents
from centralita.contract.messages import KINDS, json_schema
from centralita.contract.rest import openapi
from centralita.contract.routes import ROUTES
from centralita.web.app import make_app
from centralita.web.contract import NAMES
from cti.desktop.catalogue import EVENTS, PERSONAL
from cti.desktop.envelope import encode
from cti.desktop.known import Story
from cti.desktop.wire import bare, to_message
from cti.desktop.wire_offer import OFFER_TYPES
from tests.unit.cti.desktop.test_wire import CUSTOMER, OUTSIDE_NUMBER, SAMPLES
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
BEARER = {"Authorization": f"Bearer {TOKEN}"}
NOT_API = {
    "/", "/static/{name}", "/agente", "/agent", "/flujos", "/flows", "/sign-in", "/sign-in/{name}",
    "/api/oidc/start", "/api/oidc/return", "/llamame.js",
}  # fmt: skip


def strict(schema: Any) -> Any:
    """The same schema, in which no object may have more than what is written there."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    if "properties" in found:
        found["additionalProperties"] = False
    return found


@cache
def validator(name: str) -> Draft202012Validator:
    """For one type of event, strictly."""
    return Draft202012Validator({**strict(json_schema()), "oneOf": [{"$ref": f"#/$defs/{name}"}]})


@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_the_published_contract_is_of_this_code(name: str) -> None:
    """Whoever changes an event or a route publishes it: `make contract`."""
    assert (ROOT / documents.FOLDER / name).read_text(encoding="utf-8") == documents.text(name)


def test_every_route_is_documented_and_nothing_else(tmp_path: Path) -> None:
    """Neither a route that nobody is told of, nor one that is told of and not there."""
    app = make_app(FakeServer().ports(), static=tmp_path)
    real = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method not in ("HEAD", "OPTIONS")
    }

    assert {route.key for route in ROUTES} == {key for key in real if key[1] not in NOT_API}


@pytest.mark.parametrize("known", [{}, CUSTOMER, CUSTOMER | {"ref": "C-7", "name": "Marta"}])
@pytest.mark.parametrize("kind", [kind for kind in get_args(Record) if kind is not Ignored])
def test_every_event_is_as_the_contract_says_and_has_nothing_beyond(
    kind: type, known: dict[str, object]
) -> None:
    """Each record of the engine, with and without a customer, whole and as it is kept."""
    record, name = SAMPLES[kind]
    story = Story((), ({"agent": "ana", "text": "factura", "at_ms": 4},))
    told = to_message(record, 77, lambda _: known, lambda _: story, {"t1": OUTSIDE_NUMBER}.get)
    for message in (told, bare(record, 77)):
        assert message is not None
        validator(name).validate(json.loads(encode(message)))


def test_every_event_has_its_place_in_the_contract() -> None:
    """What the engine tells and what is catalogued are the same types."""
    told = {name for _, name in SAMPLES.values()} | set(OFFER_TYPES.values())

    assert told == set(EVENTS)


def test_what_tells_who_somebody_is_is_marked_so() -> None:
    """An event with a customer or a number outside in it, and no other, is one that is kept without."""
    personal = {name for name, kind in EVENTS.items() if {"customer", "to"} & set(kind.data.__annotations__)}

    assert personal - {"contact.diverted", "contact.escalated"} == PERSONAL


def test_a_message_that_lacks_something_is_none() -> None:
    """The schema is no formality: a missing or a wrong field does not pass."""
    record, _ = SAMPLES[next(iter(SAMPLES))]
    message = to_message(record, 77, lambda _contact_id: CUSTOMER)
    assert message is not None
    whole = json.loads(encode(message))
    for spoiled in (whole | {"data": {}}, whole | {"seq": "x"}, whole | {"type": "contact.queued"}):
        assert not Draft202012Validator(json_schema()).is_valid(spoiled)


def test_every_reference_of_the_documents_leads_somewhere() -> None:
    """A generator of clients finds every type that is named."""
    for make in documents.DOCUMENTS.values():
        document = make()
        places = _references(document)
        assert places
        for place in places:
            found = document
            for step in place.removeprefix("#/").split("/"):
                assert step in found, place
                found = found[step]


def _references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [place for each in part for place in _references(each)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"]] if "$ref" in part else []
    return own + [place for value in part.values() for place in _references(value)]


def test_the_stream_is_described_in_both_languages_and_both_directions() -> None:
    """AsyncAPI 3 with every message, its payload, and the commands of desktops with their answer."""
    document = documents.DOCUMENTS["asyncapi.json"]()

    assert document["asyncapi"].startswith("3.")
    payloads = {told["name"] for told in document["components"]["messages"].values()}
    assert payloads == {*KINDS, "command", "command.result", "phone.answer"}
    assert [each["action"] for each in document["operations"].values()] == ["send", "receive"]
    assert all(" / " in f"{kind.es} / {kind.en}" and kind.es != kind.en for kind in KINDS.values())


def test_the_api_is_described_as_openapi_wants_it() -> None:
    """3.1, every operation with a name of its own, an answer and the refusals of the guard."""
    document = openapi()
    operations = [each for path in document["paths"].values() for each in path.values()]

    assert document["openapi"].startswith("3.1")
    assert len({each["operationId"] for each in operations}) == len(operations)
    for each in operations:
        assert each.get("security") == [] or {"401", "403"} <= set(each["responses"])


@pytest.mark.parametrize("name", NAMES)
async def test_the_server_serves_its_own_contract(http: aiohttp.ClientSession, base: str, name: str) -> None:
    """A client asks the very server that it talks to; who asks for something else is told the names."""
    async with http.get(f"{base}/api/contract/{name}", headers=BEARER) as answer:
        assert answer.status == 200
        assert await answer.json() == documents.DOCUMENTS[name]()
    async with http.get(f"{base}/api/contract/openapi.yaml", headers=BEARER) as answer:
        assert answer.status == 404
        assert "openapi.json" in (await answer.json())["en"]


def test_the_names_that_are_served_are_those_that_are_written() -> None:
    """The web does not load the generator to know them."""
    assert set(NAMES) == set(documents.DOCUMENTS)
