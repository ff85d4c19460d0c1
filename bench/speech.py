"""
How well and how fast speech is recognised: `python -m bench.speech [--write]`.

Real recognition workers with the models that the tests install: Korean for Vosk
(synthetic voices picked because they are understood: figures of speed, not of accuracy),
Spanish for Whisper (recordings of one person, from Asterisk's own sounds, and a synthetic voice).
Sound goes through mu-law with noise on the line, 20 ms at a time, in real time.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import resource
import time
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from asr.pool import PoolSettings, RecognitionPool
from asr.ports import Final, Wish
from asr.recognition_worker import LanguageModel
from asr.synthesis import PicoSynthesiser
from bench.figures import Row, machine, percentile, table, write_report
from centralita.tasks import spawn
from ivr.phrases import folded
from tests.support.polling import eventually
from tests.support.speech import (
    DIGITS,
    KOREAN,
    MONTHS,
    WEEKDAYS,
    by_telephone,
    frames,
    korean_clips,
    korean_model,
    spanish_clips,
    whisper_model,
)

FRAME_S = 0.02
LOADED_S = 120.0
DECIDED_S = 30.0
REPORT = Path("docs/measured")
MENU = (
    "facturación", "pagar una factura", "soporte técnico", "ventas", "hablar con una persona",
    "cambiar la contraseña", "horario de atención", "consultar mi saldo", "seguir mi pedido", "darme de baja",
)  # fmt: skip


@dataclass(slots=True)
class Score:
    """What came of a set of utterances."""

    right: int = 0
    said: int = 0
    sure: int = 0
    wrong_and_sure: int = 0
    after_ms: list[float] = field(default_factory=list)

    def add(self, final: Final | None, expected: str, *, stranger: bool = False) -> None:
        """A `stranger` is none of the phrases: right is that it is neither taken nor asked back."""
        self.said += 1
        if final is None:
            return
        right = final.confidence < 0.5 if stranger else folded(final.text) == folded(expected)
        self.right += right
        self.sure += final.confidence >= 0.85
        self.wrong_and_sure += final.confidence >= 0.85 and not right
        self.after_ms.append(final.after_speech_ms)


async def hear(pool: RecognitionPool, wish: Wish, pcm: bytes) -> Final | None:
    """In real time; sound goes on until it is decided, as it does on a line."""
    hearing = await pool.open(wish)
    found: list[Final] = []

    async def listen() -> None:
        found.extend([event async for event in hearing.events() if isinstance(event, Final)])

    listening = asyncio.ensure_future(listen())
    clock = asyncio.get_running_loop().time
    began_s = clock()
    for number, frame in enumerate(frames(pcm), start=1):
        hearing.feed(frame)
        await asyncio.sleep(max(0.0, began_s + number * FRAME_S - clock()))
        if listening.done():
            break
    await asyncio.wait([listening], timeout=DECIDED_S)
    await hearing.close()
    await listening
    return found[0] if found else None


async def scored(pool: RecognitionPool, said: Sequence[tuple[str, bytes]], wish: Wish, rounds: int) -> Score:
    score = Score()
    for turn in range(rounds):
        for phrase, pcm in said:
            final = await hear(pool, wish, by_telephone(pcm, seed=turn, after_ms=1_600))
            score.add(final, phrase, stranger=bool(wish.phrases) and phrase not in wish.phrases)
    return score


async def spoken(texts: Sequence[str]) -> list[tuple[str, bytes]]:
    """Texts in a synthetic voice, as prompts are made."""
    synthesiser = PicoSynthesiser()
    try:
        return [(text, _pcm(await synthesiser.render(text, "es"))) for text in texts]
    finally:
        await synthesiser.close()


def _pcm(wav: bytes) -> bytes:
    with wave.open(io.BytesIO(wav)) as sound:
        return bytes(sound.readframes(sound.getnframes()))


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Crowd:
    """Callers who speak all the time, at once."""

    callers: int
    right: int
    said: int
    worker_cpu: float
    """Of one processor."""
    after_ms: Sequence[float]


async def crowd(pool: RecognitionPool, callers: int, seconds: float) -> Crowd:
    """Each says one phrase after the other, with the line's silence around, which is a third of the time."""
    clips, wish, score = list(korean_clips().values()), Wish("ko", tuple(KOREAN.values())), Score()
    pid = pool.pids()[0]
    began_s, before_s = time.monotonic(), cpu_s(pid)

    async def caller(number: int) -> None:
        await asyncio.sleep(number * 0.17)
        turn = number
        while time.monotonic() - began_s < seconds:
            phrase, pcm = clips[turn % len(clips)]
            score.add(await hear(pool, wish, by_telephone(pcm, seed=turn, after_ms=1_600)), phrase)
            turn += 1

    await asyncio.gather(*(caller(number) for number in range(callers)))
    used = (cpu_s(pid) - before_s) / (time.monotonic() - began_s)
    return Crowd(callers, score.right, score.said, used, score.after_ms)


async def waiting_cost(pool: RecognitionPool, seconds: float) -> float:
    """Share of a processor that a caller costs who listens to a prompt and says nothing."""
    pid, hearings = pool.pids()[0], [await pool.open(Wish("ko", tuple(KOREAN.values()))) for _ in range(10)]
    line = list(frames(by_telephone(b"", before_ms=round(seconds * 1_000), after_ms=0)))
    clock = asyncio.get_running_loop().time
    began_s, before_s = clock(), cpu_s(pid)
    for number, frame in enumerate(line, start=1):
        for hearing in hearings:
            hearing.feed(frame)
        await asyncio.sleep(max(0.0, began_s + number * FRAME_S - clock()))
    used = (cpu_s(pid) - before_s) / (clock() - began_s) / len(hearings)
    for hearing in hearings:
        await hearing.close()
    return used


async def measure(rounds: int, callers: Sequence[int], seconds: float) -> str:
    models = (
        LanguageModel("ko", "vosk", str(korean_model())),
        LanguageModel("es", "whisper", str(whisper_model())),
    )
    settings = PoolSettings(models, slots=64, free_slots=4, workers=1, slow_ms=10_000, deaf_ms=15_000)
    pool = RecognitionPool(settings, spawn)
    began_s = time.monotonic()
    pool.start()
    try:
        await eventually(lambda: pool.limits_phrases("es") is not None, LOADED_S, "models loaded")
        loaded_s = time.monotonic() - began_s
        return "\n".join(await _report(pool, loaded_s, rounds, callers, seconds))
    finally:
        await pool.close()


async def _report(
    pool: RecognitionPool, loaded_s: float, rounds: int, callers: Sequence[int], seconds: float
) -> list[str]:
    scores = await _accuracy(pool, rounds)
    known, otherwise = scores["ko, Vosk, phrases"], scores["ko, Vosk, phrase not of the list"]
    whisper = [ms for name, score in scores.items() if name.startswith("es") for ms in score.after_ms]
    rows = [
        Row("Vosk: known phrase (250 ms of silence)", known.after_ms),
        Row("Vosk: otherwise (600 ms of silence)", otherwise.after_ms),
        Row("Whisper: all", whisper),
    ]
    lines = ["# Speech: recognition", "", machine(), f"Both models loaded in {loaded_s:.1f} s.", ""]
    lines += [
        "## End of speech to decision",
        "",
        table(rows),
        "",
        "## Accuracy",
        "",
        *_accuracy_table(scores),
    ]
    lines += ["", "## Callers who speak at once (Vosk, phrases, one worker)", "", *CROWD_HEAD]
    for count in callers:
        lines.append(_crowd_line(await crowd(pool, count, seconds)))
    waiting = await waiting_cost(pool, min(seconds, 8.0))
    return [*lines, "", f"A caller who only listens to a prompt: {waiting * 100:.2f} % of a processor."]


async def _accuracy(pool: RecognitionPool, rounds: int) -> Mapping[str, Score]:
    korean, human = list(korean_clips().values()), spanish_clips()
    some = (KOREAN["agent"], KOREAN["password"])
    strangers = [(phrase, pcm) for phrase, pcm in korean if phrase not in some]

    def said(words: Sequence[str]) -> list[tuple[str, bytes]]:
        return [(word, human[word]) for word in words]

    menu, one_to_five = await spoken(MENU), DIGITS[1:6]
    sets: list[tuple[str, Sequence[tuple[str, bytes]], Wish, int]] = [
        ("ko, Vosk, phrases", korean, Wish("ko", tuple(KOREAN.values())), rounds),
        ("ko, Vosk, phrase not of the list", strangers, Wish("ko", some), rounds),
        ("ko, Vosk, free", korean, Wish("ko"), 1),
        ("es, Whisper, person, 1-5 of five", said(one_to_five), Wish("es", one_to_five), rounds),
        ("es, Whisper, person, 1-5 in a menu", said(one_to_five), Wish("es", MENU + one_to_five), rounds),
        ("es, Whisper, person, 1-5 as a number", said(one_to_five), Wish("es", digits=True), rounds),
        ("es, Whisper, person, 1-5 free", said(one_to_five), Wish("es"), rounds),
        ("es, Whisper, person, weekdays", said(WEEKDAYS), Wish("es", WEEKDAYS), rounds),
        ("es, Whisper, person, months", said(MONTHS), Wish("es", MONTHS), rounds),
        ("es, Whisper, person, weekdays and months free", said(WEEKDAYS + MONTHS), Wish("es"), 1),
        ("es, Whisper, synthetic, menu of 10", menu, Wish("es", MENU), rounds),
        ("es, Whisper, synthetic, menu free", menu, Wish("es"), 1),
        ("es, Whisper, person, months said in a menu", said(MONTHS), Wish("es", MENU), 1),
    ]  # fmt: skip
    return {name: await scored(pool, clips, wish, times) for name, clips, wish, times in sets}


CROWD_HEAD = (
    "| callers | right | processor | each, of one | decision p50 | p95 |",
    "|--:|--:|--:|--:|--:|--:|",
)


def _crowd_line(found: Crowd) -> str:
    each = found.worker_cpu / found.callers
    half, most = (percentile(found.after_ms, share) for share in (0.5, 0.95))
    return (
        f"| {found.callers} | {found.right}/{found.said} | {found.worker_cpu * 100:.0f} % | {each:.3f} "
        f"| {half:.0f} ms | {most:.0f} ms |"
    )


def _accuracy_table(scores: Mapping[str, Score]) -> list[str]:
    lines = ["| set | right | 0.85 or surer | of those wrong | decision p50 |", "|---|--:|--:|--:|--:|"]
    for name, score in scores.items():
        half = f"{percentile(score.after_ms, 0.5):.0f} ms" if score.after_ms else "-"
        lines.append(
            f"| {name} | {score.right}/{score.said} | {score.sure} | {score.wrong_and_sure} | {half} |"
        )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="times each recording is said")
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 10, 20, 30])
    parser.add_argument("--seconds", type=float, default=15.0, help="for each number of callers")
    parser.add_argument("--write", action="store_true", help=f"leave the table in {REPORT}")
    told = parser.parse_args()
    text = asyncio.run(measure(told.rounds, told.callers, told.seconds))
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1_024
    text += f"\nThe worker's memory at its most: {peak_mb} MB.\n"
    print(text)
    if told.write:
        print(write_report(REPORT, "speech", text))


if __name__ == "__main__":
    main()
