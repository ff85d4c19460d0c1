"""Agents' phones on a real Asterisk: as configured, reloaded under live calls, in use, refused a REFER."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from acd import events as ev
from acd.commands import CallIn
from acd.model import AgentId, ContactId
from centralita.clock import wall_clock_ms
from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.pjsip import Phone
from cti.asterisk.trunks import Trunk
from cti.softphone.baresip import BaresipStack
from tests.support.asterisk import private_instance
from tests.support.polling import eventually
from tests.support.process import die_with_parent
from tests.support.rig import Rig, rig
from tests.support.telephone import Telephone

pytestmark = pytest.mark.integration

ANA, BETO, CARLA, DORA = (Phone(name, f"clave-de-{name}") for name in ("ana", "beto", "carla", "dora"))
GAP_MS_MAX = 200
NAP_S = 5


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Rig]:
    async with rig(private_instance(tmp_path / "asterisk", [ANA, BETO, CARLA, DORA])) as running:
        yield running


@dataclass(slots=True)
class Listener:
    """Notes when audio came, by the kernel's clock."""

    packets_ns: list[int] = field(default_factory=list)

    @classmethod
    def at(cls, phone: Telephone) -> Listener:
        made = cls()
        phone.on_voice = lambda _, at_ns: made.packets_ns.append(at_ns)
        return made

    def longest_gap_ms(self, start_ns: int, end_ns: int) -> float:
        heard = [start_ns, *(at for at in self.packets_ns if start_ns < at < end_ns), end_ns]
        return max(later - earlier for earlier, later in itertools.pairwise(heard)) / 1e6


@contextlib.contextmanager
def busy_machine() -> Iterator[None]:
    """Some processes that want all there is: what comes by UDP is not always taken in its order."""
    loops = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"], preexec_fn=die_with_parent)  # noqa: PLW1509
        for _ in range(3)
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


async def test_a_phone_that_registers_again_and_again_is_there(stage: Rig, stack: BaresipStack) -> None:
    """
    Of our own telephone: an old registration that is given back never takes the new one with it.

    Left to itself the native stack gives the old one back while it asks for the new one.
    """
    switch = f"127.0.0.1:{stage.instance.sip_port}"
    ana = await stack.user_agent(ANA.name, switch, ANA.password, register_every_s=60)
    with busy_machine():
        for attempt in range(60):
            await ana.register()
            await asyncio.sleep(0.05)
            shown = await stage.asterisk.cli("pjsip show contacts")
            assert "ana/sip:ana" in shown, f"gone after registering {attempt + 1} times:\n{shown}"


async def test_every_phone_is_in_asterisk_as_it_was_configured(tmp_path: Path) -> None:
    """What the renderer writes is what Asterisk goes by: kind, codecs, keys, address, and no REFER."""
    phones = [
        ANA,
        Phone("movil", "clave", browser=True),
        Phone("fija", "clave", address="127.0.0.1:25999", codecs=("g722", "alaw"), dtmf="info"),
    ]
    async with rig(private_instance(tmp_path / "asterisk", phones)) as running:
        shown = {name: await running.asterisk.settings("endpoint", name) for name in ("ana", "movil", "fija")}
        wanted: tuple[str, ...] = ("allow", "dtmf_mode", "webrtc", "context", "allow_transfer")
        wanted += ("direct_media", "rtp_timeout", "auth")
        assert {name: tuple(one[key] for key in wanted) for name, one in shown.items()} == {
            "ana": ("(alaw|ulaw|g722)", "auto", "no", "from-phones", "false", "false", "60", "ana"),
            "movil": ("(opus|alaw|ulaw|g722)", "auto", "yes", "from-phones", "false", "false", "15", "movil"),
            "fija": ("(g722|alaw)", "info", "no", "from-phones", "false", "false", "60", ""),
        }
        assert {one["media_address"] for one in shown.values()} == {"127.0.0.1"}
        place = await running.asterisk.settings("aor", "ana")
        assert (place["max_contacts"], place["remove_existing"]) == ("1", "true")
        page = await running.asterisk.settings("aor", "navegador")
        assert (page["max_contacts"], page["remove_existing"]) == ("100", "false")
        assert (await running.asterisk.settings("endpoint", "navegador"))["context"] == "from-callers"
        assert "sip:fija@127.0.0.1:25999" in await running.asterisk.cli("pjsip show contacts")
        assert running.snapshots[0].reachable == (AgentId("fija"),)


async def test_the_phone_of_an_agent_who_answers_by_itself_is_told_so(stage: Rig) -> None:
    """Both usual headers stand in the INVITE, whole; in that of another agent there is neither."""
    ana, beto = await stage.agent("ana"), await stage.agent("beto")
    await stage.caller("+34600111001")
    await stage.talk(stage.newest(), ana, auto_answer=True)
    await stage.caller("+34600111002")
    await stage.talk(stage.newest(), beto)

    assert ana.talk is not None
    assert beto.talk is not None
    told, asked = ana.talk.invite, beto.talk.invite
    assert told is not None
    assert asked is not None
    assert told.get("Call-Info") == "<sip:centralita>;answer-after=0"
    assert told.get("Alert-Info") == "<http://centralita>;info=alert-autoanswer;delay=0"
    assert (asked.get("Call-Info"), asked.get("Alert-Info")) == ("", "")
    assert asked.get("X-Offer") == "c2-o2"


async def test_a_waiting_caller_who_is_called_in_comes_within_a_nap(stage: Rig) -> None:
    """An exit is due: the caller is at the door within 5 s, once, and waits on undisturbed afterwards."""
    caller = await stage.caller()
    heard = Listener.at(caller)
    contact_id = stage.newest()
    began_ns = time.time_ns()
    stage.switch.execute(CallIn(contact_id))
    await eventually(lambda: len(stage.visits) == 2, NAP_S + 1.5, "the caller came")
    assert stage.visits[1].query["contact"] == contact_id
    assert heard.longest_gap_ms(began_ns, time.time_ns()) < GAP_MS_MAX
    with pytest.raises(AssertionError):
        await eventually(lambda: len(stage.visits) > 2, NAP_S + 1.5)


async def test_a_caller_called_in_while_at_the_door_comes_again_at_once(stage: Rig) -> None:
    """The mark set during a visit is not lost: the caller does not even lie down for a nap."""

    async def call_in(contact_id: ContactId, call: AgiCall) -> None:
        stage.during_visit = nothing
        stage.switch.execute(CallIn(contact_id))

        async def marked() -> bool:
            return bool(await call.get_variable("CC_COME") == "1")

        await eventually(marked, 3, "the channel is marked")

    nothing, stage.during_visit = stage.during_visit, call_in
    await stage.caller()
    await eventually(lambda: len(stage.visits) == 2, NAP_S / 2, "the caller came again")


async def test_who_is_gone_cannot_be_called_in(stage: Rig) -> None:
    """The caller hung up meanwhile: nothing happens to anybody else."""
    await stage.caller()
    stage.switch.execute(CallIn(ContactId("cnobody")))
    with pytest.raises(AssertionError):
        await eventually(lambda: len(stage.visits) > 1, NAP_S + 1.5)


async def test_silence_sends_nothing_to_waiting_callers(tmp_path: Path) -> None:
    """`music: none`: not one packet goes out, and calling in works as ever."""
    async with rig(private_instance(tmp_path / "asterisk", music_off=True)) as running:
        caller = await running.caller()
        heard = Listener.at(caller)
        running.switch.execute(CallIn(running.newest()))
        await eventually(lambda: len(running.visits) == 2, NAP_S + 1.5, "the caller came")
        assert heard.packets_ns == []


async def test_a_refer_is_refused_and_the_talk_goes_on(stage: Rig) -> None:
    """An agent's phone cannot move the caller behind our back; both hear each other all the while."""
    ana, caller = await stage.agent("ana"), await stage.caller()
    await stage.talk(stage.newest(), ana)
    at_agent, at_caller = Listener.at(ana), Listener.at(caller)
    await eventually(lambda: at_agent.packets_ns and at_caller.packets_ns, 3, "they hear each other")
    began_ns = time.time_ns()
    status = await ana.refer(f"sip:900@127.0.0.1:{stage.instance.sip_port}")
    assert status == 603
    await eventually(lambda: len(at_agent.packets_ns) > 100 and len(at_caller.packets_ns) > 100, 5, "audio")
    for listener in (at_agent, at_caller):
        assert listener.longest_gap_ms(began_ns, time.time_ns()) < GAP_MS_MAX
    assert not [event for event in stage.told if isinstance(event, ev.LegGone | ev.ContactGone)]
    assert ana.talk is not None and not ana.talk.ended_ns


async def test_a_phone_in_a_call_of_its_own_is_told_and_free_again_afterwards(stage: Rig) -> None:
    """The agent dials 900: in use, also for a server just started; then hangs up. Our legs never count."""
    ana = await stage.agent("ana")
    answer = await ana.dial("900")
    assert answer.status == 200
    await stage.tells(ev.PhoneInUse(AgentId("ana"), in_use=True))
    await stage.restart()
    assert list(stage.snapshots[-1].in_use) == ["ana"]
    await ana.hang_up()
    await stage.tells(ev.PhoneInUse(AgentId("ana"), in_use=False))

    stage.told.clear()
    await stage.caller()
    await stage.talk(stage.newest(), ana)
    await stage.restart()
    assert not stage.snapshots[-1].in_use
    assert not [event for event in stage.told if isinstance(event, ev.PhoneInUse)]


async def test_phones_reach_our_numbers_and_nothing_else(stage: Rig) -> None:
    """No other phone, no name of Asterisk's, no dial string: 404, and no channel is made."""
    ana = await stage.agent("ana")
    for number in (
        "beto",
        "PJSIP",
        "cc-caller",
        "in",
        "s",
        "again",
        "900&PJSIP",
        "9001",
        "+34600111222",
        "112",
    ):
        answer = await ana.dial(number)
        assert answer.status == 404, f"{number}: {answer.first}"
    assert "0 calls processed" in await stage.asterisk.cli("core show calls")


async def test_a_reload_changes_phones_and_trunks_and_nobody_hears_it(stage: Rig) -> None:
    """
    Two talks and a waiting caller; a phone and a trunk come, one changes its codecs, one goes.

    Nobody hears a gap, no call ends, and the new phone registers and gets the waiting caller.
    """
    ana, beto = await stage.agent("ana"), await stage.agent("beto")
    await stage.agent("dora")
    callers = []
    for agent in (ana, beto):
        callers.append(await stage.caller())
        await stage.talk(stage.newest(), agent)
    callers.append(await stage.caller())
    waiting = stage.newest()
    listeners = [Listener.at(phone) for phone in (ana, beto, *callers)]
    await eventually(lambda: all(len(one.packets_ns) > 50 for one in listeners), 5, "everybody hears")
    alive = await stage.asterisk.cli("dialplan show globals")
    assert "CC_ALIVE" in alive

    began_ns = time.time_ns()
    nina = Phone("nina", "clave-de-nina")
    trunk = Trunk("operador", "127.0.0.2:25998", numbers={"911234567": "900"}, allow=("+34*",))
    changed = await stage.take_up(
        phones=[ANA, BETO, Phone("carla", CARLA.password, codecs=("g722",)), nina], trunks=[trunk]
    )
    assert set(changed.files) == {
        "pjsip.d/phone-carla.conf",
        "pjsip.d/phone-dora.conf",
        "pjsip.d/phone-nina.conf",
        "pjsip.d/trunk-operador.conf",
        "cc.d/extensions_trunks.conf",
        "cc.d/extensions_globals.conf",
    }
    assert (await stage.asterisk.settings("endpoint", "carla"))["allow"] == "(g722)"
    assert await stage.asterisk.settings("endpoint", "dora") == {}
    assert (await stage.asterisk.settings("endpoint", "trunk.operador"))["context"] == "cc-trunk-operador"
    new = await stage.agent("nina")
    # The others go on being heard while the new one is rung and talks.
    await stage.talk(waiting, new)
    at_new = Listener.at(new)
    await eventually(lambda: len(at_new.packets_ns) > 50, 5, "the new phone hears the caller")
    ended_ns = time.time_ns()

    gaps_ms = [one.longest_gap_ms(began_ns, ended_ns) for one in listeners]
    assert max(gaps_ms) < GAP_MS_MAX, gaps_ms
    assert not [event for event in stage.told if isinstance(event, ev.LegGone | ev.ContactGone)]
    assert [phone.talk.ended_ns for phone in (ana, beto, *callers) if phone.talk is not None] == [0] * 5


async def test_a_reload_is_no_sign_of_a_dead_server(stage: Rig) -> None:
    """Reading the dialplan again sets the sign of life to now, never back: no waiting caller comes to ask."""
    await stage.caller()
    before_s = wall_clock_ms() // 1000
    await asyncio.wait_for(stage.take_up(entries=["900", "+34910000001"]), 5)
    shown = await stage.asterisk.cli("dialplan show globals")
    alive_s = int(next(line.partition("=")[2] for line in shown.splitlines() if "CC_ALIVE" in line))
    assert alive_s >= before_s
    assert len(stage.visits) == 1
    second = await stage.caller(entry="34910000001")
    assert stage.visits[-1].query["entry"] == "+34910000001"
    await second.hang_up()
