"""A headless agent calls a customer: first its own phone rings, then the customer's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cti.softphone.baresip import BaresipStack
from cti.softphone.port import CallState
from tests.support import carrier
from tests.support.centre import Centre
from tests.support.headless import at_work
from tests.support.scene import Ears, config_text, write_config

pytestmark = pytest.mark.integration

ZOE = "911234567"
SCRIPT = """
idle: [{dial: '911234567', queue: ventas}]
on_dial: [{answer: yes}, {talk: end, tone: 440}, {dispose: venta}, {not_ready: café}]
"""


def _config(line: str) -> str:
    trunk = (
        f"trunks: {{operador: {{host: '{line}', register: true, user: {carrier.ACCOUNT}, "
        "caller_id: '+34910000001', allow: ['9xxxxxxxx']}}\n"
    )
    return config_text({"ana": "{ventas: 8}"}) + trunk


async def test_it_calls_when_it_has_nothing_else_to_do(tmp_path: Path, stack: BaresipStack) -> None:
    """Zoe picks up and hears it; when she hangs up the script goes on to its end."""
    async with carrier.running(tmp_path / "carrier", [ZOE]) as network:
        home = tmp_path / "home"
        home.mkdir()
        (home / "secrets.json").write_text(json.dumps({"trunks": {"operador": carrier.PASSWORD}}))
        config = write_config(tmp_path / "config", _config(network.sip))
        async with Centre.running(home, config) as centre:
            phone = await stack.user_agent(ZOE, network.sip, ZOE, register_every_s=60)
            await phone.register()
            async with at_work(centre, tmp_path / "agents", ana=SCRIPT) as team:
                ringing = await phone.next_call(within_s=40)
                await ringing.answer()
                await ringing.wait_for(CallState.UP, within_s=5)
                await Ears(centre).hears_tone(ringing, 440, within_s=40)
                await ringing.hangup()
                await team["ana"].says("resultado: venta")
                await team["ana"].says("no disponible: café")
                assert "suena: para llamar a +34911234567 (ventas)" in team["ana"].lines
            # While its network is still there.
            await phone.close()
