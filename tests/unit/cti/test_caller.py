from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from asterisk.agi import AGIAppError, AGIError, AGIHangup, AGISIGHUPHangup

from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.caller import ALL_KEYS, AgiLine, is_withheld
from ivr.session import CallerGone, SoundFailed

pytestmark = pytest.mark.unit

FILES = ["/sounds/a", "/sounds/b", "/sounds/c"]


class FakeAgi:
    """A session that answers from a list: a key, nothing, or an exception."""

    def __init__(self, *answers: str | Exception) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._answers = list(answers)

    def _answer(self, *asked: Any) -> str:
        self.asked.append(asked)
        answer = self._answers.pop(0) if self._answers else ""
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def stream_file(self, filename: str, escape_digits: str = "") -> str:
        return self._answer("play", filename, escape_digits)

    async def wait_for_digit(self, timeout: int) -> str:  # noqa: ASYNC109  # pyst2's name for it
        return self._answer("wait", timeout)

    async def set_variable(self, name: str, value: str) -> None:
        self._answer("set", name, value)

    async def appexec(self, application: str, options: str = "") -> None:
        self._answer("exec", application, options)


def line(agi: FakeAgi) -> AgiLine:
    async def run(call: AgiCall, script: Path) -> None:
        assert call is cast("Any", agi)
        agi._answer("script", script)

    return AgiLine(cast("AgiCall", agi), run)


async def test_sounds_are_played_in_order_and_without_a_key_nothing_is_returned() -> None:
    """Every file, with the keys that may stop it."""
    agi = FakeAgi()

    assert await line(agi).play(FILES, "12") is None
    assert agi.asked == [("play", file, "12") for file in FILES]


async def test_a_key_stops_the_rest() -> None:
    """Who knows the menu need not listen to the end of it."""
    agi = FakeAgi("", "2")

    assert await line(agi).play(FILES, ALL_KEYS) == "2"
    assert len(agi.asked) == 2


async def test_a_key_or_silence_is_what_was_collected() -> None:
    """None after the time is over: silence is an answer too."""
    agi = FakeAgi("#", "")
    heard = [await line(agi).collect(5_000) for _ in range(2)]

    assert heard == ["#", None]
    assert agi.asked == [("wait", 5_000)] * 2


async def test_a_sound_that_fails_costs_a_sentence_and_not_the_caller() -> None:
    """Asterisk could not play it: the caller is still there."""
    with pytest.raises(SoundFailed, match="/sounds/a"):
        await line(FakeAgi(AGIAppError("no such file"))).play(FILES, "")


@pytest.mark.parametrize("error", [AGIHangup("HANGUP"), AGISIGHUPHangup("gone")])
async def test_a_hang_up_is_the_same_in_every_verb(error: Exception) -> None:
    """Playing, listening, remembering, running a script: the caller is no longer ours."""
    acts: list[Callable[[AgiLine], Awaitable[object]]] = [
        lambda who: who.play(FILES, ""),
        lambda who: who.collect(1_000),
        lambda who: who.remember({"CC_NEXT": "wait"}),
        lambda who: who.run_script(Path("saludo.py")),
    ]
    for act in acts:
        with pytest.raises(CallerGone):
            await act(line(FakeAgi(error)))


@pytest.mark.parametrize("error", [AGIError("511 dead channel"), AGIAppError("x")])
async def test_what_cannot_be_remembered_or_heard_means_that_nobody_is_there(error: Exception) -> None:
    """A variable that cannot be set, a key that cannot be waited for: only a dead channel refuses that."""
    with pytest.raises(CallerGone):
        await line(FakeAgi(error)).remember({"CC_NEXT": "wait"})
    with pytest.raises(CallerGone):
        await line(FakeAgi(error)).collect(1_000)


async def test_a_variable_is_set_as_it_is_given_and_a_script_gets_the_call() -> None:
    """Names and values are not touched on the way."""
    agi = FakeAgi()
    await line(agi).remember({"CC_WAIT": "30"})
    await line(agi).run_script(Path("/config/scripts/saludo.py"))

    assert agi.asked == [("set", "CC_WAIT", "30"), ("script", Path("/config/scripts/saludo.py"))]


async def test_several_variables_go_in_one_exchange_unless_a_value_could_be_misread() -> None:
    """Their number is what a call costs; but a comma or a quote in a file's name must not become syntax."""
    plain, odd = FakeAgi(), FakeAgi()
    await line(plain).remember({"CC_SAY": "/s/a&/s/b", "CC_WAIT": "30", "CC_NEXT": "wait"})
    await line(odd).remember({"CC_SAY": "/s/hola, mundo", "CC_NEXT": "wait"})

    assert plain.asked == [("exec", "MSet", "CC_SAY=/s/a&/s/b,CC_WAIT=30,CC_NEXT=wait")]
    assert odd.asked == [("set", "CC_SAY", "/s/hola, mundo"), ("set", "CC_NEXT", "wait")]


@pytest.mark.parametrize(
    ("presentation", "withheld"),
    [(0, False), (1, False), (2, False), (3, False), (32, True), (35, True), (67, True)],
)
def test_a_withheld_number_is_known_by_its_presentation(presentation: int, withheld: bool) -> None:
    """Q.931: bits 6 and 7 say restricted or unavailable, the low bits only who screened the number."""
    assert is_withheld(presentation) is withheld
