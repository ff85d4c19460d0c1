"""The estimated wait in a running centre: on screens, over the API, and in a caller's ear."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from centralita.waits.models import Models
from config.loader import load
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import NEXT, Cast, Ears, config_text, write_config
from tests.unit.waits.centres import formula, model

pytestmark = pytest.mark.integration

TOLD = ("Tiempo de espera estimado: entre uno", "y cinco minutos.")
"""Of somebody estimated to wait 140 s, between 70 s and 280 s."""


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    """A centre that has been trained before: whoever waits is estimated at 140 s."""
    folder = tmp_path_factory.mktemp("espera")
    config = write_config(folder / "config", config_text({"ana": "{ventas: 8}"}))
    trained = model(formula(140_000), version=load(config).version)
    Models(folder / "home" / "waits").write(trained)
    async with Centre.running(folder / "home", config) as running:
        yield running


async def test_a_waiting_caller_hears_an_honest_range_and_screens_show_it(
    centre: Centre, cast: Cast, ears: Ears
) -> None:
    """After the position comes the wait, in whole minutes; the API tells the same figures."""
    caller = await cast.caller()
    call = await caller.dial(f"sip:902@{centre.sip}")
    at = await ears.hears(call, NEXT, within_s=15)
    at = await ears.hears(call, TOLD[0], within_s=8, after_ms=at)
    await ears.hears(call, TOLD[1], within_s=8, after_ms=at)
    live = await centre.http_get("/api/live")
    waits = await centre.http_get("/api/waits")

    (contact,) = live["contacts"]
    assert contact["wait"] == {"mean_ms": 140_000, "low_ms": 70_000, "high_ms": 280_000}
    assert waits["model"]["config_version"] == live["config_version"]
    assert {queue["queue"]: queue["told"] for queue in waits["queues"]} == dict.fromkeys(
        ("ventas", "soporte", "general"), True
    )
    await call.hangup()
    await eventually(lambda: _empty(centre), 10, "the caller is gone")


async def _empty(centre: Centre) -> bool:
    return not (await centre.http_get("/api/live"))["contacts"]
