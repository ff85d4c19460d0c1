from __future__ import annotations

import asyncio

import pytest

from centralita.web import remembered
from centralita.web.orders import Hold, Order, Retrieve
from centralita.web.ports import Answer, CommandResult
from centralita.web.remembered import Remembered

pytestmark = pytest.mark.unit

DONE = CommandResult(Answer.DONE)
REFUSED = CommandResult(Answer.REFUSED, code="no_talk")


class Stage:
    """A memory with a clock that only we turn, and what was really done."""

    def __init__(self, *results: CommandResult) -> None:
        self.now_s = 0.0
        self.memory = Remembered(lambda: self.now_s)
        self.results = list(results)
        self.done = 0

    async def send(self, order: Order, agent: str = "ana") -> CommandResult:
        return await self.memory.once(agent, order, self._do)

    async def _do(self) -> CommandResult:
        self.done += 1
        return self.results.pop(0) if self.results else DONE


async def test_an_answer_is_kept_for_its_time() -> None:
    """Ten minutes later the same id is a new command."""
    stage = Stage(REFUSED)
    first = await stage.send(Hold(command_id="x1"))
    stage.now_s = remembered.KEPT_S
    second = await stage.send(Hold(command_id="x1"))
    stage.now_s += 1
    third = await stage.send(Hold(command_id="x1"))

    assert (first.code, second.code, third.answer) == ("no_talk", "no_talk", Answer.DONE)
    assert stage.done == 2


async def test_the_memory_of_an_agent_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many others an old id is a new command; another agent's do not count."""
    monkeypatch.setattr(remembered, "KEPT_MAX", 2)
    stage = Stage()
    for command_id in ("x1", "x2", "x3", "x3", "x1"):
        await stage.send(Hold(command_id=command_id))
        await stage.send(Hold(command_id="y"), "beto")

    assert stage.done == 4 + 1


async def test_commands_without_an_id_are_done_each_time() -> None:
    """Whoever gives no id asks for no memory."""
    stage = Stage()
    for _ in range(3):
        await stage.send(Hold())

    assert stage.done == 3


@pytest.mark.parametrize("answer", [Answer.UNAVAILABLE, Answer.UNKNOWN_AGENT])
async def test_what_may_be_possible_next_time_is_not_kept(answer: Answer) -> None:
    """Neither "too busy" nor an agent who is just being configured."""
    stage = Stage(CommandResult(answer))
    first = await stage.send(Hold(command_id="x1"))
    again = await stage.send(Hold(command_id="x1"))

    assert (first.answer, again.answer) == (answer, Answer.DONE)


async def test_an_id_is_compared_with_all_of_the_command() -> None:
    """The same name with another field is another command."""
    stage = Stage()
    await stage.send(Hold(command_id="x1"))
    for other in (Retrieve(command_id="x1"), Hold(command_id="x1", contact="c1")):
        assert (await stage.send(other)).code == "command_id_reused"

    assert stage.done == 1


async def test_who_asks_meanwhile_waits_for_the_first() -> None:
    """Even if the first one gives up waiting."""
    stage, may_go_on = Stage(), asyncio.Event()

    async def slow() -> CommandResult:
        await may_go_on.wait()
        stage.done += 1
        return REFUSED

    order = Hold(command_id="x1")
    asking = [asyncio.ensure_future(stage.memory.once("ana", order, slow)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    may_go_on.set()

    assert [found.code for found in await asyncio.gather(*asking[1:])] == ["no_talk", "no_talk"]
    assert stage.done == 1


async def test_a_bug_is_told_as_one_and_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody waits for ever for a command that died."""
    stage = Stage()

    async def broken() -> CommandResult:
        raise ZeroDivisionError

    order = Hold(command_id="x1")
    assert (await stage.memory.once("ana", order, broken)).code == "server_error"
    assert (await stage.send(order)).answer is Answer.DONE
