"""A small centre for tests: short times, known prompts, and words to ask what a party heard."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asr.sounds import SoundStore
from asr.synthesis import installed_synthesisers
from cti.softphone.baresip import BaresipCall, BaresipStack, BaresipUserAgent
from cti.softphone.port import CallState, NotInTime, SoftCall
from tests.support.audio import find_clip, music_at, read_wav_8k, tone_ms
from tests.support.centre import Centre
from tests.support.polling import eventually

PROMPTS = {
    "bienvenida": "Bienvenido al centro de pruebas.",
    "opciones": "Para ventas pulse uno. Para soporte pulse dos. Para hablar con una persona pulse cero.",
    "averia": "Tenemos una avería. Le pasamos con el teléfono de guardia.",
    "despedida": "Gracias por llamar al centro de pruebas. Adiós.",
}
NEXT, ONE_AHEAD = "Es usted el siguiente.", "Tiene una persona delante."
RING_S, WRAP_S, REST_S, ANNOUNCE_S = 4, 2, 2, 5
_TAIL_MS = 200

EXITS = (
    "closed: hang_up, full: {limit: 200, to: hang_up}, nobody_signed_in: keep_waiting, "
    "nobody_could_ever: keep_waiting, waited: {1h: keep_waiting}"
)
"""Of every queue: nobody is sent anywhere, so that who calls waits for whom the test brings."""

_HEAD = """
schema: acd/1
name: Centro de pruebas
languages: [es]
routing: {{policy: fair}}
skills: {{ventas: 0..10, soporte: 0..10}}
agents:
{agents}
phones: {{{phones}}}
entry: {{"900": {{flow: principal}}, "901": {{script: saludo.py}}, "902": {{flow: directo}}}}
flows:
  principal:
    start: saludo
    on: {{too_many: persona, failure: persona, no_input: again, no_match: again, hang_up: end}}
    nodes:
      saludo: {{say: bienvenida, next: menu}}
      menu: {{menu: opciones, keys: {{"1": ventas, "2": soporte, "0": persona}}}}
      ventas: {{enqueue: ventas}}
      soporte: {{enqueue: soporte}}
      persona: {{enqueue: general}}
  directo:
    start: ventas
    nodes: {{ventas: {{enqueue: ventas}}}}
queues:
  ventas: {{need: ["ventas >= 5/10"], {times}, on: {{{exits}}}}}
  soporte: {{need: ["soporte >= 5/10"], {times}, on: {{{exits}}}}}
  general: {{{times}, on: {{{exits}}}}}
prompts:
{prompts}
fallback: {{after: {fallback_s}s, dial: guardia, say: averia}}
"""


def config_text(
    agents: dict[str, str],
    phones: dict[str, str] | None = None,
    *,
    fallback_s: int = 60,
    ring_s: int = RING_S,
    rest_s: int = REST_S,
) -> str:
    """
    YAML of the test centre.

    Args:
        agents: Name -> skills as YAML, e.g. "{ventas: 8}"; each has a phone of its name.
        phones: Name -> fixed address, for phones that do not register.
        fallback_s: After how long without server the switch goes on alone.
        ring_s: How long a phone rings.
        rest_s: How long an agent rests whose phone refused.
    """
    fixed = phones or {}
    names = [*agents, *(n for n in ("guardia",) if n not in agents)]
    times = (
        f"ring: {{for: {ring_s}s}}, wrap: {{for: {WRAP_S}s}}, announce_every: {ANNOUNCE_S}s, "
        f"rest: {{busy: {rest_s}s, declined: {rest_s}s, failed: {rest_s}s}}, short_abandon: 1s"
    )
    return _HEAD.format(
        agents="\n".join(
            f"  {n}: {{name: {n}, phone: {n}, skills: {skills}}}" for n, skills in agents.items()
        ),
        phones=", ".join(f"{n}: {{address: '{fixed[n]}'}}" if n in fixed else f"{n}: {{}}" for n in names),
        times=times,
        exits=EXITS,
        prompts="\n".join(f"  {name}: {{es: '{text}'}}" for name, text in PROMPTS.items()),
        fallback_s=fallback_s,
    )


def write_config(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scripts").mkdir(exist_ok=True)
    example = Path(__file__).parents[2] / "config/examples/scripts/saludo.py"
    (folder / "scripts/saludo.py").write_text(example.read_text())
    path = folder / "centro.yaml"
    path.write_text(text)
    return path


class Ears:
    """What was heard, in the words of a listener of this language."""

    def __init__(self, centre: Centre, lang: str = "es") -> None:
        self._lang = lang
        self._sounds = SoundStore(centre.home / "sounds", installed_synthesisers(1))
        self.music = sorted((centre.home / "asterisk/data/moh").glob("*.wav"))

    def clip(self, text: str) -> bytes:
        path = self._sounds.path(text, self._lang)
        assert path is not None, f"not synthesised: {text}"
        return read_wav_8k(f"{path}.wav")

    def when(self, call: SoftCall, text: str, *, after_ms: int = 0) -> int | None:
        """Milliseconds of audio into the call at which the sentence begins; None if it was not heard."""
        # As received, not laid on the clock: a busy test would cut sentences into pieces.
        start_ms = max(0, after_ms)
        at = find_clip(call.heard()[start_ms * 16 :], self.clip(text))
        return None if at is None else at + start_ms

    def lasts(self, text: str) -> int:
        return len(self.clip(text)) // 16

    def music_from(self, call: SoftCall, start_ms: int, end_ms: int) -> list[bool]:
        """Second by second between the two moments: was it the hold music?"""
        pcm = call.heard()[start_ms * 16 : end_ms * 16]
        return [w.file is not None for w in music_at(pcm, self.music)]

    async def hears_tone(self, call: SoftCall, hz: int, *, within_s: float = 5.0) -> None:
        """Wait until at least half a second of the last two is this tone: the other party, as of now."""
        await eventually(
            lambda: tone_ms(call.heard()[-32_000:], hz) > 500, within_s, f"{hz} Hz heard", every_s=0.1
        )

    async def hears(self, call: SoftCall, text: str, *, within_s: float, after_ms: int = 0) -> int:
        """Wait until the sentence was heard whole; returns when it began, in ms of the call."""

        async def heard() -> tuple[int] | None:
            # Off the loop, which has to keep the audio flowing.
            at = await asyncio.to_thread(self.when, call, text, after_ms=after_ms)
            # It is known by its first half: whoever then hangs up has not heard the other one. The very end
            # may stay out for long: the switch sends nothing while it waits for a key.
            still_said = at is not None and len(call.heard()) // 16 < at + self.lasts(text) - _TAIL_MS
            return None if at is None or (still_said and call.state is not CallState.ENDED) else (at,)

        found = await eventually(heard, within_s, f"«{text}» heard", every_s=0.25)
        assert found is not None
        return found[0]


class Cast:
    """Callers and agents with baresip phones at one centre."""

    def __init__(self, centre: Centre, stack: BaresipStack) -> None:
        self._centre, self._stack = centre, stack
        self._count = 0
        self._callers: list[BaresipUserAgent] = []
        self._agents: dict[str, BaresipUserAgent] = {}

    async def agent_phone(self, name: str) -> BaresipUserAgent:
        """A phone of the centre, whoever's it is, registered when it is first asked for."""
        if name not in self._agents:
            self._agents[name] = await self._stack.user_agent(
                name, self._centre.sip, self._centre.password(name), register_every_s=60
            )
            await self._agents[name].register()
        return self._agents[name]

    async def agent(self, name: str) -> BaresipUserAgent:
        """An agent with a registered phone, known to the centre as reachable."""
        phone = await self.agent_phone(name)
        if not await self.is_reachable(name):
            await phone.register()
        await eventually(lambda: self.is_reachable(name), 5, f"{name} reachable")
        return phone

    async def caller(self, number: str = "") -> BaresipUserAgent:
        self._count += 1
        agent = await self._stack.user_agent(number or f"+3460000{self._count:04d}", self._centre.sip)
        self._callers.append(agent)
        return agent

    async def everybody_hangs_up(self) -> None:
        """Nothing of one scene is left in the next."""
        for caller in self._callers:
            await caller.close()
        self._callers.clear()
        for agent in self._agents.values():
            with contextlib.suppress(NotInTime):
                while True:
                    await (await agent.next_call(within_s=0.01)).hangup()

        async def quiet() -> bool:
            return not (await self._centre.http_get("/api/live"))["contacts"]

        await eventually(quiet, 5, "nobody on the line")

    async def bell(self, name: str, *, within_s: float) -> BaresipCall:
        """The call that rings at this agent's phone; if none does, the failure shows how things stand."""
        try:
            return await self._agents[name].next_call(within_s=within_s)
        except NotInTime as silent:
            live = await self._centre.http_get("/api/live")
            silent.add_note(f"agents: {live['agents']}\ncontacts: {live['contacts']}")
            raise

    async def takes(self, name: str, *, within_s: float) -> BaresipCall:
        """
        What rings at this agent's phone, picked up: they talk.

        A hang-up after the 200 OK and before that is a try that failed, and the caller waits on.
        """
        leg = await self.bell(name, within_s=within_s)
        await leg.answer()
        await self.talks(name)
        return leg

    async def talks(self, name: str) -> None:
        async def talking() -> bool:
            return bool((await self.live_agent(name))["activity"] == "talking")

        await eventually(talking, 8, f"{name} talks")

    async def is_reachable(self, name: str) -> bool:
        return bool((await self.live_agent(name))["reachable"])

    async def live_agent(self, name: str) -> dict[str, Any]:
        live = await self._centre.http_get("/api/live")
        return next(agent for agent in live["agents"] if agent["id"] == name)

    async def all_ready(self, *names: str) -> None:
        """Wait out wrap-ups and rests and bring everybody back to ready, longest idle first."""
        for name in names:
            await self.agent(name)

            async def idle(name: str = name) -> bool:
                agent = await self.live_agent(name)
                return agent["activity"] == "idle" and agent["resting_until_ms"] is None

            await eventually(idle, WRAP_S + REST_S + 8, f"{name} idle")
            await self._centre.http_post(
                f"/api/agents/{name}/presence", {"presence": "not_ready", "reason": "x"}
            )
            await self._centre.http_post(f"/api/agents/{name}/presence", {"presence": "ready"})

    async def only(self, *names: str, of: Sequence[str]) -> None:
        """These agents are ready, in this order of idle time; all others are not."""
        for name in of:
            if name not in names:
                body = {"presence": "not_ready", "reason": "pausa"}
                await self._centre.http_post(f"/api/agents/{name}/presence", body)
        await self.all_ready(*names)

    async def record(self, call: SoftCall | None = None, *, number: str) -> dict[str, Any]:
        """The newest finished contact of this number, once it is there."""

        async def found() -> Any:
            page = await self._centre.http_get(f"/api/contacts?number={number.replace('+', '%2B')}")
            return page["contacts"] and page["contacts"][0]

        newest = await eventually(found, 5, f"record of {number}")
        contact: dict[str, Any] = await self._centre.http_get(f"/api/contacts/{newest['id']}")
        return contact
