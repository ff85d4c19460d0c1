"""Who has the word: every way in which a question ends."""

from __future__ import annotations

import pytest

from asr.ports import Deafened, Event, Final, Partial, SpeechBegan
from centralita.hearing.exchange import BargeIn, Exchange
from ivr.actions import Deaf, Heard, Key, Silence

pytestmark = pytest.mark.unit

SECOND = bytes(range(1, 251)) * 64
FINAL = Final("ventas", 0.93, "vosk", 250)


class Run:
    """An exchange on a clock of its own."""

    def __init__(self, sound: bytes = SECOND, timeout_s: float = 2.0, answer_s: float = 13.0) -> None:
        self.now_s = 50.0
        self.exchange = Exchange(sound, timeout_s=timeout_s, answer_s=answer_s, now_s=self.now_s)
        self.played = b""
        self.silence = b""

    def go(self, seconds: float, *, speaking: bool = True) -> Run:
        """Let time pass; a caller's telephone sends sound all the while, or nothing."""
        until_s = self.now_s + seconds
        while self.exchange.next_s <= until_s and self.exchange.outcome is None:
            self.now_s = self.exchange.next_s
            if speaking:
                self.exchange.sounded(self.now_s)
            self.tick()
        self.now_s = until_s
        return self

    def tick(self) -> int:
        frames, silence = self.exchange.tick(self.now_s)
        self.played += b"".join(frames)
        self.silence += silence
        return len(frames)

    def hears(self, *events: Event) -> Run:
        for event in events:
            self.exchange.recognised(event, self.now_s)
        return self


def test_the_sound_is_played_whole_and_silence_counts_from_its_end() -> None:
    """One second of sound, two of silence, and not a moment more or less."""
    run = Run().go(2.98)
    assert run.played == SECOND
    assert run.exchange.outcome is None
    assert run.go(0.1).exchange.outcome == Silence()


def test_without_a_sound_silence_counts_from_the_beginning() -> None:
    """A question that has been asked already."""
    assert Run(b"").go(2.1).exchange.outcome == Silence()


def test_the_last_frame_is_filled_up() -> None:
    """Asterisk takes whole frames of 20 ms."""
    assert Run(b"\1" * 330).go(0.1).played == b"\1" * 330 + bytes(310)


def test_speech_stops_the_sound_at_once_and_the_words_are_the_answer() -> None:
    """No frame more after the caller has begun to speak."""
    run = Run().go(0.5).hears(SpeechBegan())
    so_far = run.played
    run.go(0.7).hears(Partial("ven"), FINAL)

    assert run.played == so_far
    assert run.exchange.outcome == Heard("ventas", 0.93)
    assert run.exchange.barged_in is BargeIn.VOICE


def test_who_speaks_after_the_sound_has_interrupted_nothing() -> None:
    """Barging in is counted: this is none."""
    run = Run().go(1.5).hears(SpeechBegan(), FINAL)
    assert run.exchange.outcome == Heard("ventas", 0.93)
    assert run.exchange.barged_in is None


def test_who_is_speaking_is_not_silent() -> None:
    """A long answer outlasts the time for silence."""
    assert Run().go(2.9).hears(SpeechBegan()).go(5.0).exchange.outcome is None


@pytest.mark.parametrize("before", [(), (SpeechBegan(),), (SpeechBegan(), Partial("ventas"))])
def test_a_key_wins_over_speech_that_is_being_recognised(before: tuple[Event, ...]) -> None:
    """Keys are certain, words are not; what is understood afterwards changes nothing."""
    run = Run().go(0.4).hears(*before)
    run.exchange.pressed("3")
    run.hears(FINAL)
    run.exchange.pressed("4")

    assert run.exchange.outcome == Key("3")
    assert not run.exchange.playing


def test_a_key_that_cuts_the_sound_is_a_barge_in_of_its_own_kind() -> None:
    """Told apart in the figures; a key after the sound is none."""
    during, after = Run().go(0.4), Run().go(1.4)
    during.exchange.pressed("3")
    after.exchange.pressed("3")
    assert (during.exchange.barged_in, after.exchange.barged_in) == (BargeIn.KEY, None)


def test_a_worker_that_dies_is_deafness() -> None:
    """At any moment: the caller is asked by keys, whatever had been said."""
    run = Run().go(0.4).hears(SpeechBegan(), Deafened("worker died"))
    assert run.exchange.outcome == Deaf("worker died")
    assert run.exchange.why_deaf == "worker"


def test_a_recognizer_that_never_decides_is_deafness() -> None:
    """From the beginning of the speech, not from each new word."""
    run = Run().go(0.5).hears(SpeechBegan()).go(10.0).hears(Partial("eh")).go(2.9)
    assert run.exchange.outcome is None
    assert isinstance(run.go(0.2).exchange.outcome, Deaf)
    assert run.exchange.why_deaf == "late"


def test_a_telephone_that_sends_nothing_is_heard_as_silence() -> None:
    """The recognizer's time is the length of the sound it gets: without any, an utterance would never end."""
    run = Run(b"", timeout_s=9.0).go(1.0).go(2.0, speaking=False)
    assert set(run.silence) == {0}
    assert 1_800 <= len(run.silence) / 16 <= 1_920


def test_a_telephone_that_sends_is_not_disturbed() -> None:
    """No silence between its frames."""
    assert Run(b"", timeout_s=9.0).go(5.0).silence == b""


def test_while_we_stand_still_no_time_passes_for_the_caller() -> None:
    """A freeze of ours is a pause in the sound, no burst, and nobody has been silent meanwhile."""
    run = Run().go(0.5)
    run.now_s += 30.0
    assert run.tick() <= 4
    assert run.silence == b"", "what they said meanwhile is on its way"
    run.go(2.3)
    assert run.played == SECOND
    assert run.exchange.outcome is None
    assert run.go(0.5).exchange.outcome == Silence()


def test_a_freeze_just_before_the_time_is_over_is_no_silence() -> None:
    """What was said meanwhile is heard first."""
    run = Run().go(2.9)
    run.now_s += 10.0
    run.tick()
    assert run.exchange.outcome is None
