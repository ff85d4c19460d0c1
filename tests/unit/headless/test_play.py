"""Following a script: what is done, what is left out, and which way it goes."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any, cast

import pytest

from centralita.headless.desk import Result
from centralita.headless.play import Hands, Play
from centralita.headless.reading import read
from centralita.headless.script import Step
from centralita.headless.view import View
from centralita.headless.voice import Voice
from centralita.headless.words import Words
from cti.softphone.port import CallState, Mark, NotInTime, SoftCall

pytestmark = pytest.mark.unit


class FakeCall:
    """A call whose other side does what the test says; time does not pass."""

    def __init__(self, state: CallState = CallState.RINGING) -> None:
        self.state, self.was_up = state, state is CallState.UP
        self.done: list[str] = []

    def at_s(self, mark: Mark) -> float | None:
        return 1.0 if mark is Mark.UP and self.was_up else None

    async def wait_for(self, state: CallState, *, within_s: float) -> None:
        if state is CallState.ENDED and self.state is not CallState.ENDED:
            if within_s > 3_600:
                self.state = CallState.ENDED
                return
            raise NotInTime("later")

    async def answer(self) -> None:
        self.state, self.was_up = CallState.UP, True

    async def decline(self) -> None:
        self.state = CallState.ENDED

    async def hangup(self) -> None:
        self.state = CallState.ENDED

    def tone(self, hz: int) -> None:
        self.done.append(f"tone {hz}")

    def quiet(self) -> None:
        self.done.append("quiet")


class Scene:
    def __init__(self, tmp_path: Path, call: FakeCall | None, *, refuses: tuple[str, ...] = ()) -> None:
        self.said: list[str] = []
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.view = View("ana")
        self.call, self._refuses = call, refuses
        self.rang = asyncio.Event()
        self.picks_up = True
        hands = Hands(
            self._do,
            self.view,
            Voice(tmp_path, tmp_path),
            Words(self.said.append, spanish=True),
            random.Random(1),
            self.rang,
            "es",
        )
        self.play = Play(hands, cast("SoftCall | None", call), "ventas")

    async def _do(self, command: str, **fields: Any) -> Result:
        self.commands.append((command, fields))
        if command in self._refuses:
            return Result(False, "no", "no puede ser", "cannot be")
        if command == "consult":
            self._hear("consult.started")
            self._hear("consult.connected" if self.picks_up else "consult.ended")
        return Result(True)

    def _hear(self, kind: str) -> None:
        self.view.hear({"type": kind, "seq": 1, "data": {"agent": "ana"}})

    async def follow(self, steps: str) -> None:
        await self.play.follow(_steps(steps))

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.commands]


def _steps(text: str) -> tuple[Step, ...]:
    return read(f"schema: agent/1\non_call: [{text}]\n", "g.yaml").on_call


async def test_a_call_is_taken_and_worked_up(tmp_path: Path) -> None:
    """Every step in its turn, with what it says as the command says it."""
    scene = Scene(tmp_path, FakeCall())
    await scene.follow(
        "{answer: yes}, {talk: 5s, tone: 440}, {hold: 2s}, {retrieve: yes}, {note: hola}, "
        "{transfer: {queue: ventas}, note: va}, {hang_up: yes}, "
        "{dispose: venta, tags: [a]}, {not_ready: café}"
    )
    assert scene.commands == [
        ("hold", {}),
        ("retrieve", {}),
        ("note", {"note": "hola"}),
        ("transfer", {"to": {"queue": "ventas"}, "note": "va"}),
        ("dispose", {"disposition": "venta", "tags": ["a"]}),
        ("not_ready", {"reason": "café"}),
    ]
    assert scene.call is not None and scene.call.done == ["tone 440", "quiet"]
    assert scene.said[:3] == ["descuelga", "habla 5 s", "retiene"]
    assert "la llamada ha terminado" in scene.said


async def test_what_makes_no_sense_any_more_is_left_out(tmp_path: Path) -> None:
    """Nobody is there: no talking, no hold; but what is written afterwards is written."""
    scene = Scene(tmp_path, FakeCall(CallState.ENDED))
    await scene.follow(
        "{answer: yes}, {talk: end}, {hold: yes}, {consult: {agent: bea}}, {wrap_up_done: yes}"
    )
    assert scene.names == ["wrap_up_done"]
    assert scene.said == ["el teléfono deja de sonar", "acaba el trabajo posterior"]


async def test_the_next_bell_ends_what_was_left_to_do(tmp_path: Path) -> None:
    """A break that was to come is not taken when somebody rings already."""
    scene = Scene(tmp_path, FakeCall(CallState.ENDED))
    scene.rang.set()
    await scene.follow("{wait: 30s}, {not_ready: café}")
    assert not scene.commands


@pytest.mark.parametrize(
    ("picks_up", "refuses", "way"),
    [
        (True, (), ["consult", "complete_transfer"]),
        (False, (), ["consult", "retrieve"]),
        (True, ("consult",), ["consult", "retrieve"]),
    ],
)
async def test_asking_somebody_goes_one_way_or_the_other(
    tmp_path: Path, picks_up: bool, refuses: tuple[str, ...], way: list[str]
) -> None:
    """They pick up; they do not; the centre refuses."""
    scene = Scene(tmp_path, FakeCall(CallState.UP), refuses=refuses)
    scene.picks_up = picks_up
    await scene.follow(
        "{consult: {agent: bea}, within: 10ms, do: [{complete_transfer: yes}], otherwise: [{retrieve: yes}]}"
    )
    assert scene.names == way
    assert ("rechazado: no puede ser" in scene.said) == bool(refuses)


@pytest.mark.parametrize(
    ("step", "way"),
    [
        ("chance: 1", "hold"),
        ("chance: 0", "mute"),
        ("in_queue: [soporte, ventas]", "hold"),
        ("in_queue: soporte", "mute"),
    ],
)
async def test_choices(tmp_path: Path, step: str, way: str) -> None:
    """By chance, and by the queue that the contact is of."""
    scene = Scene(tmp_path, FakeCall(CallState.UP))
    await scene.follow(f"{{{step}, do: [{{hold: yes}}], otherwise: [{{mute: yes}}]}}")
    assert scene.names == [way]


async def test_nobody_is_left_on_hold(tmp_path: Path) -> None:
    """The script is over: the contact is retrieved, and the call lasts until the other side ends it."""
    scene = Scene(tmp_path, FakeCall(CallState.UP))
    await scene.follow("{consult: {agent: bea}}")
    await scene.play.stay()
    assert scene.names == ["consult", "retrieve"]
    assert scene.said[-1] == "la llamada ha terminado"


async def test_without_a_call_there_is_still_something_to_do(tmp_path: Path) -> None:
    """At the beginning, and in idle moments."""
    scene = Scene(tmp_path, None)
    await scene.follow("{ready: yes}, {answer: yes}, {dial: '+34910000000', queue: ventas}")
    assert scene.commands == [("ready", {}), ("dial", {"number": "+34910000000", "queue": "ventas"})]
