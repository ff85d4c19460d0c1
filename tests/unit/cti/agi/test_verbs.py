"""pyst2's verbs as coroutines: same lines, same results, same exceptions, minus its faults."""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from asterisk.agi import (
    AGI,
    AGIAppError,
    AGIDBError,
    AGIError,
    AGIException,
    AGIHangup,
    AGIInvalidCommand,
    AGIResultHangup,
    AGISIGHUPHangup,
    AGISIGPIPEHangup,
    AGIUnknownError,
    AGIUsageError,
)

from cti.asterisk.agi.protocol import CommandRefused
from cti.asterisk.agi.verbs import VERBS, AgiCall, AGIReplyTimeout, command_line
from tests.support.fake_ami import until
from tests.unit.cti.agi.peer import ENVIRONMENT, Stage, on_stage

pytestmark = pytest.mark.unit

OK = "200 result=0"
DIGIT = "200 result=53 endpos=800"
ONE = "200 result=1"
VALUE = "200 result=1 (a value)"

# Each verb with plausible arguments and the replies of a healthy switch.
CASES: list[tuple[str, tuple[Any, ...], list[str]]] = [
    ("answer", (), [OK]),
    ("appexec", ("Playback", "welcome,noanswer"), [OK]),
    ("channel_status", (), ["200 result=6"]),
    ("channel_status", ("PJSIP/7-01",), ["200 result=-1"]),
    ("control_stream_file", ("welcome", [1, "2"], 3000, "9", "7", "8"), [DIGIT]),
    ("database_del", ("family", "key"), [ONE]),
    ("database_deltree", ("family",), [ONE]),
    ("database_get", ("family", "key"), [VALUE]),
    ("database_put", ("family", "key", "value"), [ONE]),
    ("exec_command", ("Dial", "PJSIP/7", 30), ["200 result=0"]),
    ("get_data", ("enter", 5000, 4), ["200 result=1234"]),
    ("get_data", ("enter",), ["200 result=12 (timeout)"]),
    ("get_full_variable", ("${CALLERID(num)}",), [VALUE]),
    ("get_full_variable", ("${X}", "PJSIP/7-01"), [VALUE]),
    ("get_option", ("menu", "123"), [DIGIT]),
    ("get_option", ("menu", "123", 5000), [OK]),
    ("get_variable", ("CC_CONTACT",), [VALUE]),
    ("get_variable", ("UNSET",), [OK]),
    ("goto_on_exit", ("ctx", "s", "1"), [OK, OK, OK]),
    ("goto_on_exit", (), [OK, OK, OK]),
    ("hangup", (), [ONE]),
    ("hangup", ("PJSIP/7-01",), [ONE]),
    ("noop", (), [OK]),
    ("receive_char", (1000,), ["200 result=65"]),
    ("record_file", ("/var/spool/x", "wav", "#", 5000, 0, "beep", 3), ["200 result=35 (dtmf) endpos=800"]),
    ("say_alpha", ("abc", "12"), [OK]),
    ("say_date", (1700000000, "1"), [OK]),
    ("say_datetime", (1700000000, "1", "ABdY", "Europe/Madrid"), [DIGIT]),
    ("say_digits", ("123", "4"), [DIGIT]),
    ("say_number", (1234, "5"), [OK]),
    ("say_phonetic", ("abc", ""), [OK]),
    ("say_time", (1700000000,), [OK]),
    ("send_image", ("logo",), [OK]),
    ("send_text", ("hola",), [OK]),
    ("set_autohangup", (30,), [OK]),
    ("set_callerid", ("600123456",), [ONE]),
    ("set_context", ("ctx",), [OK]),
    ("set_extension", ("s",), [OK]),
    ("set_priority", (1,), [OK]),
    ("set_variable", ("CC_NEXT", "wait"), [ONE]),
    ("stream_file", ("welcome",), [OK]),
    ("stream_file", ("welcome", "0123", 800), [DIGIT]),
    ("tdd_mode", ("on",), [ONE]),
    ("verbose", ("hello", 3), [ONE]),
    ("wait_for_digit", (5000,), ["200 result=53"]),
    ("wait_for_digit", (), [OK]),
]


def by_pyst2(name: str, args: tuple[Any, ...], replies: list[str]) -> tuple[list[str], Any]:
    """What unmodified pyst2 writes for a verb, and what it returns."""
    agi: Any = object.__new__(AGI)  # its __init__ would take over SIGHUP and read a script's stdin
    agi.stdin = io.StringIO("".join(f"{reply}\n" for reply in replies))
    agi.stdout, agi.stderr = io.StringIO(), io.StringIO()
    agi.env, agi._got_sighup = dict(ENVIRONMENT), False
    result = getattr(agi, name)(*args)
    return agi.stdout.getvalue().splitlines(), result


async def said(stage: Stage, speaking: Coroutine[Any, Any, Any], *replies: str) -> Any:
    """What a verb returned or raised when Asterisk answered this."""
    outcome: Any
    outcome, answered = await asyncio.gather(speaking, stage.peer.answer(*replies), return_exceptions=True)
    assert answered is None
    return outcome


@pytest.mark.parametrize(("name", "args", "replies"), CASES, ids=lambda value: str(value)[:24])
async def test_every_verb_writes_and_returns_what_pyst2_does(
    name: str, args: tuple[Any, ...], replies: list[str]
) -> None:
    """Same command lines in the same order, same result, for every verb of pyst2."""
    lines, expected = by_pyst2(name, args, replies)
    if name == "database_get":  # pyst2 quotes twice; Asterisk happens to read the same words
        lines = [line.replace('""', '"') for line in lines]

    async with on_stage() as stage:
        answering = asyncio.gather(getattr(stage.call, name)(*args), stage.peer.answer(*replies))
        result, _ = await answering

    assert stage.peer.commands == lines
    assert result == expected


def parameters(function: Callable[..., Any]) -> list[tuple[str, Any]]:
    return [(one.name, one.default) for one in inspect.signature(function).parameters.values()]


def test_no_verb_is_left_out() -> None:
    """The table above covers the whole vocabulary, and each is a coroutine on our class."""
    assert {name for name, _, _ in CASES} == VERBS
    assert len(VERBS) >= 37
    assert issubclass(AgiCall, AGI)
    for name in VERBS:
        assert inspect.iscoroutinefunction(getattr(AgiCall, name)), name
        assert parameters(getattr(AgiCall, name)) == parameters(getattr(AGI, name)), name


@pytest.mark.parametrize(
    ("verb", "reply", "error"),
    [
        ("answer", "510 Invalid or unknown command", AGIInvalidCommand),
        ("answer", "511 Command Not Permitted on a dead channel or intercept routine", AGIHangup),
        ("answer", "520 Invalid command syntax.  Proper usage not available.", AGIUsageError),
        ("answer", "520-Invalid command syntax.\nUsage: ANSWER\n520 End of proper usage.", AGIUsageError),
        ("answer", "503 result=-2 Memory allocation failure", AGIUnknownError),
        ("answer", "200 result=-1 (hangup)", AGIResultHangup),
        ("noop", "200 result=-1", AGIAppError),
        ("database_get", "200 result=0", AGIDBError),
        ("appexec", "200 result=-2", AGIAppError),
        ("wait_for_digit", "200 result=x", AGIError),
    ],
)
async def test_refusals_become_pyst2_s_exceptions(verb: str, reply: str, error: type[Exception]) -> None:
    """Each refusal is the exception pyst2 documents, and the session goes on in step."""
    arguments = {"database_get": ("family", "key"), "appexec": ("Nope",)}.get(verb, ())
    async with on_stage() as stage:
        outcome = await said(stage, getattr(stage.call, verb)(*arguments), reply)
        assert type(outcome) is error
        value, _ = await asyncio.gather(stage.call.get_variable("X"), stage.peer.answer(VALUE))

    assert value == "a value"


async def test_a_usage_error_shows_the_usage() -> None:
    """The text Asterisk sends is in the exception, first and last line included."""
    usage = "520-Invalid command syntax.  Proper usage follows:\nUsage: ANSWER\n520 End of proper usage."
    async with on_stage() as stage:
        outcome = await said(stage, stage.call.answer(), usage)

    assert str(outcome) == f"{usage}\n"


async def test_a_minus_one_of_a_hangup_is_told_from_a_failed_application() -> None:
    """`result=-1` with `HANGUP` right behind is AGIResultHangup, alone it is AGIAppError."""
    async with on_stage() as stage:
        outcome = await said(stage, stage.call.stream_file("x"), "200 result=-1 endpos=0\nHANGUP")
        assert type(outcome) is AGIResultHangup
        assert stage.call.hung_up

    async with on_stage() as stage:
        outcome = await said(stage, stage.call.stream_file("x"), "200 result=-1 endpos=0")
        assert type(outcome) is AGIAppError
        assert not stage.call.hung_up


async def test_the_hangup_behind_a_minus_one_may_be_late() -> None:
    """`HANGUP` in a packet of its own, just after the -1, is still seen before the verb is judged."""
    async with on_stage() as stage:
        wire: Any = stage.call.wire
        waiting = asyncio.ensure_future(stage.call.stream_file("x"))
        await stage.peer.answer("200 result=-1 endpos=0")
        await until(lambda: wire._answer is None)
        stage.peer.send("HANGUP\n")

        with pytest.raises(AGIResultHangup):
            await waiting


async def test_a_hangup_releases_all_who_wait_for_their_turn() -> None:
    """The verb on the switch and the one behind it end at once, long before the reply is due."""
    async with on_stage() as stage:
        verbs = [asyncio.ensure_future(stage.call.wait_for_digit(60_000)) for _ in range(2)]
        await stage.peer.command()
        stage.peer.send("HANGUP\n")
        async with asyncio.timeout(2):
            outcomes = await asyncio.gather(*verbs, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [AGISIGHUPHangup, AGISIGHUPHangup]


async def test_a_value_that_reads_hangup_is_a_value() -> None:
    """Only with -1 is "(hangup)" a hang-up; pyst2 takes any such database value for one."""
    async with on_stage() as stage:
        for verb in (stage.call.database_get("f", "k"), stage.call.get_variable("X")):
            value, _ = await asyncio.gather(verb, stage.peer.answer("200 result=1 (hangup)"))
            assert value == "hangup"


async def test_hangup_while_idle_ends_the_next_verb() -> None:
    """After `HANGUP` no command is sent any more; pyst2 would have died of a ValueError."""
    async with on_stage() as stage:
        stage.peer.send("HANGUP\n")
        await until(lambda: stage.call.hung_up)
        with pytest.raises(AGISIGHUPHangup):
            await stage.call.answer()
        with pytest.raises(AGISIGHUPHangup):
            stage.call.test_hangup()

    assert stage.call.wire.commands == 0


async def test_hangup_before_the_answer_releases_the_verb_at_once() -> None:
    """A verb does not wait for a reply that may come late; when it comes, it harms nobody."""
    async with on_stage() as stage:
        waiting = asyncio.ensure_future(stage.call.wait_for_digit(60_000))
        await stage.peer.command()
        stage.peer.send("HANGUP\n")
        with pytest.raises(AGISIGHUPHangup):
            await waiting
        stage.peer.send("200 result=-1\nHANGUP\n")
        with pytest.raises(AGISIGHUPHangup):
            await stage.call.noop()
        assert not stage.call.wire.ended.is_set()


async def test_a_lost_connection_ends_the_verb() -> None:
    """EOF in the middle of a verb, and every verb after it, is AGISIGPIPEHangup."""
    async with on_stage() as stage:
        waiting = asyncio.ensure_future(stage.call.stream_file("x"))
        await stage.peer.command()
        stage.peer.writer.close()
        with pytest.raises(AGISIGPIPEHangup):
            await waiting
        with pytest.raises(AGISIGPIPEHangup):
            await stage.call.noop()


async def test_an_unasked_reply_ends_the_session() -> None:
    """Out of step is said as AGIUnknownError and the connection is closed: never a wrong answer."""
    async with on_stage() as stage:
        stage.peer.send("200 result=1 (forged)\n")
        await until(stage.call.wire.hung_up.is_set)
        with pytest.raises((AGIUnknownError, AGIHangup)):
            await stage.call.get_variable("X")
        assert await stage.peer.at_end()


async def test_a_verb_has_a_deadline_of_its_own() -> None:
    """No reply within `within`: AGIReplyTimeout; the next verb waits for the late reply and stays in step."""
    async with on_stage() as stage:
        waiting = asyncio.ensure_future(stage.call.within(20).get_variable("A"))
        await stage.peer.command()
        with pytest.raises(AGIReplyTimeout, match="GET within 20 ms"):
            await waiting
        following = asyncio.ensure_future(stage.call.get_variable("B"))
        stage.peer.send("200 result=1 (late)\n")
        await stage.peer.answer("200 result=1 (right)")

        assert await following == "right"
    assert issubclass(AGIReplyTimeout, AGIException)


async def test_a_cancelled_verb_leaves_the_session_in_step() -> None:
    """Who stops waiting does not shift the replies: the next verb gets its own."""
    async with on_stage() as stage:
        waiting = asyncio.ensure_future(stage.call.wait_for_digit(5_000))
        await stage.peer.command()
        waiting.cancel()
        following = asyncio.ensure_future(stage.call.get_variable("B"))
        stage.peer.send("200 result=53\n")
        await stage.peer.answer("200 result=1 (right)")

        assert await following == "right"


async def test_two_verbs_at_once_take_turns() -> None:
    """A careless handler that speaks twice at a time gets both answers, each its own."""
    async with on_stage() as stage:
        first = asyncio.ensure_future(stage.call.get_variable("A"))
        second = asyncio.ensure_future(stage.call.get_variable("B"))
        await stage.peer.answer("200 result=1 (a)", "200 result=1 (b)")

        assert [await first, await second] == ["a", "b"]
    assert stage.peer.commands == ['GET VARIABLE "A"', 'GET VARIABLE "B"']


async def test_hostile_text_stays_one_argument() -> None:
    """Quotes and backslashes are escaped where pyst2 lets them through; spaces do not split a file name."""
    async with on_stage() as stage:
        for verb in (
            stage.call.set_variable("X", 'a" "b\\'),
            stage.call.set_callerid('"Ana" <600>'),
            stage.call.send_image("my logo"),
            stage.call.say_datetime(0, "", "", "Europe/Madrid"),
        ):
            await asyncio.gather(verb, stage.peer.answer(OK))

    assert stage.peer.commands == [
        'SET VARIABLE "X" "a\\" \\"b\\\\"',
        'SET CALLERID "\\"Ana\\" <600>"',
        'SEND IMAGE "my logo"',
        'SAY DATETIME 0 "" "" Europe/Madrid',
    ]


async def test_line_ends_in_an_argument_are_refused() -> None:
    """CR, LF and NUL raise before anything is sent; the session goes on."""
    async with on_stage() as stage:
        for bad in ("a\nHANGUP", "a\r", "\0"):
            with pytest.raises(CommandRefused):
                await stage.call.set_variable("X", bad)
        await asyncio.gather(stage.call.noop(), stage.peer.answer(OK))

    assert stage.peer.commands == ["NOOP"]


async def test_any_command_can_be_executed() -> None:
    """`execute` is pyst2's own, awaited; its raw halves are refused with a hint."""
    async with on_stage() as stage:
        result, _ = await asyncio.gather(
            stage.call.execute("STREAM FILE", "welcome", ""), stage.peer.answer(DIGIT)
        )
        with pytest.raises(TypeError, match=r"await call\.execute"):
            stage.call.send_command("NOOP")

    assert result == {"result": ("53", ""), "endpos": ("800", "")}
    assert stage.peer.commands == ["STREAM FILE welcome"]


def test_empty_arguments_keep_their_place() -> None:
    """In the middle an empty argument is "", at the end it is left out."""
    assert command_line("X", "", "b", "") == 'X "" b'
    assert command_line(" X ") == "X"
