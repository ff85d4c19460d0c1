"""The whole product with a line to the telephone network, and agents who use their phones for themselves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cti.softphone.port import CallState, NotInTime
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import Cast, config_text, write_config
from tests.support.telephone import Telephone

pytestmark = pytest.mark.integration

CARRIER, OTHER = "127.0.0.2", "127.0.0.3"
UP = CallState.UP
TRUNKS = f"""
trunks:
  operador: {{host: {CARRIER}, user: cuenta, numbers: {{"910000001": "902"}}}}
  olvidada: {{host: {OTHER}, user: cuenta, register: true, numbers: {{"910000002": "902"}}}}
"""


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("lines")
    home = folder / "home"
    home.mkdir()
    (home / "secrets.json").write_text(json.dumps({"trunks": {"operador": "clave"}}))
    config = write_config(folder / "config", config_text({"ana": "{ventas: 8}"}) + TRUNKS)
    async with Centre.running(home, config) as running:
        yield running


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


async def contacts(centre: Centre) -> list[dict[str, Any]]:
    return list((await centre.http_get("/api/live"))["contacts"])


async def test_a_national_number_is_shown_and_kept_as_e164(centre: Centre) -> None:
    """A Spaniard calls by a Spanish trunk: 911234567 is +34911234567 on the page and in the history."""
    sip = int(centre.facts()["ports"]["sip"])
    caller = Telephone("911234567", ("127.0.0.1", sip), address=CARRIER)
    assert (await caller.dial("+34910000001")).status == 200

    async def shown() -> bool:
        return [contact["number"] for contact in await contacts(centre)] == ["+34911234567"]

    await eventually(shown, 5, "the number on the page")
    await caller.hang_up()
    caller.close()

    async def stored() -> bool:
        return bool((await centre.http_get("/api/contacts?number=%2B34911234567"))["contacts"])

    await eventually(stored, 5, "the call in the history")


async def test_a_trunk_without_its_password_is_an_alarm_and_the_other_works(centre: Centre) -> None:
    """The page says which and where it belongs; so does the program when it starts."""
    alarms = (await centre.http_get("/api/live"))["alarms"]
    (alarm,) = [text for text in alarms if "olvidada" in text]
    assert str(centre.home / "secrets.json") in alarm
    assert "Línea «olvidada»" in " ".join((centre.home / "start.out").read_text().split())
    known = await centre.cli("pjsip show endpoints")
    assert "trunk.operador" in known and "trunk.olvidada" not in known


async def test_an_agent_in_a_call_of_their_own_is_not_offered_calls(centre: Centre, cast: Cast) -> None:
    """Ana dials 900: shown as in use, also after a restart of ours; the caller waits until she hangs up."""
    await cast.only("ana", of=["ana"])
    ana = await cast.agent("ana")
    own = await ana.dial(f"sip:900@{centre.sip}")
    await own.wait_for(UP, within_s=8)
    await eventually(lambda: _in_use(cast, wanted=True), 5, "in use is shown")
    call = await (await cast.caller("+34600111333")).dial(f"sip:902@{centre.sip}")
    await call.wait_for(UP, within_s=8)
    with pytest.raises(NotInTime):
        await ana.next_call(within_s=2)

    centre.kill_server()
    await eventually(lambda: _healthy(centre), 15, "the server is back")
    await eventually(lambda: _in_use(cast, wanted=True), 5, "in use is known again")
    with pytest.raises(NotInTime):
        await ana.next_call(within_s=1)

    await own.hangup()
    leg = await ana.next_call(within_s=8)
    await leg.answer()
    await leg.wait_for(UP, within_s=5)
    assert await _in_use(cast, wanted=False)
    await call.hangup()


async def _healthy(centre: Centre) -> bool:
    return await centre.health() == 200


async def _in_use(cast: Cast, *, wanted: bool) -> bool:
    return bool((await cast.live_agent("ana"))["in_use"] is wanted)
