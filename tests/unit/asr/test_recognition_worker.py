"""The worker process as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from asr import recognition_worker
from asr.endpoint import EndpointSettings
from asr.ports import Wish
from asr.recognition_worker import LanguageModel, WorkerOrders, environment
from asr.wire import Check as CheckPhrases
from asr.wire import Decoder, Failed, Message, Missing, Open, Unready, encode

pytestmark = pytest.mark.unit


def run(orders: WorkerOrders, told: bytes) -> tuple[int, list[Message]]:
    """Give it all its input at once; its exit status and what it said."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", recognition_worker.__name__, orders.to_json()],
        input=told,
        capture_output=True,
        env=environment(os.environ),
        timeout=60,
        check=False,
    )
    return done.returncode, Decoder().feed(done.stdout)


def orders(*models: LanguageModel) -> WorkerOrders:
    return WorkerOrders(models, EndpointSettings(known_ms=300), threads=1, niceness=5)


def test_orders_survive_the_way_to_the_process() -> None:
    """What the worker reads from its argument is what was decided."""
    told = orders(LanguageModel("es", "vosk", "/modelos/es", high_band=False))
    assert WorkerOrders.from_json(told.to_json()) == told


def test_it_ends_with_its_input() -> None:
    """A server that dies in whatever way leaves no worker behind."""
    assert run(orders(), b"") == (0, [])


def test_bytes_that_are_no_frames_end_it() -> None:
    """Who cannot be understood is left, and started afresh by whoever notices."""
    assert run(orders(), b"\xff" * 64)[0] == 1


def test_a_hearing_without_a_model_fails_and_nothing_else() -> None:
    """Asked for a language it does not have, the worker says so and goes on."""
    asked = encode(Open(3, Wish("fr", ("oui",)))) + encode(Open(4, Wish("de")))
    status, said = run(orders(), asked)
    assert status == 0
    assert [(type(message), getattr(message, "hearing", 0)) for message in said] == [(Failed, 3), (Failed, 4)]


@pytest.mark.parametrize("engine", ["vosk", "whisper"])
def test_a_model_that_cannot_be_loaded_leaves_the_others(engine: str, tmp_path: Path) -> None:
    """Each language is reported on its own: what cannot be loaded takes nothing else with it."""
    wanted = orders(
        LanguageModel("es", engine, str(tmp_path / "nada")), LanguageModel("en", engine, str(tmp_path))
    )
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", recognition_worker.__name__, wanted.to_json()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(os.environ),
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        decoder, said = Decoder(), list[Message]()
        while len(said) < 2 and (data := os.read(process.stdout.fileno(), 4_096)):
            said += decoder.feed(data)
        process.stdin.write(encode(CheckPhrases(1, "es", ("hola",))))
        process.stdin.flush()
        said += decoder.feed(os.read(process.stdout.fileno(), 4_096))
        process.stdin.close()
    assert [type(message) for message in said] == [Unready, Unready, Missing]
    failed = [message for message in said if isinstance(message, Unready)]
    assert [message.language for message in failed] == ["es", "en"]
    assert "no existe la carpeta" in failed[0].why
    assert "no hay un modelo" in failed[1].why
