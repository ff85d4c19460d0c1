from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from centralita.web import assets
from centralita.web.orders import Escalate, ExtendWrapUp, NotReady, WrapUpDone
from centralita.web.ports import ContactQuery
from tests.unit.web.fakes import LIVE, SORTED, TOKEN, FakeServer

pytestmark = pytest.mark.unit

BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def get(http: aiohttp.ClientSession, url: str) -> tuple[int, Any]:
    async with http.get(url, headers=BEARER) as answer:
        return answer.status, await answer.json(content_type=None)


async def post(http: aiohttp.ClientSession, url: str, body: bytes, **headers: str) -> tuple[int, Any]:
    sent = {"Content-Type": "application/json", **BEARER, **headers}
    async with http.post(url, headers=sent, data=body) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_live_is_what_the_server_says_now(http: aiohttp.ClientSession, base: str) -> None:
    """The page's numbers are the engine's own."""
    assert await get(http, base + "/api/live") == (200, LIVE)


async def test_the_filters_of_the_list_arrive_as_asked(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """Each filter of the address reaches the database under its own name."""
    status, body = await get(
        http,
        base + "/api/contacts?since_ms=1&until_ms=9&outcome=answered&queue=ventas&agent=ana"
        "&number=%2B34911234567&before=5.c1&limit=7&direction=outbound",
    )

    assert (status, body) == (200, {"contacts": [{"id": "c1"}], "next": "5.c1"})
    assert server.history.asked == [
        ContactQuery(1, 9, "answered", "ventas", "ana", "+34911234567", "5.c1", 7, "outbound")
    ]


@pytest.mark.parametrize(
    ("path", "key", "hint"),
    [
        ("/api/contacts?queu=ventas", "queu", "queue"),
        ("/api/contacts?since=1", "since", "since_ms"),
        ("/api/contacts?outcome=answerd", "outcome", "answered"),
        ("/api/contacts?limit=0", "limit", "1"),
        ("/api/contacts?limit=1000", "limit", "200"),
        ("/api/contacts?limit=ten", "limit", "200"),
        ("/api/contacts?since_ms=-5", "since_ms", "0"),
        ("/api/contacts?queue=a&queue=b", "queue", "twice"),
        ("/api/contacts?queue=", "queue", "200"),
        ("/api/contacts?queue=a%00b", "queue", "200"),
        ("/api/contacts?number=911234567", "number", "%2B34"),
        ("/api/contacts?before=made-up", "before", "next"),
        ("/api/customers", "number", "%2B34"),
        ("/api/live?x=1", "x", "none"),
    ],
)
async def test_a_wrong_parameter_is_named_with_what_was_meant(
    http: aiohttp.ClientSession, base: str, path: str, key: str, hint: str
) -> None:
    """Nothing is silently ignored: the answer names the parameter and says, es and en, how to mend it."""
    status, problem = await get(http, base + path)

    assert (status, problem["key"]) == (400, key)
    assert hint in problem["en"]
    assert problem["detail"] == f"{problem['es']} / {problem['en']}"
    assert problem["es"] != problem["en"]


async def test_a_plus_sign_that_became_a_blank_is_understood(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """`?number=+34...` means the plus sign, although the rules of addresses make it a blank."""
    status, body = await get(http, base + "/api/customers?number=+34911234567")

    assert (status, body["customers"]) == (200, [{"id": "k1", "number": "+34911234567"}])


async def test_a_contact_on_the_line_is_told_with_how_it_was_sorted(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """Before it ends a contact is what the engine says, and the rules that sorted it; no database needed."""
    for down in (False, True):
        server.history.down = down
        status, found = await get(http, base + "/api/contacts/c9")

        assert (status, found["live"], found["segment"]) == (200, True, "oro")
        assert found["classifications"] == [SORTED]


@pytest.mark.parametrize(
    "path", ["/api/contacts/none", "/api/customers/none/contacts", "/api/customers/by-ref/none"]
)
async def test_what_is_not_there_is_404_with_advice(
    http: aiohttp.ClientSession, base: str, path: str
) -> None:
    """A wrong id is told apart from an empty list, and the answer says where to look."""
    status, problem = await get(http, base + path)

    assert status == 404
    assert "/api/" in problem["es"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/contacts",
        "/api/contacts/c1",
        "/api/customers?number=%2B34911234567",
        "/api/customers/k1/contacts",
        "/api/customers/by-ref/C-7",
    ],
)
async def test_a_database_that_is_down_is_503_and_live_still_works(
    http: aiohttp.ClientSession, base: str, server: FakeServer, path: str
) -> None:
    """History can be asked later; what is live does not need it."""
    server.history.down = server.customers.down = True

    assert (await get(http, base + path))[0] == 503
    assert (await get(http, base + "/api/live"))[0] == 200


async def test_erasure_says_what_became_of_it(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """Erased, no such customer, or not now: three different answers."""
    seen = []
    for customer, down in (("k1", False), ("k2", False), ("k1", True)):
        server.customers.down = down
        async with http.delete(f"{base}/api/customers/{customer}/identity", headers=BEARER) as answer:
            seen.append(answer.status)

    assert seen == [200, 404, 503]


async def test_an_agent_changes_presence(http: aiohttp.ClientSession, base: str, server: FakeServer) -> None:
    """The command reaches the server with its reason."""
    status, body = await post(
        http, base + "/api/agents/ana/presence", '{"presence": "not_ready", "reason": "café"}'.encode()
    )

    assert (status, body) == (200, {"status": "done"})
    assert server.commands == [("ana", NotReady(reason="café"))]


async def test_an_agent_ends_wrap_up(http: aiohttp.ClientSession, base: str, server: FakeServer) -> None:
    """No body is needed."""
    assert (await post(http, base + "/api/agents/ana/wrap-up/done", b""))[0] == 200
    assert server.commands == [("ana", WrapUpDone())]


@pytest.mark.parametrize(
    ("agent", "status", "hint"),
    [("anna", 404, "ana"), ("beto", 409, "talking"), ("carla", 503, "stopping")],
)
async def test_a_refused_command_says_why(
    http: aiohttp.ClientSession, base: str, agent: str, status: int, hint: str
) -> None:
    """An unknown agent gets the nearest name; a refusal its reason."""
    got, problem = await post(http, f"{base}/api/agents/{agent}/presence", b'{"presence": "ready"}')

    assert got == status
    assert hint in problem["en"]


@pytest.mark.parametrize(
    ("body", "status", "hint"),
    [
        (b"", 400, "logged_out"),
        (b"{", 400, "JSON"),
        (b"[]", 400, "JSON"),
        (b'{"presence": 5}', 400, "ready"),
        (b'{"presence": "redy"}', 400, "ready"),
        (b'{"presense": "ready"}', 400, "presence"),
        (b'{"presence": "ready", "reason": 5}', 400, "60"),
        (b'{"presence": "ready", "reason": "a\\nb"}', 400, "60"),
        (b'{"presence": "not_ready"}', 400, "must say why"),
        (b'{"presence": "not_ready", "reason": " "}', 400, "must say why"),
        (b'{"presence": "not_ready", "reason": "' + b"x" * 61 + b'"}', 400, "60"),
        (b"[" * 60_000, 400, "JSON"),
        (b" " * 65_537, 413, "64 KiB"),
    ],
)
async def test_a_wrong_body_is_refused_with_advice(
    http: aiohttp.ClientSession, base: str, server: FakeServer, body: bytes, status: int, hint: str
) -> None:
    """Unknown keys, wrong types, broken or huge bodies: refused, named, and nothing is done."""
    got, problem = await post(http, base + "/api/agents/ana/presence", body)

    assert got == status
    assert hint in problem["en"]
    assert server.commands == []


async def test_a_form_of_another_site_is_not_json(http: aiohttp.ClientSession, base: str) -> None:
    """Only JSON is read, which no other site's form can send unasked."""
    got, _ = await post(
        http, base + "/api/agents/ana/presence", b'{"presence":"ready"}', **{"Content-Type": "text/plain"}
    )

    assert got == 415


async def test_files_are_served_zipped_and_for_ever(http: aiohttp.ClientSession, base: str) -> None:
    """Hashed names never change, so browsers keep them; an old or made-up name is 404."""
    async with http.get(base + "/static/app-AAAA.js", headers=BEARER) as answer:
        text = await answer.text()
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    plain = {**BEARER, "Accept-Encoding": "identity"}
    async with http.get(base + "/static/app-AAAA.js", headers=plain) as answer:
        assert await answer.text() == text
    for name in ("app-OLD.js", "manifest.json", "..%2Fapp.py"):
        assert (await get(http, f"{base}/static/{name}"))[0] == 404


async def test_the_page_names_the_built_files(http: aiohttp.ClientSession, base: str) -> None:
    """The page loads the bundles of the last build, without a line of inline script or style."""
    async with http.get(base + "/", headers=BEARER) as answer:
        page = await answer.text()

    assert "/static/app-AAAA.js" in page
    assert "/static/app-BBBB.css" in page
    assert "<style" not in page
    assert page.count("<script") == page.count("src=")


def test_without_a_build_the_server_still_works(tmp_path: Path) -> None:
    """A checkout without Node: the page says how to build it, the API is untouched."""
    response = assets.page_response(assets.load(tmp_path))

    assert response.status == 503
    assert "npm run build" in str(response.text)


async def test_orders_of_agents_have_their_own_addresses(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """More wrap-up, the next tier with a note, and a pause that waits for the end of the contact."""
    agent = base + "/api/agents/ana"
    pause = b'{"presence": "not_ready", "reason": "comida", "after_contact": true}'
    for path, body in (
        ("/wrap-up/extend", b""),
        ("/escalate", b'{"contact": "c1", "note": "quiere\\nfactura"}'),
        ("/escalate", b""),
        ("/presence", pause),
    ):
        assert await post(http, agent + path, body) == (200, {"status": "done"})

    assert server.commands == [
        ("ana", ExtendWrapUp()),
        ("ana", Escalate(contact="c1", note="quiere\nfactura")),
        ("ana", Escalate()),
        ("ana", NotReady(reason="comida", after_contact=True)),
    ]


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        ("presence", {"presence": "ready", "after_contact": "yes"}, "after_contact"),
        ("escalate", {"note": "x" * 501}, "note"),
        ("escalate", {"note": "a\u0000b"}, "note"),
        ("escalate", {"contact": 7}, "contact"),
        ("escalate", {"queue": "nivel2"}, "queue"),
    ],
)
async def test_an_order_that_makes_no_sense_names_the_field(
    http: aiohttp.ClientSession, base: str, path: str, body: dict[str, object], key: str
) -> None:
    """Nothing is done, and the sender knows what to change."""
    status, told = await post(http, f"{base}/api/agents/ana/{path}", json.dumps(body).encode())

    assert (status, told["key"]) == (400, key)


async def test_a_refused_order_tells_why(http: aiohttp.ClientSession, base: str) -> None:
    """What the engine would not do is 409 with its reason, in both languages."""
    status, told = await post(http, base + "/api/agents/beto/wrap-up/extend", b"")

    assert (status, told["title"]) == (409, "talking")
    assert (told["es"], told["en"]) == ("Beto está hablando.", "Beto is talking.")


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "", "es"),
        ("?lang=en", "", "en"),
        ("?lang=es", "en", "es"),
        ("", "de-DE, en-GB;q=0.8, es;q=0.5", "en"),
        ("", "fr", "es"),
    ],
)
async def test_an_explanation_is_told_in_the_language_asked_for(
    http: aiohttp.ClientSession, base: str, query: str, header: str, language: str
) -> None:
    """By the address, else by what the browser speaks, else in Spanish."""
    headers = {**BEARER, "Accept-Language": header}
    async with http.get(f"{base}/api/contacts/c1/explain{query}", headers=headers) as answer:
        assert (await answer.json())["text"] == language


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/contacts/c9/explain", 404, "¿quiso decir c1?"),
        ("/api/contacts/c1/explain?agent=bet", 404, "¿quiso decir «beto»?"),
        ("/api/contacts/c1/explain?agnt=beto", 400, "agent"),
        ("/api/contacts/c1/explain?lang=de", 400, "es"),
    ],
)
async def test_a_question_with_a_slip_is_answered_with_what_was_meant(
    http: aiohttp.ClientSession, base: str, path: str, status: int, said: str
) -> None:
    """An unknown contact, agent, parameter or language."""
    found, told = await get(http, base + path)

    assert found == status
    assert said in told["es"]


async def test_explanations_need_the_database(
    http: aiohttp.ClientSession, base: str, server: FakeServer
) -> None:
    """They are stored there; without it the answer is "not now"."""
    server.history.down = True

    assert (await get(http, base + "/api/contacts/c1/explain"))[0] == 503
