from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ivr.flow import Enqueue, Flow, Goodbye, Menu, NodeId, PromptId, Say
from ivr.prompts import Catalogue, Position, Spoken
from ivr.session import BYE, CallerGone, Next, NextKind, Plan, Session, SoundFailed

pytestmark = pytest.mark.unit

FLOW = Flow(
    id="main",
    start=NodeId("welcome"),
    nodes={
        NodeId("welcome"): Say((PromptId("hello"),), NodeId("menu")),
        NodeId("menu"): Menu(
            prompt=PromptId("options"),
            keys={"1": NodeId("sales"), "9": NodeId("bye"), "0": NodeId("sales")},
            otherwise=NodeId("sales"),
            tries=2,
        ),
        NodeId("bye"): Goodbye(PromptId("despedida")),
        NodeId("sales"): Enqueue("sales"),
    },
    refuge=NodeId("sales"),
)
PLAN = Plan({"900": FLOW}, {"sales": 25_000})
WAIT = Next(NextKind.WAIT, 25_000)


class FakeAcd:
    """A distributor with one contact, which notes what it is told."""

    def __init__(self, phase: str = "new", node: str | None = None) -> None:
        self.told: list[str] = []
        self.places = [1]
        self.ringing = False
        self.lang: str | None = None
        self.after_talk = "after"
        self._phase = phase
        self._node = node

    def phase(self, contact: str) -> str:
        assert contact == "c1"
        return self._phase

    def node(self, contact: str) -> str | None:
        return self._node

    def language(self, contact: str) -> str | None:
        return self.lang

    def position(self, contact: str) -> Position | None:
        if self._phase not in {"waiting", "offered"}:
            return None
        return Position(self.places.pop(0), "sales", self.ringing)

    async def moved(self, contact: str, node: str) -> None:
        self.told.append(f"moved {node}")

    async def enqueue(self, contact: str, queue: str) -> None:
        self.told.append(f"enqueue {queue}")
        self._phase = "waiting"

    async def returned(self, contact: str) -> None:
        self.told.append("returned")
        self._phase = self.after_talk

    async def finished(self, contact: str) -> None:
        self.told.append("finished")
        self._phase = "closed"


class FakeCall:
    """A caller who presses these keys, one for each thing awaited, and may leave or have bad sounds."""

    def __init__(self, *keys: str | None, gone_at: int = 1_000, bad: str = "") -> None:
        self.heard: list[str] = []
        self._keys = list(keys)
        self._gone_at = gone_at
        self._bad = bad
        self.awaited = 0

    async def play(self, sound_paths: Sequence[str], stop_keys: str) -> str | None:
        self._wait()
        for sound in sound_paths:
            if self._bad and self._bad in sound:
                raise SoundFailed(sound)
            self.heard.append(sound)
        key = self._keys.pop(0) if self._keys else None
        return key if key is not None and key in stop_keys else None

    async def collect(self, timeout_ms: int) -> str | None:
        self._wait()
        self.heard.append(f"[listen {timeout_ms}]")
        return self._keys.pop(0) if self._keys else None

    def _wait(self) -> None:
        if self.awaited >= self._gone_at:
            raise CallerGone
        self.awaited += 1


class AllSounds:
    def path(self, text: str, lang: str) -> str | None:
        return f"{lang}:{text}"


class NoSounds:
    def path(self, text: str, lang: str) -> str | None:
        return None


def session(call: FakeCall, acd: FakeAcd, sounds: AllSounds | NoSounds | None = None) -> Session:
    prompts = {
        PromptId("hello"): {"es": Spoken("Hola."), "en": Spoken("Hello.")},
        PromptId("options"): {"es": Spoken("Pulse uno."), "en": Spoken("Press one.")},
    }
    return Session(call, acd, PLAN, Catalogue(prompts, ["es", "en"], sounds or AllSounds()), "c1")


async def visit(call: FakeCall, acd: FakeAcd, sounds: AllSounds | NoSounds | None = None) -> Next:
    """One visit to the end; what the dialplan then says by itself counts as heard, too."""
    following = await session(call, acd, sounds).run("900")
    call.heard += following.say
    return replace(following, say=())


async def test_a_new_caller_goes_through_the_menu_into_the_queue() -> None:
    """Every node is reported, then the queue, and the position is said before the music."""
    call, acd = FakeCall(None, None, "1"), FakeAcd()

    assert await visit(call, acd) == WAIT
    assert acd.told == ["moved welcome", "moved menu", "moved sales", "enqueue sales"]
    assert call.heard == ["es:Hola.", "es:Pulse uno.", "[listen 5000]", "es:Es usted el siguiente."]


async def test_a_caller_resumes_at_the_menu_after_a_restart() -> None:
    """The greeting is not repeated, and nothing is reported that is known already."""
    call, acd = FakeCall("1"), FakeAcd("ivr", "menu")

    assert await visit(call, acd) == WAIT
    assert acd.told == ["moved sales", "enqueue sales"]
    assert call.heard[0] == "es:Pulse uno."


async def test_a_caller_lost_between_menu_and_queue_is_enqueued_on_return() -> None:
    """The node is reported before the queue, so a crash between the two is mended."""
    call, acd = FakeCall(), FakeAcd("ivr", "sales")

    assert await visit(call, acd) == WAIT
    assert acd.told == ["enqueue sales"]


async def test_the_menu_can_say_goodbye() -> None:
    """A caller served by the menu ends by our hand."""
    call, acd = FakeCall("9"), FakeAcd("ivr", "menu")

    assert await visit(call, acd) == BYE
    assert acd.told == ["moved bye", "finished"]
    assert call.heard[-1] == "es:Gracias por su llamada. Hasta pronto."


@pytest.mark.parametrize("phase", ["waiting", "offered"])
async def test_a_waiting_caller_hears_the_position_as_of_now(phase: str) -> None:
    """Two visits, two answers of the engine."""
    call, acd = FakeCall(), FakeAcd(phase)
    acd.places = [4, 2]

    assert [await visit(call, acd), await visit(call, acd)] == [WAIT, WAIT]
    assert call.heard == ["es:Tiene tres personas delante.", "es:Tiene una persona delante."]
    assert acd.told == []


async def test_a_caller_for_whom_a_telephone_rings_is_asked_to_hold_on() -> None:
    """No number that is about to be wrong."""
    call, acd = FakeCall(), FakeAcd("offered")
    acd.ringing = True

    assert await visit(call, acd) == WAIT
    assert call.heard == ["es:Un momento, por favor. Enseguida le atienden."]


async def test_after_the_agent_the_caller_is_thanked() -> None:
    """Back from an agent: reported, thanked, ended."""
    call, acd = FakeCall(), FakeAcd("talking")

    assert await visit(call, acd) == BYE
    assert acd.told == ["returned", "finished"]
    assert call.heard == ["es:Gracias por su llamada. Hasta pronto."]


async def test_a_caller_whom_the_engine_requeues_waits_again() -> None:
    """If the engine says "waiting" when the caller is back, that is what happens."""
    call, acd = FakeCall(), FakeAcd("talking")
    acd.after_talk = "waiting"

    assert await visit(call, acd) == WAIT
    assert acd.told == ["returned"]


async def test_after_and_closed_end() -> None:
    """A restart during the goodbye says it again; a closed contact only hangs up."""
    acd = FakeAcd("after")
    assert await visit(FakeCall(), acd) == BYE
    assert acd.told == ["finished"]

    call, acd = FakeCall(), FakeAcd("closed")
    assert await visit(call, acd) == BYE
    assert (call.heard, acd.told) == ([], [])


async def test_the_callers_language_is_spoken() -> None:
    """Once known, it holds for every sentence."""
    call, acd = FakeCall("1"), FakeAcd()
    acd.lang = "en"
    await visit(call, acd)

    assert call.heard == ["en:Hello.", "en:You are next in line."]


async def test_without_any_sound_the_caller_still_reaches_a_person() -> None:
    """Missing prompts cost words, not callers."""
    call, acd = FakeCall(), FakeAcd()

    assert await visit(call, acd, NoSounds()) == WAIT
    assert acd.told[-1] == "enqueue sales"


async def test_a_sound_that_fails_is_skipped() -> None:
    """The switch cannot play one file: the rest goes on."""
    call, acd = FakeCall("1", bad="Hola"), FakeAcd()

    assert await visit(call, acd) == WAIT
    assert call.heard == ["es:Pulse uno.", "es:Es usted el siguiente."]


async def test_an_entry_without_flow_keeps_the_caller() -> None:
    """A number that the new configuration dropped: music and another try, never a dead line."""
    assert (await session(FakeCall(), FakeAcd()).run("999")).kind is NextKind.WAIT


@pytest.mark.parametrize("phase", ["new", "waiting", "talking", "after"])
async def test_a_caller_may_leave_at_any_moment(phase: str) -> None:
    """Wherever the leg goes away, CallerGone comes out and the engine is told nothing further."""
    keys = [None, None, None, "7", None, "0"]
    whole = FakeCall(*keys)
    await visit(whole, FakeAcd(phase))

    for moment in range(whole.awaited):
        call, acd = FakeCall(*keys, gone_at=moment), FakeAcd(phase)
        with pytest.raises(CallerGone):
            await visit(call, acd)
        assert "finished" not in acd.told
