"""The switch adapter moves legs on a real Asterisk: who hears whom after each order, and what it tells."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from acd import events as ev
from acd.commands import (
    AnswerLeg,
    CallCustomer,
    CallOutside,
    Confer,
    Connect,
    EndLeg,
    MuteLeg,
    OfferContact,
    Park,
    StopCalling,
    WithdrawOffer,
)
from acd.model import AgentId, ContactId, EndedBy, OfferEnd, OfferId, OfferKind
from centralita.clock import wall_clock_ms
from centralita.tasks import spawn
from cti.asterisk.originate import Outside
from cti.asterisk.pjsip import Phone
from cti.asterisk.trunks import Trunk
from cti.softphone.baresip import BaresipCall, BaresipStack, BaresipUserAgent
from cti.softphone.port import CallState
from tests.support import carrier
from tests.support.asterisk import private_instance
from tests.support.carrier import Carrier
from tests.support.hearing import SILENT_MS_MAX, Hearing, Party
from tests.support.polling import eventually
from tests.support.rig import Rig, rig

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
ANA, BETO = Phone("ana", "clave-de-ana"), Phone("beto", "clave-de-beto")
CARLA, ZOE, SHOWN = "+34600111222", "911234567", "+34910000001"
HZ = {"carla": 500, "ana": 800, "beto": 1230, "zoe": 1700}


class Stage:
    """One caller, two agents, and somebody outside."""

    def __init__(self, centre: Rig, stack: BaresipStack, phones: dict[str, BaresipUserAgent]) -> None:
        self.centre, self._stack, self._phones = centre, stack, phones
        self.hearing = Hearing(sorted((centre.instance.home / "data/moh").glob("*.wav")))
        self.contact, self._numbers = ContactId(""), itertools.count(1)
        self.began_s = 0.0

    def does(self, *commands: object) -> None:
        for command in commands:
            self.centre.switch.execute(command)  # type: ignore[arg-type]

    def leg(self) -> OfferId:
        return OfferId(f"{self.contact}-o{next(self._numbers)}")

    async def takes(
        self, name: str, *, by: OfferId | None = None, kind: OfferKind = OfferKind.CONTACT
    ) -> OfferId:
        """This agent's phone rings and is picked up."""
        leg = self.leg()
        self.does(OfferContact(leg, self.contact, AgentId(name), 15_000, kind=kind, by=by))
        await self.picks_up(name)
        await self.centre.tells(ev.OfferAccepted(leg))
        return leg

    async def picks_up(self, name: str) -> BaresipCall:
        call = await self.rings(name)
        await call.answer()
        await call.wait_for(UP, within_s=5)
        self.hearing.parties.append(Party(name, call, HZ[name]))
        return call

    async def rings(self, name: str) -> BaresipCall:
        call = await self._phones[name].next_call(within_s=5)
        await call.wait_for(CallState.RINGING, within_s=2)
        return call

    async def calls_in(self) -> None:
        """Carla, and Ana takes her call."""
        centre, before = self.centre, len(self.centre.visits)
        centre.told.clear()
        self.hearing.parties.clear()
        phone = await self._stack.user_agent(CARLA, f"127.0.0.1:{centre.instance.sip_port}")
        call = await phone.dial(f"sip:900@127.0.0.1:{centre.instance.sip_port}")
        await call.wait_for(UP, within_s=5)
        await eventually(lambda: len(centre.visits) > before, 5, "the caller stands at the door")
        self.contact = centre.newest()
        self.hearing.parties.append(Party("carla", call, HZ["carla"]))

    async def talk(self) -> OfferId:
        await self.calls_in()
        leg = await self.takes("ana")
        self.began_s = time.monotonic()
        await self.hearing.becomes(carla="ana", ana="carla")
        return leg

    async def consultation(self) -> tuple[OfferId, OfferId]:
        """Carla is on hold, Ana asks Beto, who has picked up."""
        ana = await self.talk()
        self.does(Park(ana, self.contact))
        beto = await self.takes("beto", by=ana, kind=OfferKind.CONSULT)
        await self.hearing.becomes(carla="music", ana="beto", beto="ana")
        return ana, beto

    def party(self, name: str) -> Party:
        return next(one for one in self.hearing.parties if one.name == name)

    async def hangs_up(self, name: str) -> None:
        party = self.party(name)
        self.hearing.parties.remove(party)
        await party.call.hangup()

    async def ends(self, name: str, *, within_s: float = 2.0) -> None:
        party = self.party(name)
        self.hearing.parties.remove(party)
        await party.call.wait_for(ENDED, within_s=within_s)

    def nobody_was_left(self) -> None:
        """Of those still on the line, since the talk began."""
        now_s = time.monotonic()
        silences = {one.name: one.longest_silence_ms(self.began_s, now_s) for one in self.hearing.parties}
        assert max(silences.values(), default=0) <= SILENT_MS_MAX, silences

    async def everybody_hangs_up(self) -> None:
        for one in self.hearing.parties:
            await one.call.hangup()
        await eventually(self._nothing_left, 5, "no channel is left")

    async def _nothing_left(self) -> bool:
        return "0 active channels" in await self.centre.asterisk.cli("core show channels count")


@pytest_asyncio.fixture(scope="module")
async def stack() -> AsyncIterator[BaresipStack]:
    async with BaresipStack(spawn) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Carrier]:
    async with carrier.running(tmp_path_factory.mktemp("carrier"), [ZOE]) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def centre(network: Carrier, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    line = Trunk(
        "operador",
        network.sip,
        register=True,
        user=carrier.ACCOUNT,
        password=carrier.PASSWORD,
        caller_id=SHOWN,
        calls_max=2,
        out_max=1,
    )
    home = tmp_path_factory.mktemp("centre")
    async with rig(private_instance(home / "asterisk", [ANA, BETO], trunks=[line])) as running:
        await eventually(network.centre_contact, 5, "the centre has registered")
        yield running


@pytest_asyncio.fixture(scope="module")
async def phones(centre: Rig, network: Carrier, stack: BaresipStack) -> dict[str, BaresipUserAgent]:
    """One of each: a second of the same name would register in its place, again and again."""
    switch = f"127.0.0.1:{centre.instance.sip_port}"
    found = {
        phone.name: await stack.user_agent(phone.name, switch, phone.password, register_every_s=60)
        for phone in (ANA, BETO)
    }
    return found | {"zoe": await stack.user_agent(ZOE, network.sip, ZOE, register_every_s=60)}


@pytest_asyncio.fixture
async def stage(
    centre: Rig, stack: BaresipStack, phones: dict[str, BaresipUserAgent]
) -> AsyncIterator[Stage]:
    for phone in phones.values():
        await phone.register()
    centre.ways["t1"] = Outside("operador", ZOE, SHOWN)
    made = Stage(centre, stack, phones)
    yield made
    await made.everybody_hangs_up()
    if not centre.switch.ready:
        await centre.restart()


async def test_hold_and_back_again(stage: Stage) -> None:
    """Twice; on hold the caller hears music and the agent a soft tone; nobody has ended."""
    leg = await stage.talk()
    for _ in range(2):
        stage.does(Park(leg, stage.contact))
        await stage.hearing.becomes(carla="music", ana="hold")
        stage.does(Connect(stage.contact, leg))
        await stage.hearing.becomes(carla="ana", ana="carla")
    stage.nobody_was_left()
    assert not [told for told in stage.centre.told if isinstance(told, ev.LegGone | ev.OfferFailed)]


async def test_an_order_given_twice_or_about_nobody_changes_nothing(stage: Stage) -> None:
    """Connected already, parked already, legs and contacts that are gone: the talk goes on."""
    leg = await stage.talk()
    nobody = ContactId("cnobody")
    stage.does(*[Connect(stage.contact, leg)] * 5)
    stage.does(Park(OfferId("cnobody-o1"), nobody), Connect(nobody, leg), Connect(stage.contact, stage.leg()))
    stage.does(Confer(nobody, (leg,)), MuteLeg(stage.leg(), True), AnswerLeg(leg), StopCalling(stage.contact))
    await stage.hearing.becomes(carla="ana", ana="carla")
    stage.does(*[Park(leg, stage.contact)] * 3)
    await stage.hearing.becomes(carla="music", ana="hold")
    # All at once: each waits for the one before it.
    stage.does(*[Connect(stage.contact, leg), Park(leg, stage.contact)] * 4, Connect(stage.contact, leg))
    await stage.hearing.becomes(carla="ana", ana="carla")
    stage.nobody_was_left()


async def test_nobody_hears_who_is_muted_not_even_after_a_hold(stage: Stage) -> None:
    """Muted, held, back: still muted, for a new server too; and heard again when wanted."""
    leg = await stage.talk()
    stage.does(MuteLeg(leg, True))
    await stage.hearing.becomes(carla="", ana="carla")
    stage.does(Park(leg, stage.contact))
    await stage.hearing.becomes(carla="music", ana="hold")
    stage.does(Connect(stage.contact, leg))
    await stage.hearing.becomes(carla="", ana="carla")
    await stage.centre.restart()
    stage.does(Park(leg, stage.contact))
    await stage.hearing.becomes(carla="music", ana="hold")
    stage.does(Connect(stage.contact, leg))
    await stage.hearing.becomes(carla="", ana="carla")
    stage.does(MuteLeg(leg, False))
    await stage.hearing.becomes(carla="ana", ana="carla")


async def test_a_consultation_and_back(stage: Stage) -> None:
    """While it rings Ana hears the bell; then the two talk, Carla hears music; Beto leaves, Ana is back."""
    ana = await stage.talk()
    beto = stage.leg()
    ask = OfferContact(beto, stage.contact, AgentId("beto"), 15_000, kind=OfferKind.CONSULT, by=ana)
    stage.does(Park(ana, stage.contact), ask)
    await stage.hearing.becomes(carla="music", ana="bell")
    assert ev.OfferAccepted(beto) not in stage.centre.told
    await stage.picks_up("beto")
    await stage.hearing.becomes(carla="music", ana="beto", beto="ana")
    await stage.centre.tells(ev.OfferAccepted(beto))
    await stage.hangs_up("beto")
    await stage.centre.tells(ev.LegGone(beto))
    await stage.hearing.becomes(carla="music", ana="hold")
    stage.does(Connect(stage.contact, ana))
    await stage.hearing.becomes(carla="ana", ana="carla")
    stage.nobody_was_left()


async def test_a_consultation_that_is_broken_off(stage: Stage) -> None:
    """Ana takes Carla back out of the talk with Beto, whose leg then ends."""
    ana, beto = await stage.consultation()
    stage.does(Connect(stage.contact, ana), EndLeg(beto))
    await stage.ends("beto")
    await stage.hearing.becomes(carla="ana", ana="carla")
    stage.nobody_was_left()


async def test_a_consultation_that_is_broken_off_while_it_rings(stage: Stage) -> None:
    """Beto's bell stops and Ana is back with Carla."""
    ana = await stage.talk()
    beto = stage.leg()
    ask = OfferContact(beto, stage.contact, AgentId("beto"), 15_000, kind=OfferKind.CONSULT, by=ana)
    stage.does(Park(ana, stage.contact), ask)
    ringing = await stage.rings("beto")
    stage.does(WithdrawOffer(beto, OfferEnd.WITHDRAWN), Connect(stage.contact, ana))
    await ringing.wait_for(ENDED, within_s=2)
    await stage.centre.tells(ev.OfferFailed(beto, OfferEnd.WITHDRAWN))
    await stage.hearing.becomes(carla="ana", ana="carla")
    stage.nobody_was_left()


async def test_who_was_asked_takes_the_caller_over(stage: Stage) -> None:
    """Completed: Carla with Beto, Ana's leg ends; Carla hangs up, and so does Beto's leg."""
    ana, beto = await stage.consultation()
    stage.does(Connect(stage.contact, beto), EndLeg(ana))
    await stage.ends("ana")
    await stage.hearing.becomes(carla="beto", beto="carla")
    stage.nobody_was_left()
    await stage.hangs_up("carla")
    await stage.ends("beto")


async def test_who_asked_hangs_up_in_the_consultation(stage: Stage) -> None:
    """Beto is not cut off: he waits, and takes Carla."""
    ana, beto = await stage.consultation()
    await stage.hangs_up("ana")
    await stage.centre.tells(ev.LegGone(ana))
    await stage.hearing.becomes(carla="music", beto="hold")
    stage.does(Connect(stage.contact, beto))
    await stage.hearing.becomes(carla="beto", beto="carla")
    stage.nobody_was_left()


async def test_the_caller_hangs_up_on_hold(stage: Stage) -> None:
    """Both legs end at once, by the switch itself: the server is dead."""
    await stage.consultation()
    await stage.centre.die()
    await stage.hangs_up("carla")
    await stage.ends("ana", within_s=1)
    await stage.ends("beto", within_s=1)


async def test_a_dead_server_does_not_keep_a_caller_on_hold(stage: Stage) -> None:
    """The agent's leg calls the caller back by itself; a new server finds both as they are."""
    before_ms = wall_clock_ms()
    leg = await stage.talk()
    talks_ms = wall_clock_ms()
    stage.does(Park(leg, stage.contact))
    await stage.hearing.becomes(carla="music", ana="hold")
    await stage.centre.die()
    await stage.hearing.becomes(carla="ana", ana="carla")
    await stage.centre.restart()
    (found,) = stage.centre.snapshots[-1].legs
    assert found == ev.LegSeen(leg, up=True, bridged=True, up_ms=found.up_ms)
    assert found.up_ms is not None
    assert before_ms <= found.up_ms <= talks_ms
    stage.does(Park(leg, stage.contact))
    await stage.hearing.becomes(carla="music", ana="hold")
    stage.does(Connect(stage.contact, leg))
    await stage.hearing.becomes(carla="ana", ana="carla")
    stage.nobody_was_left()


async def test_who_was_asked_goes_on_without_server_and_without_who_asked(stage: Stage) -> None:
    """Server dead, Ana hangs up: Beto calls Carla to the talk."""
    await stage.consultation()
    await stage.centre.die()
    await stage.hangs_up("ana")
    await stage.hearing.becomes(carla="beto", beto="carla")
    stage.nobody_was_left()


@pytest.mark.parametrize("first", ["ana", "beto"])
async def test_a_conference_and_each_agent_leaving_it(stage: Stage, first: str) -> None:
    """Each hears the other two; one agent leaves, the others go on; the last leaves, the caller is home."""
    legs = await stage.consultation()
    stage.does(Confer(stage.contact, legs))
    await stage.hearing.becomes(carla="ana beto", ana="carla beto", beto="carla ana")
    stage.does(Confer(stage.contact, legs))
    stage.nobody_was_left()
    other = "beto" if first == "ana" else "ana"
    await stage.hangs_up(first)
    await stage.hearing.becomes(**{"carla": other, other: "carla"})
    await stage.hangs_up(other)
    await stage.hearing.becomes(carla="music")
    stage.nobody_was_left()
    assert len([told for told in stage.centre.told if isinstance(told, ev.LegGone)]) == 2


async def test_the_caller_leaves_a_conference(stage: Stage) -> None:
    """Everybody's leg ends, without the server."""
    legs = await stage.consultation()
    stage.does(Confer(stage.contact, legs))
    await stage.hearing.becomes(carla="ana beto", ana="carla beto", beto="carla ana")
    await stage.centre.die()
    await stage.hangs_up("carla")
    await stage.ends("ana", within_s=1)
    await stage.ends("beto", within_s=1)


async def test_on_hold_after_a_conference(stage: Stage) -> None:
    """Beto has left it; Ana puts Carla on hold and takes her back."""
    legs = await stage.consultation()
    stage.does(Confer(stage.contact, legs))
    await stage.hearing.becomes(carla="ana beto", ana="carla beto", beto="carla ana")
    await stage.hangs_up("beto")
    await stage.hearing.becomes(carla="ana", ana="carla")
    stage.does(Park(legs[0], stage.contact))
    await stage.hearing.becomes(carla="music", ana="hold")
    stage.does(Connect(stage.contact, legs[0]))
    await stage.hearing.becomes(carla="ana", ana="carla")
    stage.nobody_was_left()


async def test_a_new_server_finds_a_consultation_and_a_conference(stage: Stage) -> None:
    """Neither is cut; legs on hold count as picked up; then everything can be moved on."""
    ana, beto = await stage.consultation()
    await stage.centre.restart()
    assert [(leg.up, leg.bridged) for leg in stage.centre.snapshots[-1].legs] == [(True, True)] * 2
    stage.does(Confer(stage.contact, (ana, beto)))
    await stage.hearing.becomes(carla="ana beto", ana="carla beto", beto="carla ana")
    await stage.centre.restart()
    assert [(leg.up, leg.bridged) for leg in stage.centre.snapshots[-1].legs] == [(True, True)] * 2
    await stage.hangs_up("ana")
    await stage.centre.tells(ev.LegGone(ana))
    stage.does(Park(beto, stage.contact))
    await stage.hearing.becomes(carla="music", beto="hold")
    await stage.centre.restart()
    assert stage.centre.snapshots[-1].legs == (ev.LegSeen(beto, up=True, bridged=False),)
    stage.does(Connect(stage.contact, beto))
    await stage.hearing.becomes(carla="beto", beto="carla")
    await stage.hangs_up("beto")
    await stage.centre.tells(ev.LegGone(beto))
    stage.nobody_was_left()


async def test_somebody_outside_is_asked_and_takes_the_caller(stage: Stage, network: Carrier) -> None:
    """Our number is shown; the bell is heard; the two talk; then Carla with Zoe."""
    ana = await stage.talk()
    zoe = stage.leg()
    stage.does(Park(ana, stage.contact), CallOutside(zoe, stage.contact, "t1", 15_000, by=ana))
    await stage.hearing.becomes(carla="music", ana="bell")
    await stage.centre.tells(ev.OfferRinging(zoe))
    await stage.picks_up("zoe")
    await stage.hearing.becomes(carla="music", ana="zoe", zoe="ana")
    await stage.centre.tells(ev.OfferAccepted(zoe))
    assert (network.received()[-1].called, network.received()[-1].number) == (ZOE, SHOWN)
    stage.does(Confer(stage.contact, (ana, zoe)))
    await stage.hearing.becomes(carla="ana zoe", ana="carla zoe", zoe="carla ana")
    await stage.hangs_up("ana")
    await stage.hearing.becomes(carla="zoe", zoe="carla")
    stage.nobody_was_left()
    await stage.hangs_up("carla")
    await stage.ends("zoe")


async def test_a_caller_is_sent_outside_and_comes_home(stage: Stage) -> None:
    """Music until Zoe picks up; she hangs up, Carla is home again."""
    await stage.calls_in()
    zoe = stage.leg()
    stage.began_s = time.monotonic()
    stage.does(CallOutside(zoe, stage.contact, "t1", 15_000))
    await stage.picks_up("zoe")
    await stage.hearing.becomes(carla="zoe", zoe="carla")
    await stage.centre.tells(ev.OfferAccepted(zoe))
    await stage.hangs_up("zoe")
    await stage.centre.tells(ev.LegGone(zoe))
    await stage.hearing.becomes(carla="music")
    stage.nobody_was_left()


async def test_who_is_outside_may_refuse_and_the_line_may_be_full(stage: Stage) -> None:
    """Busy is told as busy; the second call at once on a line for one is refused; so is an unknown token."""
    await stage.calls_in()
    busy, second, unknown = stage.leg(), stage.leg(), stage.leg()
    stage.does(CallOutside(busy, stage.contact, "t1", 15_000))
    ringing = await stage.rings("zoe")
    stage.does(CallOutside(second, stage.contact, "t1", 15_000), CallOutside(unknown, stage.contact, "t9", 9))
    await stage.centre.tells(ev.OfferFailed(second, OfferEnd.FAILED))
    await stage.centre.tells(ev.OfferFailed(unknown, OfferEnd.FAILED))
    await ringing.decline()
    await stage.centre.tells(ev.OfferFailed(busy, OfferEnd.BUSY))


def dialled(stage: Stage) -> tuple[ContactId, OfferId]:
    """A contact of which nothing is there yet."""
    stage.contact = ContactId(f"cd{time.monotonic_ns():x}")
    stage.centre.told.clear()
    stage.hearing.parties.clear()
    return stage.contact, stage.leg()


async def test_an_agent_calls_a_customer(stage: Stage) -> None:
    """Ana's phone first: picked up is accepted, she hears the bell; then Zoe, a caller from then on."""
    contact, leg = dialled(stage)
    stage.does(OfferContact(leg, contact, AgentId("ana"), 15_000, kind=OfferKind.DIAL))
    await stage.picks_up("ana")
    await stage.centre.tells(ev.OfferAccepted(leg))
    stage.began_s = time.monotonic()
    await stage.hearing.becomes(ana="bell")
    stage.does(CallCustomer(contact, leg, f"{contact}-customer", "t1", 15_000))
    await stage.picks_up("zoe")
    await stage.hearing.becomes(ana="zoe", zoe="ana")
    await stage.centre.tells(ev.ContactReached(contact))
    stage.does(Park(leg, contact))
    await stage.hearing.becomes(zoe="music", ana="hold")
    stage.does(Connect(contact, leg))
    await stage.hearing.becomes(ana="zoe", zoe="ana")
    await stage.centre.restart()
    assert [seen.contact_id for seen in stage.centre.snapshots[-1].callers] == [contact]
    stage.nobody_was_left()
    await stage.hangs_up("zoe")
    await stage.ends("ana")
    await stage.centre.tells(ev.ContactGone(contact, EndedBy.CALLER))


async def test_a_customer_who_is_not_reached(stage: Stage) -> None:
    """Busy, no answer, stopped by us, and a number that is none: each told once, with its reason."""
    contact, leg = dialled(stage)
    stage.does(OfferContact(leg, contact, AgentId("ana"), 15_000, kind=OfferKind.DIAL))
    await stage.picks_up("ana")
    await stage.centre.tells(ev.OfferAccepted(leg))
    stage.does(CallCustomer(contact, leg, f"{contact}-busy", "t1", 15_000))
    await (await stage.rings("zoe")).decline()
    await stage.centre.tells(ev.ContactGone(contact, EndedBy.CALLER, OfferEnd.BUSY))
    stage.does(CallCustomer(contact, leg, f"{contact}-late", "t1", 1_000))
    await stage.rings("zoe")
    await stage.centre.tells(ev.ContactGone(contact, EndedBy.CALLER, OfferEnd.NO_ANSWER))
    stage.does(CallCustomer(contact, leg, f"{contact}-stopped", "t1", 15_000))
    ringing = await stage.rings("zoe")
    stage.does(StopCalling(contact))
    await ringing.wait_for(ENDED, within_s=2)
    await stage.centre.tells(ev.ContactGone(contact, EndedBy.CALLER, OfferEnd.WITHDRAWN))
    stage.does(CallCustomer(contact, leg, f"{contact}-unknown", "t9", 15_000))
    await stage.centre.tells(ev.ContactGone(contact, EndedBy.CALLER, OfferEnd.FAILED))
    assert len([told for told in stage.centre.told if isinstance(told, ev.ContactGone)]) == 4


async def test_a_customer_is_rung_while_the_server_dies(stage: Stage) -> None:
    """Found ringing by the new server, or picked up meanwhile: reached all the same."""
    contact, leg = dialled(stage)
    stage.does(OfferContact(leg, contact, AgentId("ana"), 15_000, kind=OfferKind.DIAL))
    await stage.picks_up("ana")
    await stage.centre.tells(ev.OfferAccepted(leg))
    stage.does(CallCustomer(contact, leg, f"{contact}-customer", "t1", 15_000))
    ringing = await stage.rings("zoe")
    await stage.centre.restart()
    assert stage.centre.snapshots[-1].legs == (ev.LegSeen(leg, up=True, bridged=False, called=True),)
    assert ev.ContactReached(contact) not in stage.centre.told
    await stage.centre.switch.close()
    await ringing.answer()
    stage.hearing.parties.append(Party("zoe", ringing, HZ["zoe"]))
    await stage.hearing.becomes(ana="zoe", zoe="ana")
    await stage.centre.restart()
    await stage.centre.tells(ev.ContactReached(contact))


async def test_the_agent_hangs_up_while_the_customer_picks_up_without_server(stage: Stage) -> None:
    """Nobody is there for the customer: hung up, not kept with music."""
    contact, leg = dialled(stage)
    stage.does(OfferContact(leg, contact, AgentId("ana"), 15_000, kind=OfferKind.DIAL))
    await stage.picks_up("ana")
    await stage.centre.tells(ev.OfferAccepted(leg))
    stage.does(CallCustomer(contact, leg, f"{contact}-customer", "t1", 15_000))
    ringing = await stage.rings("zoe")
    await stage.centre.die()
    await stage.hangs_up("ana")
    await ringing.answer()
    await ringing.wait_for(ENDED, within_s=3)


async def test_a_phone_that_understands_talk_is_told_so(stage: Stage) -> None:
    """A NOTIFY within the ringing call, Event: talk."""
    await _answers(stage, "talk")
    await stage.calls_in()
    phone = stage.centre.phone("beto", BETO.password)
    phone.picks_up = False
    assert await phone.register() == 200
    leg = stage.leg()
    stage.does(OfferContact(leg, stage.contact, AgentId("beto"), 15_000))
    await stage.centre.tells(ev.OfferRinging(leg))
    stage.does(AnswerLeg(leg))
    told = (await eventually(lambda: phone.notified, 3, "NOTIFY"))[0]
    assert phone.talk is not None
    assert (told.get("Event"), told.get("Call-ID")) == ("talk", phone.talk.call_id)
    stage.does(WithdrawOffer(leg, OfferEnd.WITHDRAWN))
    await stage.centre.tells(ev.OfferFailed(leg, OfferEnd.WITHDRAWN))


async def test_a_phone_that_understands_headers_is_called_anew(stage: Stage) -> None:
    """The bell of the first call ends, the second says "answer": to the engine it is one and the same."""
    await _answers(stage, "header")
    await stage.calls_in()
    leg = stage.leg()
    stage.does(OfferContact(leg, stage.contact, AgentId("beto"), 15_000))
    first = await stage.rings("beto")
    await stage.centre.tells(ev.OfferRinging(leg))
    stage.does(AnswerLeg(leg))
    await first.wait_for(ENDED, within_s=3)
    await stage.picks_up("beto")
    await stage.centre.tells(ev.OfferAccepted(leg))
    await stage.hearing.becomes(carla="beto", beto="carla")
    assert not [told for told in stage.centre.told if isinstance(told, ev.OfferFailed)]
    assert stage.centre.told.count(ev.OfferRinging(leg)) == 1


async def _answers(stage: Stage, how: str) -> None:
    stage.centre.answers["beto"] = how
    await stage.centre.restart()
