"""Look-ups against real HTTP servers: those that work, and all that do not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from centralita.home import Home, load_secrets
from centralita.services.lookups.answers import WrongAnswerError, values_of
from centralita.services.lookups.breaker import FAILURES, FIRST_PAUSE_MS, LONGEST_PAUSE_MS, Breaker
from centralita.services.lookups.client import ANSWER_MAX, Client, secrets_of
from centralita.services.lookups.plan import BadArgumentError, request_for
from config.build_services import Given, Lookup, ValueType
from ivr.actions import Failed, Found, NotFound
from ivr.flow import VarName

pytestmark = pytest.mark.unit

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
GIVES = {
    VarName("saldo"): Given(("data", "saldo"), ValueType.MONEY),
    VarName("vence"): Given(("data", "vence"), ValueType.DATE),
}
SALDO = Lookup(
    id="saldo",
    url="http://127.0.0.1:1/api/saldo?doc={documento}",
    method="GET",
    body={},
    secret_headers={},
    within_ms=2_000,
    gives=GIVES,
    not_found_status=404,
    not_found_when=None,
)
RIGHT: dict[str, dict[str, object]] = {"data": {"saldo": 12.50, "vence": "2026-12-24"}}
ASKED = {"documento": "12345678Z"}


class Crm:
    """A source of the owner's; answers as it is told to and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.answer: Handler = answers(RIGHT)
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        self.bodies.append(await request.read())
        return await self.answer(request)

    def source(self, **changes: object) -> Lookup:
        url = str(changes.pop("url", "http://127.0.0.1:{port}/api/saldo?doc={documento}"))
        return replace(SALDO, url=url.replace("{port}", str(self.port)), **changes)  # type: ignore[arg-type]


def answers(data: object, status: int = 200, **headers: str) -> Handler:
    async def handler(_request: web.Request) -> web.StreamResponse:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        return web.Response(status=status, body=body, headers=headers)

    return handler


@pytest.fixture
async def crm() -> AsyncIterator[Crm]:
    crm = Crm()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", crm.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    crm.port = runner.addresses[0][1]
    yield crm
    await runner.cleanup()


class Clock:
    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(clock: Clock) -> AsyncIterator[Client]:
    client = Client(lambda: {"crm_token": "Bearer s3cret"}, clock)
    yield client
    await client.close()


async def test_what_is_found_has_its_type(crm: Crm, client: Client) -> None:
    """Money keeps its two decimals, a date is a date; the secret goes along as a header."""
    source = crm.source(secret_headers={"Authorization": "crm_token"})

    found = await client.ask(source, ASKED)

    assert found == Found({VarName("saldo"): "12.50", VarName("vence"): "2026-12-24"})
    assert crm.asked[0].query["doc"] == "12345678Z"
    assert crm.asked[0].headers["Authorization"] == "Bearer s3cret"


async def test_a_post_sends_its_body_as_json(crm: Crm, client: Client) -> None:
    """Values stand in it as they are."""
    source = crm.source(method="POST", body={"doc": "{documento}", "kind": "saldo"})

    assert isinstance(await client.ask(source, {"documento": 'a"b'}), Found)
    assert json.loads(crm.bodies[0]) == {"doc": 'a"b', "kind": "saldo"}
    assert crm.asked[0].content_type == "application/json"


async def test_there_may_be_no_such_thing(crm: Crm, client: Client) -> None:
    """By status, or by what the answer says; neither is a failure."""
    crm.answer = answers({}, 404)
    assert await client.ask(crm.source(), ASKED) == NotFound()
    nothing: list[object] = [True, "", [], {}, None]
    for empty in nothing:
        crm.answer = answers({"data": {**RIGHT["data"], "empty": empty}})
        assert await client.ask(crm.source(not_found_when=("data", "empty")), ASKED) == NotFound()
    crm.answer = answers(RIGHT)
    assert await client.ask(crm.source(not_found_when=("data", "empty")), ASKED) == NotFound()
    for there in (False, 0, "x", [0]):
        crm.answer = answers({"data": {**RIGHT["data"], "empty": there}})
        assert isinstance(await client.ask(crm.source(not_found_when=("data", "empty")), ASKED), Found)


async def slow(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def trickling(request: web.Request) -> web.StreamResponse:
    """Its headers come at once, and then a byte now and then."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(300):
        await response.write(b" ")
        await asyncio.sleep(0.1)
    return response


@pytest.mark.parametrize("handler", [slow, trickling])
async def test_what_comes_too_late_is_a_failure(crm: Crm, client: Client, handler: Handler) -> None:
    """The caller waits no longer than the time limit says, wherever the source is slow."""
    crm.answer = handler
    began = asyncio.get_running_loop().time()

    found = await client.ask(crm.source(within_ms=200), ASKED)

    assert found == Failed("too late")
    assert asyncio.get_running_loop().time() - began < 2


async def elsewhere(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound(f"http://127.0.0.1:{request.url.port}/elsewhere")


@pytest.mark.parametrize(
    ("handler", "why"),
    [
        (answers(b"x" * (ANSWER_MAX + 1)), "too long"),
        (answers(b"<html>"), "JSON"),
        (answers(b'{"data": NaN}'), "JSON"),
        (answers(b"[" * 60_000), "JSON"),
        (answers({"data": {"saldo": "mucho", "vence": "2026-12-24"}}), "saldo"),
        (answers({"data": {"saldo": 1}}), "vence"),
        (answers([1, 2]), "saldo"),
        (answers({}, 500), "HTTP 500"),
        (answers({}, 403), "HTTP 403"),
        (elsewhere, "HTTP 302"),
    ],
)
async def test_what_makes_no_sense_is_a_failure(crm: Crm, client: Client, handler: Handler, why: str) -> None:
    """Too much, no JSON, another type, an error, somewhere else: never an exception, never a half answer."""
    crm.answer = handler

    found = await client.ask(crm.source(), ASKED)

    assert isinstance(found, Failed) and why in found.why
    assert len(crm.asked) == 1, "no redirect is followed"


async def test_nobody_there_is_a_failure(client: Client) -> None:
    """A port that nothing listens on."""
    assert isinstance(await client.ask(SALDO, ASKED), Failed)


@pytest.mark.parametrize(
    "host", ["http://93.184.216.34/", "http://169.254.169.254/", "https://169.254.169.254/"]
)
async def test_an_address_where_a_look_up_may_not_go_is_refused(client: Client, host: str) -> None:
    """Plain http goes no farther than our own networks, and nothing to the metadata of clouds."""
    assert await client.ask(replace(SALDO, url=f"{host}?d={{documento}}"), ASKED) == Failed("address")


async def test_a_secret_that_nobody_has_written_is_said_by_name(crm: Crm, client: Client) -> None:
    """And the source is not asked without it."""
    found = await client.ask(crm.source(secret_headers={"X-Key": "other"}), ASKED)

    assert found == Failed("secrets.json: lookups.other?")
    assert crm.asked == []


async def test_a_source_that_is_down_is_left_alone_for_a_while(
    crm: Crm, client: Client, clock: Clock
) -> None:
    """After three failures callers fail at once; then one probes, and when it works all ask again."""
    crm.answer = answers({}, 500)
    for _ in range(FAILURES):
        await client.ask(crm.source(), ASKED)

    assert await client.ask(crm.source(), ASKED) == Failed("paused")
    assert len(crm.asked) == FAILURES
    assert "saldo" in client.alarms()[0]
    clock.s += FIRST_PAUSE_MS / 1000
    crm.answer = answers(RIGHT)
    first, *others = await asyncio.gather(*(client.ask(crm.source(), ASKED) for _ in range(5)))
    assert isinstance(first, Found) and others == [Failed("paused")] * 4
    assert isinstance(await client.ask(crm.source(), ASKED), Found)
    assert client.alarms() == []


async def test_a_question_that_is_refused_stops_nobody_else(crm: Crm, client: Client) -> None:
    """A 400 says something of one document, not of the source."""
    crm.answer = answers({}, 400)
    for _ in range(FAILURES * 2):
        await client.ask(crm.source(), ASKED)

    assert len(crm.asked) == FAILURES * 2


async def test_figures_are_kept_of_each_source(crm: Crm, client: Client) -> None:
    """What was found, not found and failed, and the last reason."""
    await client.ask(crm.source(), ASKED)
    crm.answer = answers({}, 404)
    await client.ask(crm.source(), ASKED)
    crm.answer = answers({}, 500)
    await client.ask(crm.source(), ASKED)

    (told,) = client.report()
    assert told["name"] == "saldo" and told["last_failure"] == "HTTP 500"
    assert [told[name] for name in ("found", "not_found", "failed", "paused")] == [1, 1, 1, 0]
    assert told["is_paused"] is False and told["p95_ms"] is not None


async def test_nothing_private_is_logged(crm: Crm, client: Client) -> None:
    """Neither what was asked, nor what was answered, nor the secret: source, status and time only."""
    with capture_logs() as logs:
        await client.ask(crm.source(secret_headers={"Authorization": "crm_token"}), ASKED)
        crm.answer = answers({"data": {"saldo": "99.123.456", "vence": "x"}})
        await client.ask(crm.source(), ASKED)
        await client.ask(replace(SALDO, url="http://127.0.0.1:1/{documento}"), ASKED)

    assert {entry["event"] for entry in logs} == {"lookup.done", "lookup.failed"}
    assert not any(word in str(logs) for word in ("12345678Z", "12.50", "s3cret", "99.123", "saldo?"))
    assert {key for entry in logs for key in entry} <= {
        "event", "log_level", "source", "status", "took_ms", "why",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("a/b", "/api/a%2Fb?x=a%2Fb"),
        ("a?b&c=d#e", "/api/a%3Fb%26c%3Dd%23e?x=a%3Fb%26c%3Dd%23e"),
        ("ñ %", "/api/%C3%B1%20%25?x=%C3%B1%20%25"),
        ("../../admin", "/api/..%2F..%2Fadmin?x=..%2F..%2Fadmin"),
    ],
)
async def test_a_value_stays_a_value(crm: Crm, client: Client, value: str, sent: str) -> None:
    """Whatever a caller says can change neither path nor parameters."""
    source = crm.source(url="http://127.0.0.1:{port}/api/{documento}?x={documento}")

    await client.ask(source, {"documento": value})

    assert crm.asked[0].raw_path == sent


def test_what_can_never_be_sent_is_refused() -> None:
    """A part of a path that leads upwards, a missing value, a host made of a value."""
    path = replace(SALDO, url="https://crm.example/{documento}")
    for source, values in (
        (path, {"documento": ".."}),
        (path, {}),
        (replace(SALDO, url="https://{documento}/"), ASKED),
        (replace(SALDO, url="https://crm.example:{documento}/"), ASKED),
    ):
        with pytest.raises(BadArgumentError):
            request_for(source, values)


@pytest.mark.parametrize(
    ("type_", "told", "known"),
    [
        (ValueType.TEXT, " en\ncamino\x00 ", "en camino"),
        (ValueType.TEXT, 7, "7"),
        (ValueType.TEXT, True, None),
        (ValueType.TEXT, {}, None),
        (ValueType.INT, "12", "12"),
        (ValueType.INT, 12.0, "12"),
        (ValueType.INT, 12.5, None),
        (ValueType.INT, 1e300, None),
        (ValueType.MONEY, 0.1, "0.10"),
        (ValueType.MONEY, "-3", "-3.00"),
        (ValueType.MONEY, 1.005, None),
        (ValueType.MONEY, "1,50", None),
        (ValueType.DATE, "2026-02-30", None),
        (ValueType.DATE, "2026-12-24T10:00:00+01:00", "2026-12-24"),
        (ValueType.BOOL, False, "false"),
        (ValueType.BOOL, 1, None),
    ],
)
def test_a_value_of_another_type_is_no_answer(type_: ValueType, told: object, known: str | None) -> None:
    """What a source sends is believed only as far as it is what the configuration says."""
    source = replace(SALDO, gives={VarName("x"): Given(("list", "1"), type_)})
    body = json.dumps({"list": [0, told]}).encode()

    if known is None:
        with pytest.raises(WrongAnswerError):
            values_of(source, body)
    else:
        assert values_of(source, body) == {"x": known}


def test_the_pause_doubles_up_to_a_minute() -> None:
    """A source that stays away is probed less and less often; one that gives up a probe changes nothing."""
    breaker, now_ms = Breaker(failures=1), 0
    breaker.failed(now_ms)
    for pause_ms in (FIRST_PAUSE_MS, 10_000, 20_000, 40_000, LONGEST_PAUSE_MS, LONGEST_PAUSE_MS):
        assert not breaker.may_ask(now_ms + pause_ms - 1)
        now_ms += pause_ms
        assert breaker.may_ask(now_ms) and not breaker.may_ask(now_ms)
        breaker.gave_up()
        assert breaker.may_ask(now_ms)
        breaker.failed(now_ms)
    assert breaker.may_ask(now_ms + LONGEST_PAUSE_MS)
    assert breaker.worked() and not breaker.worked()


def test_secrets_of_look_ups_stay_when_the_others_are_made(tmp_path: object) -> None:
    """The administrator writes them into secrets.json; a start does not lose them."""
    home = Home(tmp_path)  # type: ignore[arg-type]
    home.secrets_file.write_text('{"lookups": {"crm_token": "t"}}')

    load_secrets(home, ["ana"])

    assert secrets_of(home) == {"crm_token": "t"}
    home.secrets_file.write_text("{")
    nothing: Mapping[str, str] = secrets_of(home)
    assert nothing == {}
