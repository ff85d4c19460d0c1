"""Lines to the telephone network: the carrier is an Asterisk of its own, or a telephone on its address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from centralita.tasks import spawn
from cti.asterisk.pjsip import Phone
from cti.asterisk.trunks import Trunk
from cti.softphone.baresip import BaresipStack, BaresipUserAgent
from cti.softphone.port import CallState, SoftCall
from tests.support import carrier
from tests.support.asterisk import private_instance
from tests.support.audio import tone_ms
from tests.support.carrier import Carrier, Received
from tests.support.polling import eventually
from tests.support.rig import Rig, rig

pytestmark = pytest.mark.integration

SPANIARD, MOBILE = "911234567", "+34600111222"
ANA = Phone("ana", "clave-de-ana")
DID, SHOWN = "910000001", "+34910000001"
TRUSTED = "127.0.0.3"
"""A second carrier, known by its address, whose word on who calls is believed."""


@pytest_asyncio.fixture(scope="module")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Carrier]:
    async with carrier.running(tmp_path_factory.mktemp("carrier"), [SPANIARD, MOBILE]) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def stack() -> AsyncIterator[BaresipStack]:
    async with BaresipStack(spawn) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def centre(network: Carrier, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    trunks = [
        Trunk(
            "operador",
            network.sip,
            register=True,
            user=carrier.ACCOUNT,
            password=carrier.PASSWORD,
            numbers={DID: "900"},
            caller_id=SHOWN,
            allow=("+34*", "112"),
            calls_max=2,
            out_max=1,
        ),
        Trunk("fiable", f"{TRUSTED}:25997", numbers={DID: "900"}, trust_identity=True, allow=("+44*",)),
    ]
    home = tmp_path_factory.mktemp("centre")
    async with rig(private_instance(home / "asterisk", [ANA], trunks=trunks)) as running:
        await eventually(network.centre_contact, 5, "the centre has registered")
        yield running


async def subscriber(stack: BaresipStack, network: Carrier, number: str) -> BaresipUserAgent:
    phone = await stack.user_agent(number, network.sip, number, register_every_s=60)
    await phone.register()
    return phone


async def agent(stack: BaresipStack, centre: Rig) -> BaresipUserAgent:
    switch = f"127.0.0.1:{centre.instance.sip_port}"
    phone = await stack.user_agent(ANA.name, switch, ANA.password, register_every_s=60)
    await phone.register()
    return phone


def to_centre(centre: Rig, number: str) -> str:
    return f"sip:{number}@127.0.0.1:{centre.instance.sip_port}"


async def hears(call: SoftCall, hz: int) -> None:
    await eventually(lambda: tone_ms(call.heard()[-32_000:], hz) > 500, 5, f"{hz} Hz heard", every_s=0.1)


async def test_a_call_from_the_network_reaches_the_entry_of_its_number(
    network: Carrier, centre: Rig, stack: BaresipStack
) -> None:
    """Registered with digest; a Spaniard dials our number: entry, trunk and the number as it was sent."""
    phone = await subscriber(stack, network, SPANIARD)
    door = Door(centre)
    call = await phone.dial(f"sip:{DID}@{network.sip}")
    await call.wait_for(CallState.UP, within_s=5)
    visit = await door.first()
    assert (visit["entry"], visit["trunk"], visit["number"]) == ("900", "operador", SPANIARD)
    await eventually(lambda: len(call.heard()) > 16_000, 5, "music is heard")
    await call.hangup()


@pytest.mark.parametrize("number", ["910000002", "900", "ana", "s", "admit", "+34600111222"])
async def test_a_number_that_is_not_ours_is_refused_with_404(centre: Rig, number: str) -> None:
    """Only what stands in `numbers`: neither entries nor phones nor the way out are there for the network."""
    stranger = centre.phone("911111111", address=TRUSTED)
    answer = await stranger.dial(number)
    assert answer.status == 404, answer.first


@pytest.mark.parametrize("number", [DID, "+34910000001", "34910000001", "0034910000001"])
async def test_our_number_is_known_however_the_carrier_writes_it(centre: Rig, number: str) -> None:
    """National, with plus, without, with 00."""
    caller, door = centre.phone("911111111", address=TRUSTED), Door(centre)
    answer = await caller.dial(number)
    assert answer.status == 200, answer.first
    assert (await door.first())["entry"] == "900"
    await caller.hang_up()


async def test_a_call_to_the_account_is_led_by_the_number_in_to(centre: Rig) -> None:
    """As some carriers do it; a number in To that is not ours is refused like any other."""
    caller, door = centre.phone("911111111", address=carrier.ADDRESS), Door(centre)
    assert (await caller.dial(carrier.ACCOUNT, to=DID)).status == 200
    assert (await door.first())["entry"] == "900"
    await caller.hang_up()
    for number in ("910000009", "ana", "i", "900"):
        answer = await caller.dial(carrier.ACCOUNT, to=number)
        assert answer.status == 404, f"{number}: {answer.first}"


@pytest.mark.parametrize(("address", "shown"), [(TRUSTED, MOBILE), (carrier.ADDRESS, "911111111")])
async def test_an_asserted_identity_is_believed_only_of_a_trusted_trunk(
    centre: Rig, address: str, shown: str
) -> None:
    """P-Asserted-Identity against From: the trunk decides whose word counts."""
    caller, door = centre.phone("911111111", address=address), Door(centre)
    asserted = (("P-Asserted-Identity", f"<sip:{MOBILE}@{address}>"),)
    answer = await caller.dial(DID, asserted)
    assert answer.status == 200, answer.first
    assert (await door.first())["number"] == shown
    await caller.hang_up()


async def test_an_allowed_destination_is_reached_and_shown_our_number(
    network: Carrier, centre: Rig, stack: BaresipStack
) -> None:
    """The agent dials a mobile: it shows the trunk's caller_id, not the agent; both hear each other."""
    mobile, ana = await subscriber(stack, network, MOBILE), await agent(stack, centre)
    for dialled in (MOBILE, "0034600111222"):
        call = await ana.dial(to_centre(centre, dialled))
        leg = await mobile.next_call(within_s=5)
        await leg.answer()
        await call.wait_for(CallState.UP, within_s=5)
        call.tone(440)
        leg.tone(880)
        await hears(leg, 440)
        await hears(call, 880)
        assert network.received()[-1] == Received(MOBILE, SHOWN, "")
        assert "ana" not in leg.peer
        await call.hangup()
        await leg.wait_for(CallState.ENDED, within_s=3)


@pytest.mark.parametrize(
    "number", ["600111222", "+1900555", "+34", "+34600x11222", "1120", "+34600&PJSIP/ana"]
)
async def test_what_is_not_allowed_is_never_dialled(
    network: Carrier, centre: Rig, stack: BaresipStack, number: str
) -> None:
    """404 at the agent's phone, and the carrier hears of nothing."""
    before = network.received()
    call = await (await agent(stack, centre)).dial(to_centre(centre, number))
    await call.wait_for(CallState.ENDED, within_s=5)
    assert call.end_reason.startswith("404"), call.end_reason
    assert network.received() == before


async def test_our_number_is_asserted_only_to_a_trusted_trunk(network: Carrier, tmp_path: Path) -> None:
    """`trust_identity` sends P-Asserted-Identity with the number shown; without it there is none."""
    trunk = Trunk(
        "fiable",
        network.sip,
        user=carrier.ACCOUNT,
        password=carrier.PASSWORD,
        caller_id=SHOWN,
        trust_identity=True,
        allow=("+34*",),
    )
    async with rig(private_instance(tmp_path / "asterisk", [ANA], trunks=[trunk])) as running:
        ana = await running.agent("ana")
        await ana.dial("+34600999888")
        seen = network.received()[-1]
        assert (seen.called, seen.number) == ("+34600999888", SHOWN)
        assert SHOWN in seen.asserted and "ana" not in seen.asserted


async def test_callers_cannot_call_out_through_us(network: Carrier, centre: Rig) -> None:
    """Neither who calls in from this machine nor the network itself gets to the carrier's lines."""
    before = network.received()
    for address in ("127.0.0.1", TRUSTED):
        answer = await centre.phone("911111111", address=address).dial(MOBILE)
        assert answer.status == 404, answer.first
    assert network.received() == before


async def test_more_calls_than_the_limits_allow_are_refused(
    network: Carrier, centre: Rig, stack: BaresipStack
) -> None:
    """One call out at a time: the second is refused with 503; two both ways together: the third as well."""
    mobile, ana = await subscriber(stack, network, MOBILE), await agent(stack, centre)
    first = await ana.dial(to_centre(centre, MOBILE))
    leg = await mobile.next_call(within_s=5)
    await leg.answer()
    await first.wait_for(CallState.UP, within_s=5)
    second = await ana.dial(to_centre(centre, MOBILE))
    await second.wait_for(CallState.ENDED, within_s=5)
    assert second.end_reason.startswith("503"), second.end_reason

    inward, beyond = (centre.phone("911111111", address=carrier.ADDRESS) for _ in range(2))
    assert (await inward.dial(DID)).status == 200
    assert (await beyond.dial(DID)).status == 503
    await first.hangup()
    await leg.wait_for(CallState.ENDED, within_s=3)

    async def room_again() -> bool:
        return "1 active channel" in await centre.asterisk.cli("core show channels count")

    await eventually(room_again, 3, "the call out has ended")
    assert (await beyond.dial(DID)).status == 200


async def test_an_account_that_the_carrier_refuses_is_told_with_the_mend(
    network: Carrier, tmp_path: Path
) -> None:
    """A wrong password: which trunk and where to put it right; mended, the trouble goes by itself."""
    wrong = Trunk("operador", network.sip, register=True, user=carrier.ACCOUNT, password="adivina")
    async with rig(private_instance(tmp_path / "asterisk", [ANA], trunks=[wrong])) as running:
        await eventually(lambda: "no acepta" in running.switch.trunk_trouble().get("operador", ""), 5)
        text = running.switch.trunk_trouble()["operador"]
        assert "secrets.json" in text and "trunks.operador" in text

        right = Trunk("operador", network.sip, register=True, user=carrier.ACCOUNT, password=carrier.PASSWORD)
        await running.take_up(trunks=[right])
        await eventually(lambda: running.switch.trunk_trouble() == {}, 10, "registered")
        gone = await running.take_up(trunks=[])
        assert set(gone.files) == {
            "pjsip.d/trunk-operador.conf",
            "cc.d/extensions_trunks.conf",
            "cc.d/extensions_globals.conf",
        }
        assert running.switch.trunk_trouble() == {}


async def test_a_carrier_that_does_not_answer_is_told(tmp_path: Path) -> None:
    """Nobody listens there: another text than for a refused account."""
    silent = Trunk("muda", "127.0.0.4:25996", register=True, user="x", password="y")
    async with rig(private_instance(tmp_path / "asterisk", trunks=[silent])) as running:
        await eventually(lambda: "no responde" in running.switch.trunk_trouble().get("muda", ""), 15)


class Door:
    """Who comes to the door from now on."""

    def __init__(self, centre: Rig) -> None:
        self._centre, self._before = centre, len(centre.visits)

    async def first(self) -> dict[str, str]:
        """Entry, trunk and number of the first who came."""
        visit = (await eventually(lambda: self._centre.visits[self._before :], 5, "somebody at the door"))[0]
        query = visit.query
        return {"entry": query["entry"], "trunk": query["trunk"], "number": visit.caller_number}
