"""End-pointing: when somebody begins to speak, and when they have finished."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.endpoint import Endpoint, EndpointSettings, Turn

pytestmark = pytest.mark.unit

STEP_MS = 32
SETTINGS = EndpointSettings()


def heard(endpoint: Endpoint, *, speech: bool, ms: int) -> list[tuple[Turn, int]]:
    """Feed `ms` of sound; what happened, and after how much of it."""
    found = []
    for step in range(1, ms // STEP_MS + 1):
        turn = endpoint.voice(0.9 if speech else 0.0, STEP_MS)
        if turn is not None:
            found.append((turn, step * STEP_MS))
    return found


def test_a_tenth_of_a_second_of_speech_is_a_beginning() -> None:
    """A prompt is stopped after some 100 ms of speech, not after the first crackle."""
    assert heard(Endpoint(SETTINGS), speech=True, ms=320) == [(Turn.BEGAN, 96)]


def test_clicks_are_no_speech() -> None:
    """Two chunks of sound now and then never begin an utterance."""
    endpoint = Endpoint(SETTINGS)
    for _ in range(50):
        assert heard(endpoint, speech=True, ms=64) == []
        assert heard(endpoint, speech=False, ms=32) == []


def test_silence_decides_after_600_ms() -> None:
    """What is none of the phrases is taken for complete after `otherwise_ms`, and said once."""
    endpoint = Endpoint(SETTINGS)
    heard(endpoint, speech=True, ms=640)
    assert heard(endpoint, speech=False, ms=2_000) == [(Turn.PAUSED, 256), (Turn.DECIDED, 608)]
    assert endpoint.speech_end_ms == 640


def test_a_known_phrase_is_decided_after_250_ms() -> None:
    """With exactly one of the phrases understood nobody waits any longer than `known_ms`."""
    endpoint = Endpoint(SETTINGS)
    heard(endpoint, speech=True, ms=640)
    assert endpoint.words(settled=True, heard_ms=640) is None
    assert heard(endpoint, speech=False, ms=2_000) == [(Turn.DECIDED, 256)]


def test_a_phrase_understood_late_decides_at_once() -> None:
    """When the words come after `known_ms` of silence, they decide themselves."""
    endpoint = Endpoint(SETTINGS)
    heard(endpoint, speech=True, ms=640)
    heard(endpoint, speech=False, ms=320)
    assert endpoint.words(settled=True, heard_ms=960) is Turn.DECIDED
    assert heard(endpoint, speech=False, ms=2_000) == []


def test_what_was_understood_before_the_last_word_decides_nothing() -> None:
    """'ventas' was complete before '... no, soporte': the old words do not shorten the new silence."""
    endpoint = Endpoint(SETTINGS)
    heard(endpoint, speech=True, ms=640)
    endpoint.words(settled=True, heard_ms=640)
    heard(endpoint, speech=False, ms=192)
    heard(endpoint, speech=True, ms=320)
    assert heard(endpoint, speech=False, ms=320) == [(Turn.PAUSED, 256)]


def test_words_that_go_on_unsettle() -> None:
    """A text that is no phrase any more takes its promise back."""
    endpoint = Endpoint(SETTINGS)
    heard(endpoint, speech=True, ms=640)
    endpoint.words(settled=True, heard_ms=640)
    endpoint.words(settled=False, heard_ms=672)
    assert heard(endpoint, speech=False, ms=576) == [(Turn.PAUSED, 256)]


def test_numbers_are_waited_for() -> None:
    """
    Between two groups of digits people breathe: a second of silence ends a number.

    Nor is all of it looked through after each of them, which would keep a processor busy all the while.
    """
    endpoint = Endpoint(SETTINGS, digits=True)
    heard(endpoint, speech=True, ms=640)
    assert heard(endpoint, speech=False, ms=960) == [(Turn.PAUSED, 608)]
    assert heard(endpoint, speech=False, ms=96) == [(Turn.DECIDED, 64)]


def test_nobody_speaks_for_ever() -> None:
    """Who does not stop is decided after `longest_ms`, with no pause before."""
    endpoint = Endpoint(SETTINGS)
    assert heard(endpoint, speech=True, ms=20_000) == [(Turn.BEGAN, 96), (Turn.DECIDED, 10_016)]
    assert not endpoint.paused


def test_a_fading_voice_is_still_a_voice() -> None:
    """Between `release` and `threshold` speech goes on but does not begin."""
    endpoint = Endpoint(SETTINGS)
    assert all(endpoint.voice(0.4, STEP_MS) is None for _ in range(50))
    heard(endpoint, speech=True, ms=320)
    assert all(endpoint.voice(0.4, STEP_MS) is None for _ in range(50))


@given(st.lists(st.one_of(st.floats(0, 1), st.booleans()), max_size=800))
def test_each_turn_comes_at_most_once_and_in_order(told: list[float | bool]) -> None:
    """Whatever is heard and understood: one beginning, then at most one decision, and nothing after it."""
    endpoint = Endpoint(SETTINGS)
    turns = [
        endpoint.words(settled=item, heard_ms=10_000)
        if isinstance(item, bool)
        else endpoint.voice(item, STEP_MS)
        for item in told
    ]
    seen = [turn for turn in turns if turn not in {None, Turn.PAUSED}]
    assert seen in ([], [Turn.BEGAN], [Turn.BEGAN, Turn.DECIDED])
    if Turn.PAUSED in turns:
        assert turns.index(Turn.BEGAN) < turns.index(Turn.PAUSED)
