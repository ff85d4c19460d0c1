"""
Calls moved by command, with real SIP on every side, judged by what each party hears at every step.

Everybody plays a tone of their own; music, bell and the soft tone of hold are the switch's.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from cti.softphone.baresip import BaresipCall, BaresipStack, BaresipUserAgent
from cti.softphone.port import CallState, SoftCall
from tests.support import carrier
from tests.support.carrier import Carrier
from tests.support.centre import Centre
from tests.support.hearing import SILENT_MS_MAX, Hearing, Party
from tests.support.polling import eventually
from tests.support.scene import Cast, Ears, write_config

pytestmark = pytest.mark.integration

UP, ENDED = CallState.UP, CallState.ENDED
AGENTS = ("ana", "beto")
ZOE, SHOWN = "911234567", "+34910000001"
HZ = {"eva": 500, "ana": 800, "beto": 1230, "zoe": 1700}
FULL = "Nuestra cola está llena. Llame más tarde, por favor."
GOODBYE = "Gracias por llamar a la empresa de los mandos."
BACK_S = 20
"""For a server that was killed, on a machine that is busy with other tests."""

_QUEUE = """    wrap: {for: 2s}
    ring: {for: 20s}
    announce_every: 60s
    short_abandon: 1s
"""
_ON = (
    "    on: {closed: keep_waiting, full: {limit: LIMIT}, nobody_signed_in: keep_waiting, "
    "nobody_could_ever: keep_waiting, waited: {1h: keep_waiting}}\n"
)
_FULL = _QUEUE + _ON.replace("LIMIT", "1, to: 'message(lleno) -> hang_up'")
_OPEN = _QUEUE + _ON.replace("LIMIT", "100, to: keep_waiting")


def configuration(line: str) -> str:
    """YAML of a centre whose only trunk is this "host:port"."""
    return f"""
schema: acd/1
name: Centro de los mandos
languages: [es]
routing: {{policy: fair}}
skills: {{ventas: 0..10, soporte: 0..10, nadie: 0..10}}
agents:
  ana: {{name: Ana, phone: ana, skills: {{ventas: 7}}}}
  beto: {{name: Beto, phone: beto, skills: {{soporte: 7}}}}
phones: {{ana: {{}}, beto: {{}}}}
trunks:
  operador:
    host: "{line}"
    register: true
    user: {carrier.ACCOUNT}
    caller_id: "{SHOWN}"
    allow: ["9xxxxxxxx"]
entry: {{"900": {{flow: ventas}}, "901": {{flow: llena}}}}
flows:
  ventas: {{start: cola, nodes: {{cola: {{enqueue: ventas}}}}}}
  llena: {{start: cola, nodes: {{cola: {{enqueue: llena}}}}}}
queues:
  ventas:
    need: ["ventas >= 5/10"]
{_OPEN}
  soporte:
    need: ["soporte >= 5/10"]
{_OPEN}
  llena:
    need: ["nadie >= 5/10"]
{_FULL}
prompts: {{despedida: {{es: "{GOODBYE}"}}, lleno: {{es: "{FULL}"}}}}
"""


class Stage:
    """Who is on the line in one test."""

    def __init__(self, centre: Centre, cast: Cast, hearing: Hearing, network: Carrier) -> None:
        self.centre, self.cast, self.hearing, self.network = centre, cast, hearing, network
        self.began_s = 0.0

    async def talk(self, number: str) -> None:
        """Eva calls and talks to Ana; Beto is free."""
        await self.cast.only(*AGENTS, of=AGENTS)
        call = await (await self.cast.caller(number)).dial(f"sip:900@{self.centre.sip}")
        await call.wait_for(UP, within_s=8)
        self._party("eva", call)
        await self.picks_up("ana")
        self.began_s = time.monotonic()
        await self.hearing.becomes(eva="ana", ana="eva")

    async def consultation(self, number: str) -> None:
        """Eva is on hold, Ana asks Beto, who has picked up."""
        await self.talk(number)
        await self.does("ana", "consult", to={"agent": "beto"})
        await self.hearing.becomes(eva="music", ana="bell")
        await self.picks_up("beto")
        await self.hearing.becomes(eva="music", ana="beto", beto="ana")

    def _party(self, name: str, call: SoftCall) -> None:
        self.hearing.parties.append(Party(name, call, HZ[name]))

    def party(self, name: str) -> Party:
        return next(one for one in self.hearing.parties if one.name == name)

    async def picks_up(self, name: str) -> BaresipCall:
        leg = await self.cast.bell(name, within_s=8)
        await leg.answer()
        await leg.wait_for(UP, within_s=5)
        self._party(name, leg)
        return leg

    async def zoe_picks_up(self, phone: BaresipUserAgent) -> None:
        ringing = await phone.next_call(within_s=8)
        await ringing.answer()
        await ringing.wait_for(UP, within_s=5)
        self._party("zoe", ringing)

    async def does(self, agent: str, command: str, **more: object) -> None:
        status, said = await self.centre.order(agent, command, **more)
        assert status == 200, said

    async def is_refused(self, agent: str, command: str, **more: object) -> str:
        """The code."""
        status, said = await self.centre.order(agent, command, **more)
        assert status == 409, said
        return str(said["title"])

    async def hangs_up(self, name: str) -> None:
        party = self.party(name)
        self.hearing.parties.remove(party)
        await party.call.hangup()

    async def ends(self, name: str, *, within_s: float = 4.0) -> None:
        party = self.party(name)
        self.hearing.parties.remove(party)
        await party.call.wait_for(ENDED, within_s=within_s)

    async def shows(self, agent: str, activity: str, talk: str | None = None) -> None:
        """Wait until the page says so of this agent."""

        async def shown() -> bool:
            live = await self.cast.live_agent(agent)
            assert (live["activity"], live["talk"]) == (activity, talk)
            return True

        await eventually(shown, 8, f"{agent} {activity} {talk}")

    async def server_dies(self) -> None:
        """And comes back, while everybody is still heard as before."""
        self.centre.kill_server()
        await eventually(self._healthy, BACK_S, "the server is back")

    async def _healthy(self) -> bool:
        return await self.centre.health() == 200

    def nobody_was_left(self) -> None:
        """Of those still on the line, since the talk began."""
        now_s = time.monotonic()
        silences = {one.name: one.longest_silence_ms(self.began_s, now_s) for one in self.hearing.parties}
        assert max(silences.values(), default=0) <= SILENT_MS_MAX, silences

    async def record(self, number: str) -> dict[str, Any]:
        return await self.cast.record(number=number)


@pytest_asyncio.fixture(scope="module")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Carrier]:
    async with carrier.running(tmp_path_factory.mktemp("carrier"), [ZOE]) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def centre(network: Carrier, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("mandos")
    (folder / "home").mkdir()
    secrets = {"trunks": {"operador": carrier.PASSWORD}}
    (folder / "home/secrets.json").write_text(json.dumps(secrets))
    config = write_config(folder / "config", configuration(network.sip))
    async with Centre.running(folder / "home", config) as running:
        await eventually(network.centre_contact, 10, "the centre has registered")
        yield running


@pytest_asyncio.fixture(scope="module")
async def phone(network: Carrier, stack: BaresipStack) -> BaresipUserAgent:
    """Of somebody outside."""
    zoe = await stack.user_agent(ZOE, network.sip, ZOE, register_every_s=60)
    await zoe.register()
    return zoe


@pytest_asyncio.fixture
async def stage(centre: Centre, cast: Cast, ears: Ears, network: Carrier) -> AsyncIterator[Stage]:
    made = Stage(centre, cast, Hearing(ears.music), network)
    yield made
    for one in made.hearing.parties:
        await one.call.hangup()
    await cast.everybody_hangs_up()


async def test_hold_and_retrieve(stage: Stage) -> None:
    """On hold Eva hears music and Ana a soft tone; back, they hear each other; again, and asked twice."""
    await stage.talk("+34600444001")
    for _ in range(2):
        await stage.does("ana", "hold")
        await stage.does("ana", "hold")
        await stage.shows("ana", "talking", "held")
        await stage.hearing.becomes(eva="music", ana="hold")
        await stage.does("ana", "retrieve")
        await stage.hearing.becomes(eva="ana", ana="eva")
    stage.nobody_was_left()
    await stage.hangs_up("ana")
    await stage.ends("eva", within_s=15)
    record = await stage.record("+34600444001")
    assert (record["outcome"], record["ended_by"]) == ("answered", "agent")
    assert [part["agent"] for part in record["segments"] if part["kind"] == "talking"] == ["ana"]


async def test_mute(stage: Stage) -> None:
    """Eva hears nothing of Ana until she is heard again, a hold in between or not."""
    await stage.talk("+34600444002")
    await stage.does("ana", "mute")
    await stage.hearing.becomes(eva="", ana="eva")
    await stage.does("ana", "hold")
    await stage.hearing.becomes(eva="music", ana="hold")
    await stage.does("ana", "retrieve")
    await stage.hearing.becomes(eva="", ana="eva")
    await stage.does("ana", "unmute")
    await stage.hearing.becomes(eva="ana", ana="eva")


async def test_the_caller_hangs_up_on_hold(stage: Stage) -> None:
    """Ana's phone is free at once; the record blames the caller."""
    await stage.talk("+34600444003")
    await stage.does("ana", "hold")
    await stage.hearing.becomes(eva="music", ana="hold")
    await stage.hangs_up("eva")
    await stage.ends("ana")
    await stage.shows("ana", "wrap_up")
    record = await stage.record("+34600444003")
    assert (record["outcome"], record["ended_by"]) == ("answered", "caller")


async def test_the_agent_hangs_up_with_the_caller_on_hold(stage: Stage) -> None:
    """Eva is not dropped: music, back to her queue, and Ana's phone rings again once she is free."""
    await stage.talk("+34600444004")
    await stage.does("ana", "hold")
    await stage.hearing.becomes(eva="music", ana="hold")
    await stage.hangs_up("ana")
    await stage.hearing.becomes(eva="music")
    await stage.picks_up("ana")
    await stage.hearing.becomes(eva="ana", ana="eva")
    stage.nobody_was_left()


async def test_hang_up_by_command(stage: Stage) -> None:
    """As if Ana had put the receiver down."""
    await stage.talk("+34600444005")
    await stage.does("ana", "hang_up")
    await stage.ends("ana")
    await stage.shows("ana", "wrap_up")
    await stage.ends("eva", within_s=15)


async def test_a_blind_transfer_to_an_agent(stage: Stage) -> None:
    """Ana is free at once; Eva hears music, then Beto."""
    await stage.talk("+34600444006")
    await stage.does("ana", "transfer", to={"agent": "beto"})
    await stage.ends("ana")
    await stage.hearing.becomes(eva="music")
    await stage.picks_up("beto")
    await stage.hearing.becomes(eva="beto", beto="eva")
    stage.nobody_was_left()
    await stage.hangs_up("eva")
    await stage.ends("beto")
    record = await stage.record("+34600444006")
    assert [p["agent"] for p in record["segments"] if p["kind"] == "talking"] == ["ana", "beto"]


async def test_a_blind_transfer_to_a_queue(stage: Stage) -> None:
    """Whoever of that queue is free takes it; the clock of the first queue goes on."""
    await stage.talk("+34600444007")
    await stage.does("ana", "transfer", to={"queue": "soporte"})
    await stage.ends("ana")
    await stage.picks_up("beto")
    await stage.hearing.becomes(eva="beto", beto="eva")
    stage.nobody_was_left()
    await stage.hangs_up("eva")
    record = await stage.record("+34600444007")
    assert (record["outcome"], record["queue"]) == ("answered", "soporte")
    first, second = record["offers"]
    assert second["explanation"]["waited_ms"] > first["explanation"]["waited_ms"]


async def test_a_transfer_to_a_full_queue(stage: Stage, ears: Ears) -> None:
    """Refused, and the talk goes on; `anyway`, Eva hears that it is full."""
    waits = await (await stage.cast.caller("+34600444008")).dial(f"sip:901@{stage.centre.sip}")
    await waits.wait_for(UP, within_s=8)
    await stage.talk("+34600444009")
    assert await stage.is_refused("ana", "transfer", to={"queue": "llena"}) == "queue_full"
    await stage.hearing.becomes(eva="ana", ana="eva")
    eva = stage.party("eva").call
    await stage.does("ana", "transfer", to={"queue": "llena"}, anyway=True)
    await stage.ends("ana")
    await ears.hears(eva, FULL, within_s=15)
    await stage.ends("eva", within_s=15)


async def test_a_transfer_to_an_agent_who_is_not_free_is_refused(stage: Stage) -> None:
    """With the reason; Eva and Ana do not notice."""
    await stage.talk("+34600444010")
    await stage.does("beto", "not_ready", reason="pausa")
    assert await stage.is_refused("ana", "transfer", to={"agent": "beto"}) == "agent_unavailable"
    assert await stage.is_refused("ana", "consult", to={"agent": "beto"}) == "agent_unavailable"
    await stage.hearing.becomes(eva="ana", ana="eva")


async def test_a_consultation_ended_by_who_asked(stage: Stage) -> None:
    """Eva hears music meanwhile; cancelled, Beto's phone falls silent and Ana is back with Eva."""
    await stage.consultation("+34600444011")
    await stage.shows("ana", "talking", "consulting")
    await stage.does("ana", "cancel_consult")
    await stage.ends("beto")
    await stage.hearing.becomes(eva="ana", ana="eva")
    stage.nobody_was_left()


async def test_a_consultation_ended_by_who_was_asked(stage: Stage) -> None:
    """Beto hangs up: Ana is back with Eva by herself."""
    await stage.consultation("+34600444012")
    await stage.hangs_up("beto")
    await stage.hearing.becomes(eva="ana", ana="eva")
    await stage.shows("ana", "talking", "talking")
    stage.nobody_was_left()


async def test_a_consultation_that_is_declined_or_cancelled_while_it_rings(stage: Stage) -> None:
    """Declined, Ana is back with Eva; then to a queue, and taken back by `retrieve`."""
    await stage.talk("+34600444013")
    await stage.does("ana", "consult", to={"agent": "beto"})
    await stage.hearing.becomes(eva="music", ana="bell")
    await (await stage.cast.bell("beto", within_s=8)).decline()
    await stage.hearing.becomes(eva="ana", ana="eva")
    await stage.cast.all_ready("beto")
    await stage.does("ana", "consult", to={"queue": "soporte"})
    ringing = await stage.cast.bell("beto", within_s=8)
    await stage.does("ana", "retrieve")
    await ringing.wait_for(ENDED, within_s=4)
    await stage.hearing.becomes(eva="ana", ana="eva")
    stage.nobody_was_left()


async def test_the_caller_hangs_up_during_a_consultation(stage: Stage) -> None:
    """Both phones are free."""
    await stage.consultation("+34600444014")
    await stage.hangs_up("eva")
    await stage.ends("ana")
    await stage.ends("beto")


async def test_an_attended_transfer(stage: Stage) -> None:
    """Not before Beto has picked up; then Eva with Beto, and Ana wraps up."""
    await stage.talk("+34600444015")
    await stage.does("ana", "consult", to={"agent": "beto"})
    assert await stage.is_refused("ana", "complete_transfer") == "not_picked_up"
    await stage.picks_up("beto")
    await stage.hearing.becomes(eva="music", ana="beto", beto="ana")
    await stage.does("ana", "complete_transfer")
    await stage.ends("ana")
    await stage.hearing.becomes(eva="beto", beto="eva")
    await stage.shows("ana", "wrap_up")
    stage.nobody_was_left()
    await stage.hangs_up("beto")
    await stage.ends("eva", within_s=15)
    record = await stage.record("+34600444015")
    assert [p["agent"] for p in record["segments"] if p["kind"] == "talking"] == ["ana", "beto"]


async def test_the_agent_hangs_up_while_consulting(stage: Stage) -> None:
    """The telephone's own way to complete a transfer: Eva with Beto."""
    await stage.consultation("+34600444016")
    await stage.hangs_up("ana")
    await stage.hearing.becomes(eva="beto", beto="eva")
    await stage.shows("beto", "talking", "talking")
    stage.nobody_was_left()


async def test_the_agent_hangs_up_while_it_rings(stage: Stage) -> None:
    """Beto's bell stops; Eva is not dropped but rings at Ana's again."""
    await stage.talk("+34600444017")
    await stage.does("ana", "consult", to={"agent": "beto"})
    ringing = await stage.cast.bell("beto", within_s=8)
    await stage.hearing.becomes(eva="music", ana="bell")
    await stage.hangs_up("ana")
    await ringing.wait_for(ENDED, within_s=4)
    await stage.picks_up("ana")
    await stage.hearing.becomes(eva="ana", ana="eva")
    stage.nobody_was_left()


@pytest.mark.parametrize("first", ["ana", "beto"])
async def test_a_conference_and_an_agent_leaving_it(stage: Stage, first: str) -> None:
    """Each hears both others; whoever leaves, the two go on, and the other has the contact."""
    await stage.consultation("+34600444018")
    await stage.does("ana", "conference")
    await stage.hearing.becomes(eva="ana beto", ana="eva beto", beto="eva ana")
    await stage.shows("ana", "talking", "conference")
    other = "beto" if first == "ana" else "ana"
    await stage.hangs_up(first)
    await stage.hearing.becomes(**{"eva": other, other: "eva"})
    await stage.shows(other, "talking", "talking")
    await stage.shows(first, "wrap_up" if first == "ana" else "idle")
    await stage.does(other, "hold")
    await stage.hearing.becomes(**{"eva": "music", other: "hold"})
    await stage.does(other, "retrieve")
    await stage.hearing.becomes(**{"eva": other, other: "eva"})
    stage.nobody_was_left()
    await stage.hangs_up(other)
    await stage.ends("eva", within_s=15)


async def test_the_caller_leaves_a_conference(stage: Stage) -> None:
    """Both agents' phones are free."""
    await stage.consultation("+34600444020")
    await stage.does("ana", "conference")
    await stage.hearing.becomes(eva="ana beto", ana="eva beto", beto="eva ana")
    await stage.hangs_up("eva")
    await stage.ends("ana")
    await stage.ends("beto")


async def test_dial_out_and_a_consultation_inside(stage: Stage, phone: BaresipUserAgent) -> None:
    """Ana's phone, then Zoe's, who sees our number; hold, Beto asked and taking over: a caller like any."""
    await stage.cast.only(*AGENTS, of=AGENTS)
    await stage.does("ana", "dial", number=ZOE, queue="ventas")
    await stage.picks_up("ana")
    await stage.hearing.becomes(ana="bell")
    stage.began_s = time.monotonic()
    await stage.zoe_picks_up(phone)
    await stage.hearing.becomes(ana="zoe", zoe="ana")
    assert (stage.network.received()[-1].called, stage.network.received()[-1].number) == (ZOE, SHOWN)
    await stage.does("ana", "hold")
    await stage.hearing.becomes(zoe="music", ana="hold")
    await stage.does("ana", "consult", to={"agent": "beto"})
    await stage.picks_up("beto")
    await stage.hearing.becomes(zoe="music", ana="beto", beto="ana")
    await stage.does("ana", "complete_transfer")
    await stage.ends("ana")
    await stage.hearing.becomes(zoe="beto", beto="zoe")
    stage.nobody_was_left()
    await stage.hangs_up("beto")
    await stage.ends("zoe", within_s=15)
    record = await stage.record("+34911234567")
    assert (record["outcome"], record["direction"]) == ("answered", "outbound")


async def test_nobody_is_reached(stage: Stage, phone: BaresipUserAgent) -> None:
    """Zoe is busy: Ana's phone is free again, and the record says why."""
    await stage.cast.only(*AGENTS, of=AGENTS)
    await stage.does("ana", "dial", number=ZOE)
    await stage.picks_up("ana")
    await (await phone.next_call(within_s=8)).decline()
    await stage.ends("ana")

    async def told() -> bool:
        return bool((await stage.record("+34911234567"))["outcome"] == "dial_busy")

    await eventually(told, 5, "dial_busy")


async def test_somebody_outside_is_asked_and_takes_the_caller(stage: Stage, phone: BaresipUserAgent) -> None:
    """The bell, the two talk, then Eva with Zoe; Zoe hangs up, and Eva is said goodbye or goes on."""
    await stage.talk("+34600444021")
    await stage.does("ana", "consult", to={"number": ZOE})
    await stage.hearing.becomes(eva="music", ana="bell")
    await stage.zoe_picks_up(phone)
    await stage.hearing.becomes(eva="music", ana="zoe", zoe="ana")
    await stage.does("ana", "complete_transfer")
    await stage.ends("ana")
    await stage.hearing.becomes(eva="zoe", zoe="eva")
    stage.nobody_was_left()
    await stage.hangs_up("eva")
    await stage.ends("zoe")


async def test_a_blind_transfer_outside_and_one_that_fails(stage: Stage, phone: BaresipUserAgent) -> None:
    """Declined, Eva is back in her queue with Ana; then Zoe picks up."""
    await stage.talk("+34600444022")
    await stage.does("ana", "transfer", to={"number": ZOE})
    await stage.ends("ana")
    await stage.hearing.becomes(eva="music")
    await (await phone.next_call(within_s=8)).decline()
    await stage.picks_up("ana")
    await stage.hearing.becomes(eva="ana", ana="eva")
    await stage.does("ana", "transfer", to={"number": ZOE})
    await stage.ends("ana")
    await stage.zoe_picks_up(phone)
    await stage.hearing.becomes(eva="zoe", zoe="eva")
    stage.nobody_was_left()
    await stage.hangs_up("eva")
    await stage.ends("zoe")


async def test_the_server_dies_with_a_caller_on_hold(stage: Stage) -> None:
    """Music and the soft tone go on; the new server knows; retrieved as ever."""
    await stage.talk("+34600444023")
    await stage.does("ana", "hold")
    await stage.hearing.becomes(eva="music", ana="hold")
    await stage.server_dies()
    await stage.shows("ana", "talking", "held")
    await stage.hearing.becomes(eva="music", ana="hold")
    await stage.does("ana", "retrieve")
    await stage.hearing.becomes(eva="ana", ana="eva")
    stage.nobody_was_left()


async def test_the_server_dies_during_a_consultation(stage: Stage) -> None:
    """The two go on; the new server knows, and completes it."""
    await stage.consultation("+34600444024")
    await stage.server_dies()
    await stage.shows("ana", "talking", "consulting")
    await stage.hearing.becomes(eva="music", ana="beto", beto="ana")
    await stage.does("ana", "complete_transfer")
    await stage.ends("ana")
    await stage.hearing.becomes(eva="beto", beto="eva")
    stage.nobody_was_left()


async def test_the_server_dies_during_a_conference(stage: Stage) -> None:
    """The three go on; the new server knows; Ana leaves, Beto has the contact."""
    await stage.consultation("+34600444025")
    await stage.does("ana", "conference")
    await stage.hearing.becomes(eva="ana beto", ana="eva beto", beto="eva ana")
    await stage.server_dies()
    await stage.shows("ana", "talking", "conference")
    await stage.hearing.becomes(eva="ana beto", ana="eva beto", beto="eva ana")
    await stage.hangs_up("ana")
    await stage.hearing.becomes(eva="beto", beto="eva")
    await stage.shows("beto", "talking", "talking")
    stage.nobody_was_left()
