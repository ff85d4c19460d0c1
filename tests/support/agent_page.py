"""An agent's page in a real browser, as the person at it sees, hears and works it."""

from __future__ import annotations

import asyncio
import wave
from functools import partial
from pathlib import Path

import numpy as np

from tests.support.audio import RATE_HZ, pcm_of, samples
from tests.support.browser import Page
from tests.support.centre import Centre
from tests.support.polling import eventually

MICROPHONE_HZ = 48_000
_EAR = """
(() => {
  const heard = new Map();
  window.strongest = () => {
    let best = { hz: 0, level: -Infinity };
    for (const { analyser, data } of heard.values()) {
      analyser.getFloatFrequencyData(data);
      const step = analyser.context.sampleRate / analyser.fftSize;
      data.forEach((level, bin) => {
        if (level > best.level && bin * step > 150) best = { hz: Math.round(bin * step), level };
      });
    }
    return best;
  };
  const Native = RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("track", ({ track }) => {
        const context = new AudioContext();
        const analyser = new AnalyserNode(context, { fftSize: 8192, smoothingTimeConstant: 0.2 });
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        heard.clear();
        heard.set(track, { analyser, data: new Float32Array(analyser.frequencyBinCount) });
      });
    }
  };
})();
"""
"""An ear beside the loudspeaker: which tone is the strongest that the page receives now."""
_STORY = """
(() => {
  window.story = [];
  const look = () => {
    const pop = document.querySelector(".canvas.ringing .who")?.innerText ?? "";
    const seen = { pop, bell: document.querySelector("#phone-chip").dataset.call === "ringing" };
    const last = window.story.at(-1);
    if (last?.pop === seen.pop && last?.bell === seen.bell) return;
    window.story.push({ ...seen, at_ms: performance.now() });
  };
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, attributes: true, characterData: true,
  });
  look();
})()
"""
"""Writes down when the pop can be read and when the telephone of the page rings."""
_QUIET_DB = -60.0


def speech_file(path: Path, sentence: bytes) -> Path:
    """The sentence (8 kHz) and a second of silence, as a browser's microphone wants it."""
    slow = np.concatenate([samples(sentence), np.zeros(RATE_HZ, np.float32)])
    times = np.arange(len(slow) * MICROPHONE_HZ // RATE_HZ) * RATE_HZ / MICROPHONE_HZ
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, MICROPHONE_HZ, 0, "NONE", ""))
        wav.writeframes(pcm_of(np.interp(times, np.arange(len(slow)), slow).astype(np.float32)))
    return path


class AgentPage:
    """The page of one agent. Made by `opened`."""

    def __init__(self, page: Page, centre: Centre, agent: str) -> None:
        self.page, self._centre, self.agent = page, centre, agent

    @classmethod
    async def opened(cls, page: Page, centre: Centre, agent: str, *, browser_phone: bool = True) -> AgentPage:
        """Come in with the installation's token, open the desk, wait until its telephone is ready."""
        await page.open(f"{centre.url}/?token={centre.facts()['http']['token']}")
        await page.microphone(allowed=True)
        desk = cls(page, centre, agent)
        await desk._open()
        if browser_phone:
            await desk.phone_ready()
        return desk

    async def another_tab(self) -> AgentPage:
        """The same agent's page once more, in the same browser."""
        page = await self.page.another_tab()
        await page.looks(width=1280, height=720)
        await page.language("es-ES")
        desk = AgentPage(page, self._centre, self.agent)
        await desk._open()
        return desk

    async def _open(self) -> None:
        await self.page.send("Page.addScriptToEvaluateOnNewDocument", source=_EAR)
        await self.page.open(f"{self._centre.url}/agente?agent={self.agent}")
        await eventually(lambda: self.says("header", self.agent), 10, "the desk is there")

    async def phone_ready(self) -> None:
        async def ready() -> bool:
            line = await self.page.ask("document.querySelector('#phone-chip')?.dataset.line")
            assert line == "ready", f"telephone: {line}"
            return True

        await eventually(ready, 20, "the telephone of the page is ready")

    async def says(self, selector: str, words: str) -> bool:
        shown = await self.page.text(selector)
        assert words in shown, f"{selector}: {shown!r}"
        return True

    async def shows(self, words: str, selector: str = ".canvas", *, within_s: float = 8) -> None:
        """Wait until it can be read there."""
        await eventually(partial(self.says, selector, words), within_s, f"«{words}» in {selector}")

    async def mode(self, wanted: str, *, within_s: float = 10) -> None:
        """Wait until the desk is in this state, as the server tells it."""

        async def there() -> bool:
            mode = await self.page.ask("document.querySelector('.canvas')?.dataset.mode")
            assert mode == wanted, f"mode: {mode}; {await self.page.text('.bar .notices')}"
            return True

        await eventually(there, within_s, f"the desk of {self.agent} is {wanted}")

    async def ready(self) -> None:
        """Have done with the work after a call, if there is any, and be ready."""
        await self._centre.order(self.agent, "wrap_up_done")
        await self._centre.order(self.agent, "ready")
        await self.mode("ready")

    async def act(self, name: str) -> None:
        """Press the button of an action, once it can be pressed."""
        await self._click(f"[data-act={name}]", f"the button {name}")

    async def pick(self, row: str, does: str) -> None:
        """Press a button of a row of the list of colleagues, queues and numbers."""
        await self._click(f"[data-choice='{row}'] [data-does={does}]", f"{does} {row}")

    async def _click(self, selector: str, what: str) -> None:
        async def can() -> bool:
            return bool(await self.page.ask(f"document.querySelector({selector!r})?.disabled === false"))

        await eventually(can, 8, f"{what} can be pressed")
        await self.page.click(selector)

    async def write(self, selector: str, text: str) -> None:
        """Type into a field, from empty."""
        await self.page.ask(
            f"(() => {{ const f = document.querySelector({selector!r}); f.focus(); f.select?.(); }})()"
        )
        await self.page.send("Input.insertText", text=text)

    async def watch_the_bell(self) -> None:
        """From now on, for `pop_lead_ms`."""
        await self.page.ask(_STORY)

    async def rings(self) -> bool:
        return bool(await self.page.ask("document.querySelector('#phone-chip').dataset.call") == "ringing")

    async def pop_lead_ms(self) -> float:
        """How long before the first bell who calls could be read; less than 0 for after it."""
        story = await self.page.ask("window.story")
        popped = next(seen["at_ms"] for seen in story if seen["pop"])
        rang = next(seen["at_ms"] for seen in story if seen["bell"])
        return float(rang - popped)

    async def hears_tone(self, hz: int, *, within_s: float = 10) -> None:
        """Wait until this is the strongest tone that the page receives."""

        async def there() -> bool:
            found = await self.page.ask("window.strongest()")
            assert found["level"] is not None and found["level"] > _QUIET_DB, f"silence, not {hz} Hz: {found}"
            assert abs(found["hz"] - hz) < 15, f"{found}, not {hz} Hz"
            return True

        await eventually(there, within_s, f"{self.agent} hears {hz} Hz", every_s=0.1)

    async def tone_heard(self) -> int:
        """The strongest tone that the page receives at this moment; 0 for silence."""
        found = await self.page.ask("window.strongest()")
        quiet = found["level"] is None or found["level"] < _QUIET_DB
        return 0 if quiet else int(found["hz"])

    async def loses_tone(self, hz: int, *, for_s: float = 1.0, within_s: float = 10) -> None:
        """Wait until the page has not received this tone for a while."""
        loop = asyncio.get_running_loop()
        last = loop.time()

        async def gone() -> bool:
            nonlocal last
            if abs(await self.tone_heard() - hz) < 15:
                last = loop.time()
            return loop.time() - last > for_s

        await eventually(gone, within_s, f"{self.agent} no longer hears {hz} Hz", every_s=0.05)

    async def energy(self) -> float:
        """Of all audio that the page has received in its calls."""
        return float(await self.page.ask("document.querySelector('#phone-sheet').dataset.heard"))
