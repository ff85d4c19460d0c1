"""One call from dialling to goodbye, with real SIP on both sides, judged by what each party hears."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cti.softphone.port import CallState, Mark, NotInTime
from tests.integration.conftest import AGENTS
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import ANNOUNCE_S, NEXT, ONE_AHEAD, PROMPTS, RING_S, WRAP_S, Cast, Ears
from tests.support.sipp import RingForever, register, start_agents

pytestmark = pytest.mark.integration


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast) -> AsyncIterator[None]:
    yield
    await cast.everybody_hangs_up()


UP, ENDED = CallState.UP, CallState.ENDED


async def test_the_whole_call_ended_by_the_agent(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Greeted, menu, queued, offered, two-way audio; the agent hangs up: goodbye, wrap-up, ready, record."""
    await cast.only("ana", of=list(AGENTS))
    ana = await cast.agent("ana")
    caller = await cast.caller("+34600111222")
    call = await caller.dial(f"sip:900@{centre.sip}")
    await call.wait_for(UP, within_s=5)
    call.tone(440)
    greeted = await ears.hears(call, PROMPTS["bienvenida"], within_s=10)
    assert greeted < 1_500
    await ears.hears(call, PROMPTS["opciones"], within_s=15)
    await call.send_dtmf("1")

    leg = await ana.next_call(within_s=5)
    assert leg.headers["X-Contact"]
    assert "+34600111222" in leg.peer
    await leg.answer()
    await leg.wait_for(UP, within_s=5)
    leg.tone(880)
    await ears.hears_tone(call, 880)
    await ears.hears_tone(leg, 440)
    assert (await cast.live_agent("ana"))["activity"] == "talking"

    await leg.hangup()
    await eventually(lambda: _activity(cast, "ana", "wrap_up"), 2, "ana wraps up")
    await ears.hears(call, PROMPTS["despedida"], within_s=8)
    await call.wait_for(ENDED, within_s=5)
    await eventually(lambda: _activity(cast, "ana", "idle"), WRAP_S + 2, "ana ready again")

    record = await cast.record(number="+34600111222")
    assert (record["outcome"], record["ended_by"], record["queue"]) == ("answered", "agent", "ventas")
    kinds = [(s["kind"], s["agent"]) for s in record["segments"]]
    assert [k for k in kinds if k[0] != "waiting"] == [("ivr", None), ("talking", "ana"), ("after", None)]
    assert record["talk_ms"] > 500
    spans = sum(s["end_ms"] - s["start_ms"] for s in record["segments"])
    assert spans == record["ended_ms"] - record["started_ms"]
    why = record["offers"][0]["explanation"]
    others = {group["reason"]: group["agents"] for group in why["not_chosen"]}
    assert others == {"not ready (pausa)": ["beto", "dora"], "lacks ventas >= 5": ["carla"]}


async def test_the_caller_hangs_up_in_the_talk(centre: Centre, cast: Cast, ears: Ears) -> None:
    """The agent's phone falls silent at once, the agent wraps up, and the record blames the caller."""
    await cast.only("ana", of=list(AGENTS))
    ana = await cast.agent("ana")
    call = await (await cast.caller("+34600111223")).dial(f"sip:902@{centre.sip}")
    leg = await ana.next_call(within_s=5)
    await leg.answer()
    call.tone(440)
    await ears.hears_tone(leg, 440)
    await call.hangup()
    await leg.wait_for(ENDED, within_s=1)
    await eventually(lambda: _activity(cast, "ana", "wrap_up"), 2, "ana wraps up")
    record = await cast.record(number="+34600111223")
    assert (record["outcome"], record["ended_by"]) == ("answered", "caller")
    assert record["segments"][-1]["ended_by"] == "caller"


async def test_longest_idle_first_and_only_with_the_skill(centre: Centre, cast: Cast) -> None:
    """Carla is idle longest but lacks the skill; Beto has been idle longer than Ana."""
    await cast.only("carla", "beto", "ana", of=list(AGENTS))
    call = await (await cast.caller()).dial(f"sip:902@{centre.sip}")
    await cast.takes("beto", within_s=10)
    await call.hangup()


async def test_no_answer_goes_to_the_next_with_place_and_clock(centre: Centre, cast: Cast) -> None:
    """Ana lets it ring: not ready (no_answer); Beto's phone rings at once, the wait counts on."""
    await cast.only("ana", "beto", of=list(AGENTS))
    ana, beto = await cast.agent("ana"), await cast.agent("beto")
    call = await (await cast.caller("+34600111224")).dial(f"sip:902@{centre.sip}")
    first = await ana.next_call(within_s=5)
    second = await beto.next_call(within_s=RING_S + 3)
    ended, rang = first.at_s(Mark.ENDED), second.at_s(Mark.INVITED)
    await first.wait_for(ENDED, within_s=1)
    assert ended is not None or first.at_s(Mark.ENDED) is not None
    assert rang is not None
    assert rang - (first.at_s(Mark.ENDED) or rang) < 0.5
    await second.answer()
    await eventually(lambda: _activity(cast, "beto", "talking"), 3, "beto talks")
    shown = await cast.live_agent("ana")
    assert (shown["presence"], shown["reason"]) == ("not_ready", "no_answer")
    await call.hangup()
    record = await cast.record(number="+34600111224")
    assert [(o["agent"], o["result"]) for o in record["offers"]] == [
        ("ana", "no_answer"),
        ("beto", "accepted"),
    ]
    assert record["wait_ms"] >= RING_S * 1000


async def test_a_declining_agent_rests_and_the_next_is_rung(centre: Centre, cast: Cast) -> None:
    """486 at Ana's phone: Beto is rung at once, Ana rests with a reason that can be seen, and comes back."""
    await cast.only("ana", "beto", of=list(AGENTS))
    ana, beto = await cast.agent("ana"), await cast.agent("beto")
    call = await (await cast.caller("+34600111225")).dial(f"sip:902@{centre.sip}")
    first = await ana.next_call(within_s=5)
    declined_s = time.monotonic()
    await first.decline()
    second = await beto.next_call(within_s=2)
    rang_s = second.at_s(Mark.INVITED)
    assert rang_s is not None
    assert rang_s - declined_s < 0.5
    shown = await cast.live_agent("ana")
    assert (shown["presence"], shown["reason"]) == ("ready", "busy")
    assert shown["resting_until_ms"] is not None
    await second.answer()
    await eventually(lambda: _activity(cast, "beto", "talking"), 3, "beto talks")
    await call.hangup()
    record = await cast.record(number="+34600111225")
    assert [(o["agent"], o["result"]) for o in record["offers"]] == [("ana", "busy"), ("beto", "accepted")]


async def test_an_agent_without_a_phone_is_not_offered(centre: Centre, cast: Cast, tmp_path: Path) -> None:
    """Dora's phone registers: ready, and rung first. It goes: she is shown as gone, and Beto is rung."""
    await cast.only("beto", of=list(AGENTS))
    beto = await cast.agent("beto")
    account = {"dora": centre.password("dora")}
    phone = await start_agents(RingForever(), tmp_path)
    await register(centre.sip, account, phone.port, tmp_path, name="comes")
    await centre.http_post("/api/agents/dora/presence", {"presence": "ready"})
    await eventually(lambda: cast.is_reachable("dora"), 5, "dora's phone is there")
    await register(centre.sip, account, phone.port, tmp_path, name="goes", expires_s=0)
    await eventually(lambda: _gone(cast, "dora"), 5, "dora's phone is gone")

    call = await (await cast.caller("+34600111226")).dial(f"sip:902@{centre.sip}")
    leg = await beto.next_call(within_s=3)
    await leg.answer()
    await eventually(lambda: _activity(cast, "beto", "talking"), 3, "beto talks")
    await call.hangup()
    record = await cast.record(number="+34600111226")
    assert [o["agent"] for o in record["offers"]] == ["beto"]

    async def logged_out() -> bool:
        shown = await cast.live_agent("dora")
        return (shown["presence"], shown["reason"]) == ("logged_out", "phone gone")

    await eventually(logged_out, 8, "dora's shift is over")
    await phone.stop()


async def test_the_bell_stops_when_the_caller_hangs_up(centre: Centre, cast: Cast) -> None:
    """The caller leaves while it rings: the agent's phone is silent within 50 ms, and nobody else is rung."""
    await cast.only("ana", "beto", of=list(AGENTS))
    ana, beto = await cast.agent("ana"), await cast.agent("beto")
    took_ms = []
    for _ in range(5):
        call = await (await cast.caller()).dial(f"sip:902@{centre.sip}")
        await call.wait_for(UP, within_s=5)
        ringing = await ana.next_call(within_s=5)
        await ringing.wait_for(CallState.RINGING, within_s=2)
        await eventually(lambda: _activity(cast, "ana", "offered"), 2, "ana offered")
        await call.hangup()
        left_s = call.at_s(Mark.ENDED) or time.monotonic()
        await ringing.wait_for(ENDED, within_s=2)
        took_ms.append(((ringing.at_s(Mark.ENDED) or 0) - left_s) * 1000)
        await eventually(lambda: _activity(cast, "ana", "idle"), 2, "ana free again")
        await cast.only("ana", "beto", of=list(AGENTS))
    assert sorted(took_ms)[2] < 50, took_ms
    with pytest.raises(NotInTime):
        await beto.next_call(within_s=0.5)


async def test_position_on_joining_and_again_as_of_now(centre: Centre, cast: Cast, ears: Ears) -> None:
    """Two wait: the second is told so; when the first leaves, the next announcement tells the truth."""
    await cast.only(of=list(AGENTS))
    first = await (await cast.caller()).dial(f"sip:902@{centre.sip}")
    await ears.hears(first, NEXT, within_s=8)
    second = await (await cast.caller("+34600111227")).dial(f"sip:902@{centre.sip}")
    joined = await ears.hears(second, ONE_AHEAD, within_s=8)
    assert joined < 2_000
    again = await ears.hears(second, ONE_AHEAD, within_s=ANNOUNCE_S + 6, after_ms=joined + 1_000)
    spoken = ears.lasts(ONE_AHEAD)
    assert ANNOUNCE_S * 1000 - 1_500 < again - joined - spoken < ANNOUNCE_S * 1000 + 2_500
    # Music between the two announcements, back within a second of the first.
    assert all(ears.music_from(second, joined + spoken + 900, again - 200))

    await first.hangup()
    then = await ears.hears(second, NEXT, within_s=ANNOUNCE_S + 6, after_ms=again + 1_000)
    await eventually(
        lambda: any(ears.music_from(second, then + ears.lasts(NEXT) + 900, then + ears.lasts(NEXT) + 2_900)),
        6,
        "music again",
    )
    await second.hangup()
    record = await cast.record(number="+34600111227")
    assert (record["outcome"], record["ended_by"]) == ("abandoned_queue", "caller")


async def test_a_person_is_always_within_reach(centre: Centre, cast: Cast) -> None:
    """Key 0 in the greeting already leads to a person of the general queue."""
    await cast.only("carla", of=list(AGENTS))
    call = await (await cast.caller()).dial(f"sip:900@{centre.sip}")
    await call.wait_for(UP, within_s=5)
    await eventually(lambda: len(call.heard()) > 16_000, 5, "the greeting has begun")
    await call.send_dtmf("0")
    await cast.takes("carla", within_s=10)
    await call.hangup()


@pytest.mark.parametrize("number", ["anonymous", "612345678", "+34", "restricted", "+999123456789"])
async def test_a_number_that_is_no_number_is_unknown(centre: Centre, cast: Cast, number: str) -> None:
    """Withheld, national and malformed numbers: no customer, no history, however often they call."""
    await cast.only(of=list(AGENTS))
    seen = centre.events()
    await seen.first("hello", within_s=5)
    for _ in range(2):
        call = await (await cast.caller(number)).dial(f"sip:902@{centre.sip}")
        await call.wait_for(UP, within_s=5)
        started = await seen.first("contact.queued", within_s=5)
        await call.hangup()
        closed = await seen.first("contact.closed", within_s=5)
        record = await _stored(centre, closed["data"]["contact_id"])
        assert record["number"] is None
        assert record["customer_id"] is None
        assert started["data"].get("customer", {}).get("calls_24h") is None
        seen.messages.clear()
    await seen.close()


async def test_a_known_caller_has_a_history(centre: Centre, cast: Cast) -> None:
    """Finished calls are in the customer's history, and the pop of the third shows the first two."""
    await cast.only(of=list(AGENTS))
    number = "+34911234567"
    for _ in range(2):
        call = await (await cast.caller(number)).dial(f"sip:902@{centre.sip}")
        await call.wait_for(UP, within_s=5)
        await eventually(lambda: _waiting(centre, 1), 5, "waits")
        await call.hangup()
        await eventually(lambda: _waiting(centre, 0), 5, "gone")

    async def both() -> bool:
        customers = (await centre.http_get("/api/customers?number=%2B34911234567"))["customers"]
        assert customers, "no customer with this number yet"
        history = await centre.http_get(f"/api/customers/{customers[0]['id']}/contacts")
        return bool(len(history["contacts"]) == 2)

    await eventually(both, 3, "both calls in the history")
    seen = centre.events()
    await seen.first("hello", within_s=5)
    await cast.only("ana", of=list(AGENTS))
    ana = await cast.agent("ana")
    call = await (await cast.caller(number)).dial(f"sip:902@{centre.sip}")
    leg = await ana.next_call(within_s=5)
    pop = (await seen.first("offer.announced", within_s=2))["data"]
    assert pop["customer"]["number"] == number
    await call.hangup()
    await leg.wait_for(ENDED, within_s=2)
    await seen.close()


async def _activity(cast: Cast, name: str, wanted: str) -> bool:
    return bool((await cast.live_agent(name))["activity"] == wanted)


async def _gone(cast: Cast, name: str) -> bool:
    return not await cast.is_reachable(name)


async def _waiting(centre: Centre, count: int) -> bool:
    live = await centre.http_get("/api/live")
    return bool(sum(queue["waiting"] for queue in live["queues"]) == count)


async def _stored(centre: Centre, contact_id: str) -> dict[str, object]:
    async def stored() -> dict[str, object]:
        found: dict[str, object] = await centre.http_get(f"/api/contacts/{contact_id}")
        return found

    return await eventually(stored, 5, f"{contact_id} stored")
