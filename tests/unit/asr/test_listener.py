"""One hearing inside a worker, with an engine that is told what to hear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

import pytest

from asr.endpoint import EndpointSettings
from asr.listener import LEAD_MS, Listener, Threads
from asr.matching import Words
from asr.ports import Wish
from asr.recognizers import Recognition
from asr.upsample import WIDE_HZ, Samples
from asr.voice import CHUNK_MS
from asr.wire import Began, Decided, Ended, Failed, Message, Taken, Understood
from tests.support.speech import by_telephone, frames, korean_clips

pytestmark = pytest.mark.unit

MENU = Wish("ko", ("ventas", "soporte"))


class _AtOnce(Executor):
    """Does what it is given before it returns, in order."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        fn(*args, **kwargs)
        return Future()


class _Scripted:
    """Understands `text` once it has been given `after_ms` of sound."""

    name = "scripted"
    cheap = True

    def __init__(self, text: str, after_ms: int) -> None:
        self.text, self.after_ms = text, after_ms
        self.given_ms = 0.0
        self.pauses = 0
        self.finished: list[bool] = []

    def begin(self, wish: Wish) -> Recognition:
        return self

    def missing(self, phrases: Sequence[str]) -> tuple[str, ...]:
        return ()

    def take(self, wide: Samples) -> str:
        self.given_ms += len(wide) * 1_000 / WIDE_HZ
        return self.text if self.given_ms >= self.after_ms else ""

    def pause(self) -> str:
        self.pauses += 1
        return self.text

    def finish(self, *, more: bool) -> Words:
        self.finished.append(more)
        return Words(self.text, 0.9)


class _Deaf(_Scripted):
    def missing(self, phrases: Sequence[str]) -> tuple[str, ...]:
        return tuple(phrase for phrase in phrases if phrase != "hola")


class _Broken(_Scripted):
    def take(self, wide: Samples) -> str:
        raise RuntimeError("native")


def heard(engine: _Scripted, wish: Wish = MENU) -> list[Message]:
    """One real utterance, to its end."""
    told: list[Message] = []
    threads = Threads(_AtOnce(), _AtOnce())
    listener = Listener(7, wish, engine, EndpointSettings(), threads, told.append)
    _, pcm = korean_clips()["ko_order_jm_kumo"]
    for frame in frames(by_telephone(pcm, before_ms=1_500)):
        listener.feed(frame)
    return told


def kinds(told: Sequence[Message]) -> list[type]:
    return [type(message) for message in told if not isinstance(message, Taken)]


def test_a_known_phrase_is_decided_by_its_own_words() -> None:
    """Began, understood, ended, decided; the engine is finished once and had no pause to look at."""
    engine = _Scripted("ventas", 900)
    told = heard(engine)
    assert kinds(told) == [Began, Understood, Ended, Decided]
    assert told[-1] == Decided(7, "ventas", 0.9, "scripted", told[-1].speech_end_ms)  # type: ignore[union-attr]
    assert engine.finished == [True]


def test_an_unknown_one_is_looked_at_in_the_pause() -> None:
    """After a pause without more speech the engine is told that nothing was said since."""
    engine = _Scripted("otra cosa", 900)
    assert kinds(heard(engine)) == [Began, Understood, Ended, Decided]
    assert (engine.pauses, engine.finished) == (1, [False])


def test_the_engine_gets_the_sound_from_before_the_speech_and_no_more() -> None:
    """A second and a half of line is not worked through, the last part before the voice is."""
    engine = _Scripted("ventas", 0)
    told = heard(engine)
    end_ms = next(message.speech_end_ms for message in told if isinstance(message, Ended))
    assert end_ms > 2_000
    assert LEAD_MS < engine.given_ms < end_ms - 500


def test_progress_is_told_all_the_time() -> None:
    """Also while nobody speaks the server is told how far its sound has been worked through."""
    reached = [message.heard_ms for message in heard(_Scripted("ventas", 900)) if isinstance(message, Taken)]
    assert reached == sorted(reached)
    assert (
        max(after - before for before, after in zip([0, *reached], reached, strict=False)) <= 160 + CHUNK_MS
    )


def test_a_menu_of_words_that_the_model_lacks_is_refused() -> None:
    """Nothing of it could be heard: said before anybody speaks; one phrase that can be is enough."""
    deaf = _Deaf("ventas", 900)
    assert kinds(heard(deaf)) == [Failed]
    assert kinds(heard(deaf, Wish("ko", ("ventas", "hola"))))[-1] is Decided


def test_an_engine_that_fails_ends_its_hearing() -> None:
    """What a native library throws is an answer of this hearing, the only one after the beginning."""
    told = heard(_Broken("ventas", 0))
    assert kinds(told) == [Began, Failed]
    assert told[-1] == Failed(7, "RuntimeError: native")
