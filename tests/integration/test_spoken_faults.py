"""
What callers who speak do not notice: recognizers and servers that die, models that are not there, crowds.

A whole running centre, as in `test_spoken_flows`.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cti.softphone.baresip import BaresipCall
from tests.support.audio import tone_ms
from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.scene import Cast
from tests.support.sipp import Caller, start_callers
from tests.support.speech import korean_clips
from tests.support.spoken_centre import (
    CROWD,
    GREETED,
    GREETING,
    MENU,
    OTHER_MS,
    PRESS,
    SAY,
    SLOTS,
    Listeners,
    barge_in,
    chatter,
    is_told,
    listening_centre,
    recognizers,
    somebody,
)

pytestmark = pytest.mark.integration

CROWD_SIZE = 100


@pytest_asyncio.fixture(scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    async with listening_centre(tmp_path_factory.mktemp("faults")) as running:
        yield running


@pytest_asyncio.fixture(scope="module")
async def who(centre: Centre, cast: Cast) -> Listeners:
    told = centre.events()
    await told.first("snapshot", within_s=20)
    return Listeners(centre, cast, told)


@pytest_asyncio.fixture(autouse=True)
async def _clean(cast: Cast, who: Listeners) -> AsyncIterator[None]:
    await who.is_heard()
    yield
    await cast.everybody_hangs_up()


@pytest.fixture(scope="module")
def korean() -> dict[str, bytes]:
    return {name: pcm for name, (_, pcm) in korean_clips().items()}


async def test_a_recognizer_killed_in_mid_word_costs_the_words_only(
    centre: Centre, who: Listeners, korean: dict[str, bytes]
) -> None:
    """kill -9: the same call is asked by keys and reaches its queue; the next caller is heard again."""
    restarts = (await who.figures())["restarts"]
    number = somebody()
    call = await who.asked(MENU, number)
    since = await barge_in(call, chatter(korean))
    for pid in recognizers(centre):
        os.kill(pid, signal.SIGKILL)
    await who.hears(call, PRESS, since=since)
    await call.send_dtmf("5")
    await who.waits(number, "clave")
    await who.is_heard()
    assert (await who.figures())["restarts"] > restarts
    number = somebody()
    call = await who.asked(MENU, number)
    call.say(korean["ko_hours_jm_kumo"])
    await who.waits(number, "horario")


async def test_a_server_killed_while_it_listens_loses_nobody(
    centre: Centre, who: Listeners, korean: dict[str, bytes]
) -> None:
    """
    kill -9 into the question, and into the caller's words: the callers are back at the question.

    Language and variables are as they were, and the greeting is not heard again.
    """
    numbers = somebody(), somebody()
    calls = await asyncio.gather(*(who.asked(GREETED, number) for number in numbers))
    await barge_in(calls[1], chatter(korean))
    assert is_told(calls[0]), "killed in the middle of the question"
    centre.kill_server()
    since = [len(call.heard()) for call in calls]

    async def comes_back(call: BaresipCall, number: str, since: int) -> None:
        await eventually(
            lambda: max(tone_ms(call.heard()[since:][4_800:], hz) for hz in (SAY, PRESS)) >= 300,
            40,
            f"{number} is asked again",
            every_s=0.1,
        )
        await call.send_dtmf("4")

        async def waits() -> tuple[str, str]:
            contact = next(c for c in (await who.live())["contacts"] if c["number"] == number)
            assert contact["phase"] == "waiting", contact
            return contact["queue"], contact["language"]

        assert await eventually(waits, 40, f"{number} waits", every_s=0.2) == ("visto", "en")
        assert tone_ms(call.heard(), GREETING) <= OTHER_MS + 50, "the greeting was heard twice"

    await asyncio.gather(*map(comes_back, calls, numbers, since))


async def test_without_its_model_a_menu_is_for_keys_until_the_right_folder_is_published(
    centre: Centre, who: Listeners, korean: dict[str, bytes], tmp_path: Path
) -> None:
    """An alarm and the figures say so; nothing is restarted."""
    pid, before = centre.server_pid(), await who.figures()
    await who.publish(korean=str(tmp_path / "no-such-model"))

    async def alarmed() -> list[str]:
        return [alarm for alarm in (await who.live())["alarms"] if "«en»" in alarm]

    (alarm,) = await eventually(alarmed, 60, "an alarm", every_s=0.2)
    assert "no-such-model" in alarm or "centralita models" in alarm
    number = somebody()
    call = await who.asked(MENU, number, hz=PRESS)
    assert tone_ms(call.heard(), SAY) == 0
    await call.send_dtmf("4")
    await who.waits(number, "pedido")
    assert (await who.figures())["line_asked_by_keys"] > before["line_asked_by_keys"]

    await who.publish()
    await who.is_heard()
    assert await alarmed() == []
    number = somebody()
    call = await who.asked(MENU, number)
    call.say(korean["ko_agent_jf_alpha"])
    await who.waits(number, "agente")
    assert centre.server_pid() == pid


async def test_a_hundred_at_once_with_four_slots(centre: Centre, who: Listeners, tmp_path: Path) -> None:
    """Four are asked by voice, the others by keys: who presses reaches the queue, who does not the end."""
    numbers = [somebody() for _ in range(CROWD_SIZE)]
    press = set(numbers[::2])
    callers = [
        Caller(number, digits="4" if number in press else "", digits_after_ms=9_000, hang_up_after_ms=40_000)
        for number in numbers
    ]
    before, told = await who.figures(), who.told
    taken = 0
    running = await start_callers(centre.sip, CROWD, callers, tmp_path, rate_per_s=20)

    def closed() -> dict[str, str]:
        return {
            who.number_of(message["data"]["contact_id"]): message["data"]["outcome"]
            for message in told.of_type("contact.closed")
        }

    async def decided() -> bool:
        nonlocal taken
        taken = max(taken, (await who.figures())["slots_taken"])
        ended = closed()
        return all(who.queued(number) if number in press else number in ended for number in numbers)

    await eventually(decided, 90, "everybody has come to an end", every_s=0.5)
    assert taken == SLOTS
    after = await who.figures()
    assert after["line_asked_by_keys"] - before["line_asked_by_keys"] >= CROWD_SIZE // 2
    result = await running.wait(within_s=90)
    assert (result.exit_code, len(result.calls)) == (0, CROWD_SIZE), result.errors
    await eventually(lambda: set(numbers) <= closed().keys(), 20, "all records are there")
    outcomes = closed()
    assert {outcomes[number] for number in numbers if number not in press} == {"completed_ivr"}
    assert {outcomes[number] for number in press} == {"abandoned_queue"}
    assert {event["data"]["queue"] for number in press if (event := who.queued(number))} == {"pedido"}
