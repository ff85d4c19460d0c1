from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest
from asterisk.agi import AGIAppError, AGIError, AGIHangup, AGISIGHUPHangup

from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.caller import ALL_KEYS, AgiLine, is_withheld
from ivr.ports import CallerGone, SoundFailed
from tests.support.questions import write_sound
from tests.unit.support.test_audio import silence, tone

pytestmark = pytest.mark.unit

FILES = ["/sounds/a", "/sounds/b", "/sounds/c"]


class FakeAgi:
    """A session that answers from a list: a key, nothing, or an exception."""

    def __init__(self, *answers: str | Exception | None) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self._answers = list(answers)

    def _answer(self, *asked: Any) -> str:
        self.asked.append(asked)
        answer = self._answers.pop(0) if self._answers else ""
        if isinstance(answer, Exception):
            raise answer
        return answer or ""

    async def stream_file(self, filename: str, escape_digits: str = "") -> str:
        return self._answer("play", filename, escape_digits)

    async def wait_for_digit(self, timeout: int) -> str:  # noqa: ASYNC109  # pyst2's name for it
        return self._answer("wait", timeout)

    async def get_data(self, filename: str, timeout: int, max_digits: int) -> str:  # noqa: ASYNC109
        return self._answer("keys", filename, timeout, max_digits)

    async def record_file(self, filename: str, *more: Any) -> str:
        return self._answer("record", filename, *more)

    async def execute(self, command: str, *args: str) -> None:
        self._answer(command, *args)

    async def set_variable(self, name: str, value: str) -> None:
        self._answer("set", name, value)

    async def get_variable(self, name: str) -> str:
        return self._answer("get", name)

    async def appexec(self, application: str, options: str = "") -> None:
        self._answer("exec", application, options)


def line(agi: FakeAgi, where: Callable[[str], Path] | None = None) -> AgiLine:
    async def run(call: AgiCall, script: Path) -> None:
        assert call is cast("Any", agi)
        agi._answer("script", script)

    return AgiLine(cast("AgiCall", agi), run, *([where] if where else []))


async def gathered(agi: FakeAgi, *files: str, longest: int = 6) -> str:
    return await line(agi).gather(files, longest, timeout_ms=4_000, between_ms=2_000, secret=True)


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
    """Playing, listening, gathering, recording, remembering, a script: the caller is no longer ours."""
    acts: list[Callable[[AgiLine], Awaitable[object]]] = [
        lambda who: who.play(FILES, ""),
        lambda who: who.collect(1_000),
        lambda who: who.gather((), 4, timeout_ms=1_000, between_ms=500, secret=False),
        lambda who: who.record("ventas", (), longest_ms=1_000, silence_ms=1_000),
        lambda who: who.connect_audio("id", "127.0.0.1:1"),
        lambda who: who.remember({"CC_NEXT": "wait"}),
        lambda who: who.run_script(Path("saludo.py")),
    ]
    for act in acts:
        with pytest.raises(CallerGone):
            await act(line(FakeAgi(error), lambda box: Path(f"/nowhere/{box}.wav")))


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


async def test_keys_are_gathered_by_one_command_after_the_first() -> None:
    """The first one cuts the sounds; `#` ends them and is not among them."""
    agi = FakeAgi("", "1", "23#")

    assert await gathered(agi, "/a", "/b", "/c") == "123"
    assert agi.asked == [("play", "/a", ALL_KEYS), ("play", "/b", ALL_KEYS), ("keys", "", 2_000, 5)]


async def test_the_first_key_is_waited_for_longer_than_the_others() -> None:
    """Each has its own time; without any the answer is empty."""
    some, none = FakeAgi("4", "5"), FakeAgi("")

    assert (await gathered(some), await gathered(none)) == ("45", "")
    assert some.asked == [("wait", 4_000), ("keys", "", 2_000, 5)]
    assert none.asked == [("wait", 4_000)]


@pytest.mark.parametrize(("key", "longest", "taken"), [("#", 6, ""), ("7", 1, "7")])
async def test_one_key_can_be_all(key: str, longest: int, taken: str) -> None:
    """The end at once, or the only one that was asked for: nothing more is waited for."""
    agi = FakeAgi(key)

    assert await gathered(agi, "/a", longest=longest) == taken
    assert len(agi.asked) == 1


async def test_a_question_that_cannot_be_played_is_asked_in_silence() -> None:
    """The sounds that are there are heard, the keys are taken."""
    agi = FakeAgi(AGIAppError("no such file"), "", "9", "")

    assert await gathered(agi, "/missing", "/b") == "9"
    assert [asked[:2] for asked in agi.asked] == [
        ("play", "/missing"),
        ("play", "/b"),
        ("wait", 4_000),
        ("keys", ""),
    ]


async def test_keys_are_in_no_exception() -> None:
    """What went wrong while a PIN was keyed could be logged by anybody: it does not hold the PIN."""
    with pytest.raises(CallerGone) as caught:
        await gathered(FakeAgi("1", AGIError("Unable to convert result to digit: 1234")))
    assert "1234" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def message(path: Path, *, loud_ms: int, quiet_ms: int) -> Path:
    write_sound(path, tone(500, loud_ms) + silence(quiet_ms))
    return path


@pytest.mark.parametrize(("loud_ms", "kept"), [(3_000, True), (1_000, True), (900, False), (0, False)])
async def test_a_message_is_kept_when_something_was_said(tmp_path: Path, loud_ms: int, kept: bool) -> None:
    """Less than a second of sound is a cough or a click: no message, and no file."""
    path = message(tmp_path / "contact.1a2b.wav", loud_ms=loud_ms, quiet_ms=4_000)
    agi = FakeAgi("", "")

    taken = await line(agi, lambda box: tmp_path / f"{box}.1a2b.wav").record(
        "contact", ("/a",), longest_ms=60_000, silence_ms=4_000
    )
    assert taken is kept
    assert path.exists() is kept
    if kept:
        assert path.stat().st_mode & 0o077 == 0
    name = str(tmp_path / "contact.1a2b")
    assert agi.asked == [("play", "/a", ALL_KEYS), ("record", name, "wav", "#", 60_000, 0, "beep", 4)]


async def test_what_could_not_be_recorded_is_none(tmp_path: Path) -> None:
    """No folder, a full disk, a switch that refuses: the caller is told so, not that they said nothing."""

    def full(box: str) -> Path:
        raise OSError("disk full")

    refuses = FakeAgi(AGIAppError("cannot open file"))
    taking = {"longest_ms": 60_000, "silence_ms": 4_000}
    assert await line(FakeAgi()).record("ventas", (), **taking) is None
    assert await line(FakeAgi(), full).record("ventas", (), **taking) is None
    assert await line(refuses, lambda box: tmp_path / "x.wav").record("ventas", (), **taking) is None


async def test_a_message_that_ends_with_hanging_up_is_left_for_who_gave_the_place(tmp_path: Path) -> None:
    """Most messages end like that, and the switch may still be writing."""
    path = message(tmp_path / "x.wav", loud_ms=100, quiet_ms=0)

    with pytest.raises(CallerGone):
        await line(FakeAgi(AGIHangup("HANGUP")), lambda box: path).record(
            "ventas", (), longest_ms=60_000, silence_ms=4_000
        )
    assert path.exists()


async def test_music_plays_where_the_centre_has_it() -> None:
    """The class that callers hear, by the dialplan's variable; empty is silence; a failure costs nothing."""
    agi = FakeAgi("default")
    await line(agi).music()
    assert agi.asked == [("get", "CC_MUSIC"), ("exec", "StartMusicOnHold", "default")]

    silent = FakeAgi("")
    await line(silent).music()
    assert silent.asked == [("get", "CC_MUSIC")]
    await line(FakeAgi(AGIError("511"))).music()
    with pytest.raises(CallerGone):
        await line(FakeAgi("default", AGIHangup("HANGUP"))).music()


async def test_sound_is_handed_over_without_music() -> None:
    """Music that plays would drown every question."""
    agi = FakeAgi()
    await line(agi).connect_audio("an-id", "127.0.0.1:40000")

    assert agi.asked == [("SET MUSIC", "OFF"), ("exec", "AudioSocket", "an-id,127.0.0.1:40000")]
    with pytest.raises(SoundFailed, match="AudioSocket"):
        await line(FakeAgi(None, AGIAppError("Unable to find application"))).connect_audio("an-id", "x:1")


@pytest.mark.parametrize(
    ("presentation", "withheld"),
    [(0, False), (1, False), (2, False), (3, False), (32, True), (35, True), (67, True)],
)
def test_a_withheld_number_is_known_by_its_presentation(presentation: int, withheld: bool) -> None:
    """Q.931: bits 6 and 7 say restricted or unavailable, the low bits only who screened the number."""
    assert is_withheld(presentation) is withheld
