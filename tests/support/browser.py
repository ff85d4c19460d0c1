"""
A real browser without a window: Chromium, driven by its own DevTools protocol over one WebSocket.

Only what tests of a page need: open, ask, look, and what went wrong in it.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from centralita.tasks import spawn
from tests.support.polling import eventually
from tests.support.process import die_with_parent_in_own_session

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
_PLACE = """
(() => {{
  const there = document.querySelector({selector!r});
  if (!there) return "not on the page";
  if (there.disabled) return "disabled";
  there.scrollIntoView({{ block: "nearest", behavior: "instant" }});
  const {{ left, top, width, height }} = there.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  const hit = document.elementFromPoint(x, y);
  return there.contains(hit) ? {{ x, y }} : `covered by ${{hit?.outerHTML.slice(0, 100)}}`;
}})()
"""
_START_S = 30.0
_ANSWER_S = 15.0
_PRESSED_S = 5.0
"""How long a person waits for a button that is still grey."""
_MESSAGE_BYTES_MAX = 64 << 20


class BrowserUnavailable(RuntimeError):
    """There is no Chromium on this machine. The message says how to get it."""


def browser_binary() -> str:
    """
    Where Chromium is: CHROMIUM, the virtual environment, PATH.

    Raises:
        BrowserUnavailable: In none of them.
    """
    wanted = [os.environ.get("CHROMIUM", ""), str(Path(sys.executable).with_name("chromium")), "chromium"]
    found = next((path for name in wanted if name and (path := shutil.which(name))), None)
    if found is None:
        raise BrowserUnavailable(
            "no se encuentra Chromium; instale el paquete `chromium` o ponga CHROMIUM=/ruta/chromium"
            " (Chromium not found; install the package `chromium` or set CHROMIUM=/path/to/chromium)"
        )
    return found


class Page:
    """One page of the browser. Made by `browser_page`."""

    def __init__(
        self, session: aiohttp.ClientSession, address: str, socket: aiohttp.ClientWebSocketResponse
    ) -> None:
        self._session, self._address, self._socket = session, address, socket
        self._others: list[Page] = []
        self._number = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loads = 0
        self.complaints: list[str] = []
        """Uncaught exceptions, errors on the console, blocked content: what a clean page does not have."""
        self._reading = spawn(self._read(), name="test.browser")

    async def send(self, method: str, **params: object) -> dict[str, Any]:
        """
        A DevTools command and its result.

        Raises:
            AssertionError: The browser refuses it.
        """
        self._number += 1
        number, answer = self._number, asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(_ANSWER_S):
            message = await answer
        assert "error" not in message, f"{method}: {message['error']}"
        result: dict[str, Any] = message["result"]
        return result

    async def open(self, url: str) -> None:
        """Go there and wait until it has loaded."""
        before = self._loads
        await self.send("Page.navigate", url=url)

        async def there() -> bool:
            # The empty page that a browser starts with may still be loading: that one does not count.
            return self._loads > before and await self.ask("location.href") != "about:blank"

        await eventually(there, _ANSWER_S, f"{url} has loaded")

    async def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression, promises waited for."""
        result = await self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in result, f"{expression}: {result['exceptionDetails']}"
        return result["result"].get("value")

    async def text(self, selector: str = "body") -> str:
        """The text a person sees there; empty if there is no such place."""
        return str(await self.ask(f"document.querySelector({selector!r})?.innerText ?? ''"))

    async def click(self, selector: str) -> None:
        """
        Press the mouse there as a person does, as soon as it can be pressed: it counts as a gesture.

        Raises:
            AssertionError: There is no such place, it is disabled, or something else lies over it, and
                still so after a while.
        """

        async def place() -> dict[str, float]:
            found = await self.ask(_PLACE.format(selector=selector))
            assert isinstance(found, dict), f"cannot click {selector}: {found}"
            return found

        found = await eventually(place, _PRESSED_S, selector)
        for kind in ("mousePressed", "mouseReleased"):
            await self.send(
                "Input.dispatchMouseEvent", type=kind, x=found["x"], y=found["y"], button="left", clickCount=1
            )

    async def key(self, key: str, *, code: str = "", virtual: int = 0) -> None:
        """A key of the keyboard, pressed and let go; one that writes something is its own `key`."""
        text = key if len(key) == 1 else "\r" if key == "Enter" else ""
        named = {"key": key, "code": code or key, "windowsVirtualKeyCode": virtual}
        down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
        await self.send("Input.dispatchKeyEvent", **down, **named)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **named)

    async def microphone(self, *, allowed: bool) -> None:
        """The person's answer when the page of this moment asks for the microphone."""
        await self.send(
            "Browser.setPermission",
            permission={"name": "microphone"},
            setting="granted" if allowed else "denied",
            origin=await self.ask("location.origin"),
        )

    async def looks(self, *, dark: bool = False, width: int = 1400, height: int = 900) -> None:
        """Colour scheme and size of the window."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.send("Emulation.setEmulatedMedia", features=[scheme])
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def language(self, tag: str) -> None:
        """The language the browser asks for, from the next `open` on."""
        agent = str(await self.ask("navigator.userAgent"))
        await self.send("Emulation.setUserAgentOverride", userAgent=agent, acceptLanguage=tag)

    async def picture(self, path: Path) -> Path:
        """What the window shows, as PNG."""
        shot = await self.send("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))
        return path

    @classmethod
    async def attached(cls, session: aiohttp.ClientSession, address: str) -> Page:
        """The page whose DevTools are at this address."""
        page = cls(session, address, await session.ws_connect(address, max_msg_size=_MESSAGE_BYTES_MAX))
        for domain in ("Page", "Runtime", "Log"):
            await page.send(f"{domain}.enable")
        return page

    async def another_tab(self) -> Page:
        """A second page of the same browser; gone with it."""
        made = await self.send("Target.createTarget", url="about:blank")
        page = await Page.attached(self._session, f"{self._address.rpartition('/')[0]}/{made['targetId']}")
        self._others.append(page)
        return page

    async def close(self) -> None:
        for other in self._others:
            await other.close()
        self._reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reading

    async def _read(self) -> None:
        async for message in self._socket:
            told = message.json()
            if "id" in told:
                answer = self._answers.pop(told["id"])
                if not answer.done():
                    answer.set_result(told)
            else:
                self._hear(told["method"], told["params"])

    def _hear(self, method: str, params: Mapping[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self._loads += 1
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(f"{params['entry']['source']}: {params['entry']['text']}")


@contextlib.asynccontextmanager
async def browser_page(
    profile: Path, *, speaks: Path | None = None, flags: Sequence[str] = ()
) -> AsyncIterator[Page]:
    """
    A page in a browser of its own, both gone at the end.

    Args:
        profile: A new folder for all that the browser keeps.
        speaks: WAV that its microphone hears, over and over; None for no microphone.
        flags: More of Chromium's.

    Raises:
        BrowserUnavailable: There is none.
        AssertionError: It does not start.
    """
    process = _launched(profile, speaks, flags)
    try:
        port = await eventually(lambda: _port(profile), _START_S, "the browser listens", every_s=0.05)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                target = next(entry for entry in await answer.json() if entry["type"] == "page")
            address = target["webSocketDebuggerUrl"]
            page = await Page.attached(session, address)
            yield page
            await page.close()
    finally:
        # It leads a session: its helpers end with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


def _launched(profile: Path, speaks: Path | None, flags: Sequence[str]) -> subprocess.Popen[bytes]:
    profile.mkdir(parents=True)
    command = [browser_binary(), *_FLAGS, *flags, f"--user-data-dir={profile}"]
    if speaks is not None:
        command += ["--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={speaks}"]
    command.append("about:blank")
    with (profile / "browser.out").open("wb") as out:
        return subprocess.Popen(
            command,
            env={**os.environ, "HOME": str(profile)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            preexec_fn=die_with_parent_in_own_session,  # noqa: PLW1509  # touches nothing shared
        )


def _port(profile: Path) -> int:
    """The port it chose, from the file it leaves; 0 for not yet."""
    try:
        return int((profile / "DevToolsActivePort").read_text().split()[0])
    except (OSError, IndexError):
        return 0
