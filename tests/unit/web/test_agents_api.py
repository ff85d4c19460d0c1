"""Every command over HTTP: what it takes, what it answers, what it refuses."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from centralita.web import orders as o
from tests.support.polling import eventually
from tests.unit.web.fakes import TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}
EXAMPLES: dict[str, tuple[dict[str, object], o.Order]] = {
    "ready": ({}, o.Ready()),
    "not_ready": ({"reason": "café", "after_contact": True}, o.NotReady(reason="café", after_contact=True)),
    "logged_out": ({}, o.LoggedOut()),
    "wrap_up_done": ({}, o.WrapUpDone()),
    "extend_wrap_up": ({}, o.ExtendWrapUp()),
    "escalate": ({"note": "quiere factura"}, o.Escalate(note="quiere factura")),
    "answer": ({}, o.Answer()),
    "hang_up": ({"contact": "c1"}, o.HangUp(contact="c1")),
    "hold": ({"contact": ""}, o.Hold()),
    "retrieve": ({"contact": None}, o.Retrieve()),
    "mute": ({}, o.Mute()),
    "unmute": ({}, o.Unmute()),
    "consult": ({"to": {"agent": "beto"}}, o.Consult(to=o.To(agent="beto"))),
    "cancel_consult": ({}, o.CancelConsult()),
    "transfer": (
        {"to": {"number": "+34 911-234.567"}, "anyway": True, "note": "a\nb"},
        o.Transfer(to=o.To(number="+34911234567"), anyway=True, note="a\nb"),
    ),
    "complete_transfer": ({"note": ""}, o.CompleteTransfer()),
    "conference": ({}, o.Conference()),
    "dial": ({"number": "(911) 23 45 67", "queue": "ventas"}, o.Dial(number="911234567", queue="ventas")),
    "dispose": (
        {"disposition": "venta", "tags": ["oro"], "note": "bien"},
        o.Dispose(disposition="venta", tags=["oro"], note="bien"),
    ),
    "note": ({"note": " llamará mañana "}, o.WriteNote(note="llamará mañana")),
}


async def post(
    http: aiohttp.ClientSession, base: str, body: object, agent: str = "ana"
) -> tuple[int, dict[str, object]]:
    url = f"{base}/api/agents/{agent}/commands"
    async with http.post(url, json=body, headers=BEARER) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize("name", EXAMPLES)
async def test_every_command_reaches_the_server_as_it_was_meant(
    http: aiohttp.ClientSession, base: str, server: FakeServer, name: str
) -> None:
    """With all that it can say, cleaned of what means nothing."""
    words, order = EXAMPLES[name]
    status, told = await post(http, base, {"command": name, **words})

    assert (status, told["status"]) == (200, "done")
    assert server.commands == [("ana", order)]


def test_there_is_an_example_of_every_command() -> None:
    """A new command is tried here, too."""
    assert set(EXAMPLES) == set(o.BY_HTTP)
    assert set(o.BY_SCREEN) - set(o.BY_HTTP) == {"desktop", "desktop_bye"}


async def test_the_answer_to_dial_names_the_contact(http: aiohttp.ClientSession, base: str) -> None:
    """Whoever has clicked finds the call that it became."""
    assert await post(http, base, {"command": "dial", "number": "112"}) == (
        200,
        {"status": "done", "contact": "c7"},
    )


@pytest.mark.parametrize(
    ("agent", "status", "title", "hint"),
    [
        ("anna", 404, "unknown_agent", "'ana'"),
        ("beto", 409, "talking", "talking"),
        ("carla", 503, "busy", "stopping"),
    ],
)
async def test_what_is_not_done_says_why(
    http: aiohttp.ClientSession, base: str, agent: str, status: int, title: str, hint: str
) -> None:
    """A word for programs, and two languages for people."""
    got, told = await post(http, base, {"command": "hold"}, agent)

    assert (got, told["title"]) == (status, title)
    assert hint in str(told["en"])
    assert told["es"] not in ("", told["en"])


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({}, "hold"),
        ({"command": "holdd"}, "did you mean 'hold'"),
        ({"comand": "hold"}, "did you mean 'command'"),
        ({"command": "desktop"}, "'command'"),
        ({"command": "hold", "to": {"agent": "beto"}}, "no field 'to'"),
        ({"command": "hold", "agent": "ana"}, "no field 'agent'"),
        ({"command": "hold", "command_id": 5}, "'command_id'"),
        ({"command": "hold", "contact": 5}, "'contact'"),
        ({"command": "consult"}, "one of"),
        ({"command": "consult", "to": "beto"}, "one of"),
        ({"command": "consult", "to": {}}, "one of"),
        ({"command": "consult", "to": {"agent": "beto", "queue": "ventas"}}, "one of"),
        ({"command": "consult", "to": {"agnt": "beto"}}, "did you mean 'agent'"),
        ({"command": "consult", "to": {"agent": None}}, "'to.agent'"),
        ({"command": "transfer", "to": {"number": "beto"}}, "telephone number"),
        ({"command": "transfer", "to": {"number": "1+2"}}, "telephone number"),
        ({"command": "transfer", "to": {"queue": "x"}, "anyway": "yes"}, "true or false"),
        ({"command": "dial"}, "telephone number"),
        ({"command": "dial", "number": "9" * 41}, "telephone number"),
        ({"command": "dispose"}, "'disposition'"),
        ({"command": "dispose", "disposition": "venta", "tags": "oro"}, "list"),
        ({"command": "dispose", "disposition": "venta", "tags": ["x"] * 21}, "list"),
        ({"command": "dispose", "disposition": "venta", "tags": [""]}, "'tags'"),
        ({"command": "note"}, "says nothing"),
        ({"command": "note", "note": " \n"}, "says nothing"),
        ({"command": "not_ready"}, "must say why"),
        ({"command": "not_ready", "reason": " "}, "must say why"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_advice(
    http: aiohttp.ClientSession, base: str, server: FakeServer, body: dict[str, object], hint: str
) -> None:
    """Nothing is done, the wrong field is named, and the word that may have been meant."""
    status, told = await post(http, base, body)

    assert status == 400
    assert hint in str(told["en"])
    assert server.commands == []


async def test_an_id_belongs_to_one_command(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """Another command with the same id is a mistake of the sender, who is told so."""
    await post(http, base, {"command": "hold", "command_id": "x1"})
    status, told = await post(http, base, {"command": "retrieve", "command_id": "x1"})

    assert (status, told["title"]) == (409, "command_id_reused")
    assert len(server.commands) == 1


async def test_two_at_the_same_time_are_one(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """The second waits for the first one's answer, over whichever way it comes."""
    server.may_go_on.clear()
    body = {"command": "dial", "number": "112", "command_id": "x1"}
    async with http.ws_connect(base + "/api/events", headers=BEARER) as socket:
        for _ in range(2):
            await socket.receive_str(timeout=5)
        posting = [asyncio.ensure_future(post(http, base, body)) for _ in range(2)]
        await socket.send_str(json.dumps({**body, "agent": "ana"}))
        await asyncio.wait(posting, timeout=0.2)
        assert not any(one.done() for one in posting)
        server.may_go_on.set()
        answers = await asyncio.gather(*posting)
        heard = json.loads(await socket.receive_str(timeout=5))

    assert answers == [(200, {"status": "done", "contact": "c7"})] * 2
    assert (heard["status"], heard["contact"]) == ("done", "c7")
    assert len(server.commands) == 1


async def test_a_command_goes_on_when_who_gave_it_has_gone(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """A client that hangs up in the middle finds the answer when it asks again with the same id."""
    server.may_go_on.clear()
    body = {"command": "hold", "command_id": "x1"}
    async with http.ws_connect(base + "/api/events", headers=BEARER) as socket:
        for _ in range(2):
            await socket.receive_str(timeout=5)
        await socket.send_str(json.dumps({**body, "agent": "ana"}))
        gone = asyncio.ensure_future(post(http, base, body))
        await asyncio.wait([gone], timeout=0.1)
        gone.cancel()
    server.may_go_on.set()
    await eventually(lambda: len(server.commands) == 1, 5)

    assert await post(http, base, body) == (200, {"status": "done"})
    assert len(server.commands) == 1


async def test_what_was_impossible_just_now_can_be_tried_again(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """ "Too busy" is not remembered as the answer; a refusal is."""
    body = {"command": "hold", "command_id": "x1"}
    stopping = await post(http, base, body, "carla")
    server.is_back = True
    again = await post(http, base, body, "carla")

    assert (stopping[0], again[0]) == (503, 200)
