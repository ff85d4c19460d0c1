"""An agent's desktop at a real server: commands, a lost connection, a killed server."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from centralita.desktops import GRACE_MS
from cti.softphone.port import CallState, NotInTime
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import Cast, config_text, write_config

pytestmark = pytest.mark.integration

GRACE_S = GRACE_MS / 1000


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    """A centre of ana alone."""
    folder: Path = tmp_path_factory.mktemp("commands")
    config = write_config(folder / "config", config_text({"ana": "{ventas: 8}"}))
    async with Centre.running(folder / "home", config) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


class Desktop:
    """Ana's page, as far as the server sees it."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._session = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def connect(self) -> dict[str, Any]:
        """Open the stream and say whose screen it is; as a page does, again until the server is there."""

        async def opened() -> dict[str, Any]:
            facts = self._centre.facts()["http"]
            headers = {"Authorization": f"Bearer {facts['token']}"}
            url = f"{facts['url'].replace('http', 'ws', 1)}/api/events"
            try:
                self._socket = await self._session.ws_connect(url, headers=headers)
            except aiohttp.ClientError as error:
                raise AssertionError(str(error)) from error
            return await self.say(command="desktop", agent="ana")

        return await eventually(opened, 15, "the desktop is connected", every_s=0.1)

    async def say(self, **words: object) -> dict[str, Any]:
        """Send a command; its answer."""
        assert self._socket is not None
        command_id = secrets.token_hex(4)
        await self._socket.send_str(json.dumps({**words, "command_id": command_id}))
        while True:
            heard: dict[str, Any] = json.loads(await self._socket.receive_str(timeout=5))
            if heard["type"] == "command.result" and heard["command_id"] == command_id:
                return heard

    def cut(self) -> None:
        """The network is gone: no goodbye of any kind."""
        assert self._socket is not None
        connection = self._socket._response.connection
        assert connection is not None and connection.transport is not None
        connection.transport.abort()

    async def close(self) -> None:
        """Say goodbye, so that nothing of this screen is missed in the next test."""
        if self._socket is not None and not self._socket.closed:
            await self.say(command="desktop_bye", agent="ana")
        await self._session.close()


@pytest_asyncio.fixture
async def desktop(centre: Centre) -> AsyncIterator[Desktop]:
    desktop = Desktop(centre)
    yield desktop
    await desktop.close()


async def shown(cast: Cast, wanted: str) -> bool:
    return bool((await cast.live_agent("ana"))["desktop"] == wanted)


@pytest.mark.timeout(240)
async def test_nobody_is_offered_to_a_lost_screen(centre: Centre, cast: Cast, desktop: Desktop) -> None:
    """Lost, and still lost after a kill of the server, the caller waits; back again, the bell rings."""
    await cast.all_ready("ana")
    ana = await cast.agent("ana")
    assert (await desktop.connect())["status"] == "done"
    assert await shown(cast, "connected")

    desktop.cut()
    await eventually(lambda: shown(cast, "gone"), GRACE_S + 5, "ana's desktop is gone")
    state = await cast.live_agent("ana")
    assert (state["presence"], state["activity"]) == ("ready", "idle")
    call = await (await cast.caller()).dial(f"sip:902@{centre.sip}")
    await call.wait_for(CallState.UP, within_s=5)
    with pytest.raises(NotInTime):
        await ana.next_call(within_s=2)

    died = centre.kill_server()
    await eventually(lambda: centre.server_pid() != died, 20, "another server")
    await eventually(lambda: shown(cast, "gone"), 10, "still gone")
    with pytest.raises(NotInTime):
        await ana.next_call(within_s=2)
    await desktop.connect()
    leg = await ana.next_call(within_s=5)
    await leg.answer()
    await leg.wait_for(CallState.UP, within_s=3)
    await call.hangup()


@pytest.mark.timeout(240)
async def test_a_screen_that_a_dead_server_had_is_waited_for(
    centre: Centre, cast: Cast, desktop: Desktop
) -> None:
    """A kill of the server takes out nobody whose page comes back, and after the grace all others."""
    await cast.all_ready("ana")
    await desktop.connect()
    died = centre.kill_server()
    await eventually(lambda: centre.server_pid() != died, 20, "another server")
    await desktop.connect()
    assert await shown(cast, "connected")

    died = centre.kill_server()
    await eventually(lambda: centre.server_pid() != died, 20, "another server")
    await eventually(lambda: shown(cast, "connected"), 10, "the grace has begun")
    await eventually(lambda: shown(cast, "gone"), GRACE_S + 8, "ana's desktop is gone")
    await desktop.connect()
    assert (await desktop.say(command="desktop_bye", agent="ana"))["status"] == "done"
    assert await shown(cast, "none")


async def test_a_desktop_commands_the_agent(centre: Centre, cast: Cast, desktop: Desktop) -> None:
    """Ready, a pause with its reason, wrap-up ended, signed out: each is answered and seen by everybody."""
    await cast.all_ready("ana")
    await desktop.connect()
    ana = await cast.agent("ana")
    call = await (await cast.caller()).dial(f"sip:902@{centre.sip}")
    leg = await ana.next_call(within_s=5)
    await leg.answer()
    await leg.wait_for(CallState.UP, within_s=3)
    await eventually(lambda: talking(cast), 3, "ana talks")
    await call.hangup()
    await eventually(lambda: wrapping(cast), 3, "ana wraps up")
    ended = await desktop.say(command="wrap_up_done", agent="ana")
    assert (ended["status"], await wrapping(cast)) == ("done", False)

    again = await desktop.say(command="wrap_up_done", agent="ana")
    pause = await desktop.say(command="not_ready", agent="ana", reason="café")
    paused = await cast.live_agent("ana")
    nobody = await desktop.say(command="ready", agent="anna")
    without = await desktop.say(command="not_ready", agent="ana")
    ready = await desktop.say(command="ready", agent="ana")
    out = await desktop.say(command="logged_out", agent="ana")

    assert [answer["status"] for answer in (again, pause, nobody, without, ready, out)] == [
        "refused",
        "done",
        "unknown_agent",
        "bad_request",
        "done",
        "done",
    ]
    assert (paused["presence"], paused["reason"]) == ("not_ready", "café")
    assert "«ana»" in nobody["why"]["es"]
    assert (await cast.live_agent("ana"))["presence"] == "logged_out"


@pytest.mark.timeout(240)
async def test_a_phone_picks_up_by_command_once_the_configuration_says_that_it_can(
    centre: Centre, cast: Cast
) -> None:
    """By hand it is refused; after an edit the same phone is called anew with the order to pick up."""
    await cast.all_ready("ana")
    ana = await cast.agent("ana")
    status, told = await centre.order("ana", "answer")
    assert (status, told["title"]) == (409, "nothing_rings")
    call = await (await cast.caller("+34600555001")).dial(f"sip:902@{centre.sip}")
    bell = await ana.next_call(within_s=8)
    status, told = await centre.order("ana", "answer", command_id="a1")
    assert (status, told["title"]) == (409, "phone_cannot")
    assert "descuelgue el teléfono" in told["es"]
    assert (await cast.live_agent("ana"))["answers"] == "by_hand"

    await edited(centre, config_text({"ana": "{ventas: 8}"}).replace("ana: {}", "ana: {answer: header}", 1))
    await bell.hangup()
    assert (await cast.live_agent("ana"))["answers"] == "command"
    bell = await ana.next_call(within_s=RESTS_S)
    assert (await centre.order("ana", "answer", command_id="a2"))[0] == 200
    await bell.wait_for(CallState.ENDED, within_s=5)
    again = await ana.next_call(within_s=5)
    await again.answer()
    await eventually(lambda: talking(cast), 5, "ana talks")
    await call.hangup()
    await eventually(lambda: wrapping(cast), 5, "ana wraps up")


@pytest.mark.timeout(240)
async def test_what_came_of_a_call_is_said_in_the_words_of_its_queue(centre: Centre, cast: Cast) -> None:
    """During the call and after it; a word that the queue does not have is refused with those it has."""
    text = config_text({"ana": "{ventas: 8}"}).replace(
        "announce_every:", "dispositions: [venta, no_interesa], announce_every:"
    )
    await edited(centre, text)
    await cast.all_ready("ana")
    ana = await cast.agent("ana")
    call = await (await cast.caller("+34600555002")).dial(f"sip:902@{centre.sip}")
    leg = await ana.next_call(within_s=8)
    await leg.answer()
    await eventually(lambda: talking(cast), 5, "ana talks")
    assert (await centre.order("ana", "note", note="quiere factura"))[0] == 200
    status, told = await centre.order("ana", "dispose", disposition="vendido")
    assert (status, told["title"]) == (409, "unknown_disposition")
    assert "venta, no_interesa" in told["es"]
    await call.hangup()
    await eventually(lambda: wrapping(cast), 5, "ana wraps up")
    assert (await centre.order("ana", "dispose", disposition="venta", tags=["web"], note="pagó"))[0] == 200
    assert (await centre.order("ana", "wrap_up_done"))[0] == 200

    async def written() -> bool:
        record = await cast.record(number="+34600555002")
        said = [each["disposition"] for each in record["dispositions"]]
        return said == ["venta"] and [each["text"] for each in record["notes"]] == ["quiere factura"]

    await eventually(written, 10, "note and disposition are in the record")


RESTS_S = 20
"""An agent's phone that refused rests, and the caller waits."""


async def edited(centre: Centre, text: str) -> None:
    """Save another configuration, and wait until it is live."""

    async def version() -> str:
        return str((await centre.http_get("/api/config"))["version"])

    before = await version()
    write_config(Path(centre.facts()["config"]).parent, text)

    async def live() -> bool:
        return await version() != before

    await eventually(live, 20, "the edit is live", every_s=0.2)


async def talking(cast: Cast) -> bool:
    return bool((await cast.live_agent("ana"))["activity"] == "talking")


async def wrapping(cast: Cast) -> bool:
    return bool((await cast.live_agent("ana"))["activity"] == "wrap_up")
