"""A centre that listens, for tests: its flows, its sounds, and callers who speak."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cti.softphone.baresip import BaresipCall
from cti.softphone.port import BYTES_PER_MS, SAMPLE_RATE_HZ, CallState
from cti.softphone.voice import tone_pcm
from tests.support.audio import samples, tone_ms
from tests.support.centre import Centre, EventLog
from tests.support.flow_centre import hears_pcm, spoken
from tests.support.polling import eventually
from tests.support.scene import Cast
from tests.support.speech import KOREAN, korean_model, whisper_model

QUEUE_OF = {"no": "queja", "agent": "agente", "order": "pedido", "password": "clave", "hours": "horario"}
"""By the second word of a Korean clip's name."""
KEY_OF = {"queja": "2", "agente": "3", "pedido": "4", "clave": "5", "horario": "6"}
SLOTS = 4

MENU, OPEN, GREETED, SHORT, TWO, CROWD = "910", "920", "930", "940", "950", "960"
DAYS, NUMBER = "921", "922"

GREETING, SAY, PRESS, SAY_2, PRESS_2, BYE = 400, 600, 800, 1_000, 1_200, 1_500
"""Hertz: each sentence is a tone, which is told apart sooner and more surely than words."""
SAY_MS, OTHER_MS = 4_000, 1_000

_QUEUES = (*KEY_OF, "lunes", "viernes", "verano", "otono", "general", "visto")
_SAYING = {
    "saludo": GREETING,
    "diga": SAY,
    "diga_larga": SAY,
    "pulse": PRESS,
    "diga_2": SAY_2,
    "pulse_2": PRESS_2,
    "adios": BYE,
}
_LASTS_MS = {"diga": SAY_MS, "diga_2": SAY_MS, "diga_larga": 3 * SAY_MS}

_CONFIG = """
schema: acd/1
name: Centro que escucha
languages: [es, en]
speech:
  first: speech
  accept: {accept}
  misses: 2
  longest: 4s
  slots: {slots}
  free_slots: 2
  languages:
    # What it hears is Korean: of no other language a registry has a model. Our sentences are English.
    en: {{engine: vosk, model: "{korean}"}}
    es: {{engine: whisper, model: "{whisper}"}}
intents:
  verano: {{label: El verano, examples: {{es: [julio, agosto, las vacaciones de verano, para agosto]}}}}
  otono: {{label: El otoño, examples: {{es: [octubre, noviembre, la vuelta al trabajo, para noviembre]}}}}
agents: {{ana: {{name: Ana, phone: ana}}}}
phones: {{ana: {{}}}}
entry: {{{entries}}}
flows:
  coreano:
    start: idioma
    {on}
    nodes:
      idioma: {{language: en, next: opciones}}
      opciones: {menu}
      {ends}
  saludado:
    start: idioma
    {on}
    nodes:
      idioma: {{language: en, next: saludo}}
      saludo: {{say: saludo, next: visto}}
      visto: {{set: {{huella: saludado}}, next: opciones}}
      opciones:
        menu: pulse
        spoken: diga_larga
        keys: {{"4": segun, "0": persona}}
        phrases: {{"4": {{en: ["{order}"]}}}}
        labels: {{"4": Su pedido}}
      segun: {{branch: [{{when: 'ivr.huella == "saludado"', to: vistos}}], otherwise: persona}}
      vistos: {{enqueue: visto}}
      persona: {{enqueue: general}}
  corto:
    start: idioma
    {on}
    nodes:
      idioma: {{language: en, next: opciones}}
      opciones:
        menu: pulse
        spoken: diga
        keys: {{"4": pedido, "6": horario, "0": persona}}
        phrases: {{"4": {{en: ["{order}"]}}, "6": {{en: ["{hours}"]}}}}
        tries: 2
        timeout: 1s
      pedido: {{enqueue: pedido}}
      horario: {{enqueue: horario}}
      persona: {{enqueue: general}}
  dos:
    start: idioma
    {on}
    nodes:
      idioma: {{language: en, next: primera}}
      primera:
        menu: pulse
        spoken: diga
        keys: {{"4": segunda, "0": persona}}
        phrases: {{"4": {{en: ["{order}"]}}}}
      segunda:
        menu: pulse_2
        spoken: diga_2
        keys: {{"6": horario, "0": persona}}
        phrases: {{"6": {{en: ["{hours}"]}}}}
      horario: {{enqueue: horario}}
      persona: {{enqueue: general}}
  multitud:
    start: idioma
    on: {{too_many: adios, failure: persona, no_input: again, no_match: again, hang_up: end}}
    nodes:
      idioma: {{language: en, next: opciones}}
      opciones:
        menu: pulse
        spoken: diga
        keys: {{"4": pedido, "0": persona}}
        phrases: {{"4": {{en: ["{order}"]}}}}
        tries: 1
        timeout: 12s
      pedido: {{enqueue: pedido}}
      persona: {{enqueue: general}}
      adios: {{goodbye: adios}}
  motivo:
    start: pregunta
    {on}
    nodes:
      pregunta: {{ask: diga, intents: {{verano: verano, otono: otono}}, keypad: estaciones}}
      estaciones: {{menu: pulse, keys: {{"4": verano, "5": otono, "0": persona}}}}
      verano: {{enqueue: verano}}
      otono: {{enqueue: otono}}
      persona: {{enqueue: general}}
  dias:
    start: dia
    {on}
    nodes:
      dia:
        menu: pulse
        spoken: diga
        keys: {{"1": lunes, "5": viernes, "2": martes, "0": persona}}
        phrases: {{"1": {{es: [lunes]}}, "2": {{es: [martes]}}, "5": {{es: [viernes]}}}}
      lunes: {{enqueue: lunes}}
      martes: {{enqueue: general}}
      viernes: {{enqueue: viernes}}
      persona: {{enqueue: general}}
  numero:
    start: numero
    {on}
    nodes:
      numero: {{digits: pulse, spoken: diga, into: pedido, length: 3, next: segun}}
      segun: {{branch: [{{when: 'ivr.pedido == "123"', to: visto}}], otherwise: persona}}
      visto: {{enqueue: visto}}
      persona: {{enqueue: general}}
queues:
{queues}
prompts:
{prompts}
"""
_ON = "on: {too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: end}"
_WAITS = (
    "{on: {closed: hang_up, full: {limit: 300, to: hang_up}, nobody_signed_in: keep_waiting, "
    "nobody_could_ever: keep_waiting, waited: {1h: keep_waiting}}}"
)
_ENTRIES = {
    MENU: "coreano",
    GREETED: "saludado",
    SHORT: "corto",
    TWO: "dos",
    CROWD: "multitud",
    OPEN: "motivo",
    DAYS: "dias",
    NUMBER: "numero",
}


def config_text(*, accept: str = "60%", korean: str = "") -> str:
    """
    YAML of the centre.

    Args:
        accept: See `speech.accept`; a clip that is always understood is not always as sure.
        korean: Folder of the model for Korean; empty for the one that is installed.
    """
    keys = {**{key: queue for queue, key in KEY_OF.items()}, "0": "persona"}
    phrases = {KEY_OF[queue]: {"en": [KOREAN[word]]} for word, queue in QUEUE_OF.items()}
    return _CONFIG.format(
        accept=accept,
        slots=SLOTS,
        korean=korean or korean_model(),
        whisper=whisper_model(),
        entries=", ".join(f'"{number}": {{flow: {flow}}}' for number, flow in _ENTRIES.items()),
        on=_ON,
        menu=f"{{menu: pulse, spoken: diga, keys: {_yaml(keys)}, phrases: {_yaml(phrases)}}}",
        ends="\n      ".join([*(f"{q}: {{enqueue: {q}}}" for q in KEY_OF), "persona: {enqueue: general}"]),
        order=KOREAN["order"],
        hours=KOREAN["hours"],
        queues="\n".join(f"  {name}: {_WAITS}" for name in _QUEUES),
        prompts="\n".join(f"  {n}: {{es: {{file: {n}.wav}}, en: {{file: {n}.wav}}}}" for n in _SAYING),
    )


def write_sounds(folder: Path) -> None:
    """The sentences of the configuration, beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, hz in _SAYING.items():
        with wave.open(str(folder / f"{name}.wav"), "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(SAMPLE_RATE_HZ)
            wav.writeframes(tone_pcm(hz, duration_ms=_LASTS_MS.get(name, OTHER_MS)))


def _yaml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f'"{key}": {_yaml(one)}' for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(one) for one in value) + "]"
    return f'"{value}"'


@contextlib.asynccontextmanager
async def listening_centre(folder: Path) -> AsyncIterator[Centre]:
    """Such a centre, up."""
    write_sounds(folder / "config")
    config = folder / "config/centro.yaml"
    config.write_text(config_text(), encoding="utf-8")
    async with Centre.running(folder / "home", config) as running:
        yield running


_NUMBERS = (f"+346557{n:05d}" for n in itertools.count())


def somebody() -> str:
    """A number that nobody else calls from."""
    return next(_NUMBERS)


class Listeners:
    """
    What a test asks of a centre that listens, and of its callers.

    Args:
        centre: Up.
        cast: Of callers.
        told: The centre's events, since it is up.
    """

    def __init__(self, centre: Centre, cast: Cast, told: EventLog) -> None:
        self._centre, self._cast = centre, cast
        self.told = told

    async def dials(self, entry: str, number: str) -> BaresipCall:
        call = await (await self._cast.caller(number)).dial(f"sip:{entry}@{self._centre.sip}")
        await call.wait_for(CallState.UP, within_s=20)
        return call

    async def asked(self, entry: str, number: str, *, hz: int = SAY) -> BaresipCall:
        """Somebody who has dialled and hears the question."""
        call = await self.dials(entry, number)
        await self.hears(call, hz)
        return call

    async def hears(self, call: BaresipCall, hz: int, *, ms: int = 200, since: int = 0) -> None:
        """Wait until this much of a sentence was heard after so many bytes of the call."""
        async with self._telling():
            await eventually(
                lambda: tone_ms(call.heard()[since:], hz) >= ms, 40, f"{hz} Hz heard {ms} ms", every_s=0.1
            )

    async def live(self) -> dict[str, Any]:
        found: dict[str, Any] = await self._centre.http_get("/api/live")
        return found

    async def figures(self) -> dict[str, int]:
        """Of recognition, and behind "line_" of the line."""
        speech = (await self.live())["speech"]
        return {**speech["recognition"], **{f"line_{name}": n for name, n in speech["line"].items()}}

    def queued(self, number: str) -> dict[str, Any] | None:
        """The event of this caller's coming to a queue, if it has come."""
        came = (m for m in self.told.of_type("contact.queued") if m["data"]["customer"]["number"] == number)
        return next(came, None)

    def number_of(self, contact_id: str) -> str:
        """Of a contact that has come; empty if it has not been told."""
        told = (message["data"] for message in self.told.of_type("contact."))
        numbers = (
            data["customer"]["number"]
            for data in told
            if data.get("contact_id") == contact_id and (data.get("customer") or {}).get("number")
        )
        return next(numbers, "")

    async def waits(self, number: str, queue: str, *, within_s: float = 40) -> None:
        """This caller comes to a queue, and it is this one. Nobody calls twice from one number."""
        async with self._telling():
            event = await eventually(lambda: self.queued(number), within_s, f"{number} waits")
            assert event is not None
            assert event["data"]["queue"] == queue, f"{number} came to {event['data']['queue']}, not {queue}"

    @contextlib.asynccontextmanager
    async def _telling(self) -> AsyncIterator[None]:
        """What was heard and understood, with what has failed."""
        try:
            yield
        except AssertionError as failure:
            failure.add_note(f"figures: {await self.figures()}")
            failure.add_note(f"said: {(await self._centre.http_get('/api/said'))['said']}")
            failure.add_note(f"last: {self.told.of_type('contact.')[-3:]}")
            raise

    async def unless_too_slow(self, story: Callable[[], Awaitable[None]]) -> None:
        """A machine too busy to listen asks by keys, as it should: then the story is told once more."""
        before = await self._not_listened()
        try:
            await story()
        except AssertionError:
            if await self._not_listened() == before:
                raise
            await story()

    async def _not_listened(self) -> int:
        """How often somebody who could have spoken was not heard because a recognizer was late."""
        figures = await self.figures()
        late = ("refused_slow", "deafened", "line_asked_by_keys", "line_deaf_late", "line_deaf_worker")
        return sum(figures.get(name, 0) for name in late)

    async def publish(self, **changes: str) -> None:
        """Save the file with these changes (see `config_text`) and wait until callers get it."""
        before = (await self.live())["config_version"]
        config = Path(self._centre.facts()["config"])
        await asyncio.to_thread(config.write_text, config_text(**changes), encoding="utf-8")

        async def live() -> bool:
            return bool((await self.live())["config_version"] != before)

        await eventually(live, 40, "the edit is live", every_s=0.2)

    async def is_heard(self) -> None:
        await is_heard(self._centre)


async def barge_in(call: BaresipCall, pcm: bytes) -> int:
    """Speak into the question until it falls silent; how many bytes of the call were heard by then."""
    call.say(pcm)
    await eventually(lambda: not is_told(call), 10, "the question falls silent")
    assert call.saying(), "in the middle of the utterance"
    return len(call.heard())


def is_told(call: BaresipCall) -> bool:
    """Whether the caller hears the question now; a switch that has nothing to play sends nothing."""
    late_s = time.monotonic() - call.chunks()[-1].at_s
    return late_s < 0.1 and tone_ms(call.heard()[-1_600:], SAY) > 0


async def is_heard(centre: Centre) -> None:
    """All models are loaded, by all workers."""

    async def ready() -> bool:
        found = (await centre.http_get("/api/live"))["speech"]["recognition"]
        return bool(found["workers_ready"] == found["workers"] > 0)

    await eventually(ready, 120, "the models are loaded", every_s=0.3)


async def hears_words(call: BaresipCall, text: str) -> None:
    """Wait until a sentence of the synthesiser was heard, in Spanish."""
    await hears_pcm(call, await spoken(text), within_s=30)


def speech_ms(pcm: bytes) -> tuple[int, int]:
    """Where speech begins and ends in a clip: the first and last 20 ms within 25 dB of the loudest."""
    x = samples(pcm)[: len(pcm) // 320 * 160].reshape(-1, 160)
    power = (x.astype(np.float64) ** 2).mean(axis=1)
    loud = np.flatnonzero(power > power.max() / 10**2.5)
    return int(loud[0]) * 20, int(loud[-1] + 1) * 20


def chatter(clips: Mapping[str, bytes]) -> bytes:
    """All that is said in these clips, in one breath: nobody can decide in the middle of it."""
    spoken = ((pcm, *speech_ms(pcm)) for pcm in clips.values())
    return b"".join(pcm[begin * BYTES_PER_MS : end * BYTES_PER_MS] for pcm, begin, end in spoken)


def recognizers(centre: Centre) -> list[int]:
    """The processes of this centre that recognise speech."""
    return [
        pid for pid in centre.pids() if b"asr.recognition_worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
