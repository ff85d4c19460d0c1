"""The API of what stands behind flows: what it takes, what it refuses, and who sees whose."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from centralita.people.rights import Right
from centralita.web.ports import WebPorts
from centralita.web.services_ports import SurveyQuestion
from tests.unit.web.fakes import LIVE, FakeServer
from tests.unit.web.people_scene import INSTALLATION, Centre, centre
from tests.unit.web.services_fakes import LOOKUP, MESSAGE, SUMMARY, FakeServices

pytestmark = pytest.mark.unit

OF_C7 = "/api/customers/by-ref/C-7"
OF_C1 = "/api/contacts/c1/preferences"


class Server(FakeServer):
    """With services; ana can serve `ventas`, beto nothing."""

    def __init__(self, services: FakeServices) -> None:
        super().__init__()
        self.services = services

    def ports(self) -> WebPorts:
        ports = super().ports()
        beto = {**LIVE["agents"][0], "id": "beto", "team": 0}
        live = {**LIVE, "agents": [*LIVE["agents"], beto]}
        object.__setattr__(ports, "services", self.services.ports())
        object.__setattr__(ports, "live", lambda: live)
        return ports


@pytest.fixture
def services(tmp_path: Path) -> FakeServices:
    wav = tmp_path / "m1.wav"
    wav.write_bytes(b"RIFF....WAVE")
    return FakeServices(wav)


@pytest.fixture
async def there(services: FakeServices) -> AsyncIterator[Centre]:
    async with centre(server=Server(services)) as found:
        yield found


async def ask(there: Centre, method: str, path: str, body: object = None) -> tuple[int, Any]:
    return await there.ask(method, path, INSTALLATION, body)


async def test_a_pin_is_set_and_never_told(there: Centre, services: FakeServices) -> None:
    """Digits only; null takes it away; there is no way to read it."""
    assert await ask(there, "PUT", f"{OF_C7}/pin", {"pin": "4711"}) == (200, {"status": "done"})
    assert (await ask(there, "PUT", f"{OF_C7}/pin", {"pin": None}))[0] == 200
    assert services.asked == [("pin", "C-7", "4711"), ("pin", "C-7", None)]
    assert (await ask(there, "GET", f"{OF_C7}/pin"))[0] == 405
    assert (await ask(there, "PUT", "/api/customers/by-ref/C-8/pin", {"pin": "4711"}))[0] == 404


@pytest.mark.parametrize("pin", ["", "123", "1" * 13, "12a4", "١٢٣٤", 4711, True, ["4711"]])
async def test_what_is_no_pin_is_refused_without_repeating_it(
    there: Centre, services: FakeServices, pin: object
) -> None:
    """A slip shows no secret in an answer."""
    status, problem = await ask(there, "PUT", f"{OF_C7}/pin", {"pin": pin})

    assert (status, problem["title"]) == (422, "bad_pin")
    assert services.asked == [] and (not pin or f"'{pin}'" not in str(problem))
    assert (await ask(there, "PUT", f"{OF_C7}/pin", {}))[0] == 422


async def test_preferences_are_set_by_number_or_for_all(there: Centre, services: FakeServices) -> None:
    """What is not given stays; null takes it away; who says so is written down."""
    body = {"number": "+34911234567", "mode": "keys", "language": None, "consent": True}

    status, told = await ask(there, "PUT", f"{OF_C7}/preferences", body)

    assert status == 200 and told["customer"]["mode"] == "speech"
    said = {"mode": "keys", "language": None, "consent": True}
    assert services.asked[0] == ("set_for_customer", "C-7", "+34911234567", said, "api")
    await ask(there, "PUT", f"{OF_C7}/preferences", {"channel": "email", "source": "customer"})
    assert services.asked[2] == ("set_for_customer", "C-7", "", {"channel": "email"}, "customer")
    assert (await ask(there, "GET", f"{OF_C7}/preferences"))[0] == 200
    assert (await ask(there, "GET", "/api/customers/by-ref/C-8/preferences"))[0] == 404
    strange = await ask(there, "PUT", f"{OF_C7}/preferences", {"number": "+34600000000"})
    assert (strange[0], strange[1]["title"]) == (422, "not_their_number")


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "telepathy"},
        {"mode": 1},
        {"language": "spanish"},
        {"language": "ES"},
        {"channel": "fax"},
        {"consent": "yes"},
        {"source": "learned"},
        {"number": 7},
        {"modes": "keys"},
        [],
    ],
)
async def test_what_is_no_preference_is_refused(there: Centre, services: FakeServices, body: object) -> None:
    """By name, and nothing is changed."""
    assert (await ask(there, "PUT", f"{OF_C7}/preferences", body))[0] == 400
    assert services.asked == []


async def test_an_agent_sets_what_their_own_caller_prefers(there: Centre, services: FakeServices) -> None:
    """Of a contact that was theirs, in their name; of another one nothing."""
    there.server.history.contact = _contact_of("ana")  # type: ignore[method-assign]
    ana = there.as_person("ana")

    status, told = await there.ask("PUT", OF_C1, ana, {"mode": "speech", "everywhere": True})

    assert status == 200 and told["here"]["mode"] == "speech"
    assert services.asked[0] == ("set_for_contact", "c1", {"mode": "speech"}, "agent", True)
    assert (await there.ask("GET", OF_C1, ana))[0] == 200
    there.server.history.contact = _contact_of("beto")  # type: ignore[method-assign]
    assert (await there.ask("GET", OF_C1, ana))[0] == 403
    assert (await there.ask("PUT", OF_C1, ana, {"mode": "keys"}))[0] == 403
    assert (await ask(there, "GET", "/api/contacts/c9/preferences"))[0] == 404


def _contact_of(agent: str) -> Any:
    async def contact(_contact_id: str) -> dict[str, object]:
        return {"id": "c1", "segments": [{"agent": agent}], "offers": []}

    return contact


async def test_an_agent_hears_messages_of_the_queues_they_can_serve(
    there: Centre, services: FakeServices
) -> None:
    """Ana serves ventas; a supervisor hears all; an agent of nothing hears nothing."""
    ana, sofia = there.as_person("ana"), there.as_person("sofia")

    assert (await there.ask("GET", "/api/voicemail", ana))[1] == {"messages": [MESSAGE]}
    assert services.asked[-1] == ("messages", ["ventas"], False, None, 50)
    assert (await there.ask("GET", "/api/voicemail?box=otra&unheard=true", ana))[1] == {"messages": []}
    assert services.asked[-1] == ("messages", [], True, None, 50)
    await there.ask("GET", "/api/voicemail?box=otra&before_ms=7&limit=3", sofia)
    assert services.asked[-1] == ("messages", ["otra"], False, 7, 3)
    beto = there.as_token(Right.VOICEMAIL, agent="beto")
    assert (await there.ask("GET", "/api/voicemail", beto))[1] == {"messages": []}
    assert (await there.ask("GET", "/api/voicemail/m1/audio", beto))[0] == 404
    assert (await there.ask("DELETE", "/api/voicemail/m1", beto))[0] == 404


async def test_a_message_is_heard_marked_and_deleted(there: Centre, services: FakeServices) -> None:
    """The sound is WAV and kept by nobody on the way; who heard it is written down."""
    ana = there.as_person("ana")
    async with there.http.get(f"{there.base}/api/voicemail/m1/audio", headers=ana) as answer:
        assert (answer.status, answer.content_type) == (200, "audio/wav")
        assert answer.headers["Cache-Control"] == "no-store"
        assert await answer.read() == b"RIFF....WAVE"

    assert await there.ask("POST", "/api/voicemail/m1/heard", ana, {}) == (200, {"status": "done"})
    assert services.asked[-1] == ("heard", "m1", "ana")
    assert await there.ask("DELETE", "/api/voicemail/m1", ana) == (200, {"status": "deleted"})
    for method, path, body in (("GET", "m2/audio", 0), ("POST", "m2/heard", 1), ("DELETE", "m2", 0)):
        assert (await there.ask(method, f"/api/voicemail/{path}", ana, {} if body else None))[0] == 404


async def test_surveys_are_listed_and_summed_up(there: Centre, services: FakeServices) -> None:
    """With filters; a cursor of nobody's is refused, a survey of nobody's is not there."""
    status, told = await ask(there, "GET", "/api/surveys?survey=atencion&agent=ana&since_ms=5&limit=7")
    assert (status, told["next"]) == (200, "5.c1")
    wanted = SurveyQuestion(survey="atencion", agent="ana", since_ms=5, limit=7)
    assert services.asked[-1] == ("answers", wanted)
    assert (await ask(there, "GET", "/api/surveys?before=x"))[0] == 400
    assert await ask(there, "GET", "/api/surveys/atencion?queue=ventas") == (200, SUMMARY)
    assert services.asked[-1] == ("summary", SurveyQuestion(survey="atencion", queue="ventas"))
    assert (await ask(there, "GET", "/api/surveys/otra"))[0] == 404
    assert (await ask(there, "GET", "/api/customers/k1/surveys?limit=3"))[0] == 200
    assert services.asked[-1] == ("of_customer", "k1", 3)
    assert await ask(there, "GET", "/api/lookups") == (200, {"lookups": [LOOKUP]})


async def test_a_database_that_does_not_answer_is_said(there: Centre, services: FakeServices) -> None:
    """503 everywhere, and the calls go on; too many PINs at once are to be sent again."""
    services.down = True
    asked = [
        ("PUT", f"{OF_C7}/pin", {"pin": "4711"}),
        ("GET", f"{OF_C7}/preferences", None),
        ("PUT", f"{OF_C7}/preferences", {}),
        ("GET", OF_C1, None),
        ("PUT", OF_C1, {}),
        ("GET", "/api/surveys", None),
        ("GET", "/api/surveys/atencion", None),
        ("GET", "/api/customers/k1/surveys", None),
        ("GET", "/api/voicemail", None),
        ("GET", "/api/voicemail/m1/audio", None),
        ("POST", "/api/voicemail/m1/heard", {}),
        ("DELETE", "/api/voicemail/m1", None),
    ]
    found = {(method, path): (await ask(there, method, path, body))[0] for method, path, body in asked}

    assert set(found.values()) == {503}
    services.down, services.busy = False, True
    assert (await ask(there, "PUT", f"{OF_C7}/pin", {"pin": "4711"}))[0] in (429, 503)
