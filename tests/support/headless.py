"""Headless agents of a test: the real command, with a script, and the lines that it prints."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from tests.support.centre import Centre
from tests.support.polling import eventually
from tests.support.process import die_with_parent

_END_S = 60.0


class Headless:
    """A running `centralita agent`."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], out: Path) -> None:
        self.name, self._process, self._out = name, process, out

    @property
    def lines(self) -> list[str]:
        """What it has said so far, without the time of day and its name."""
        text = self._out.read_text("utf-8")
        return [line.partition(f" {self.name}: ")[2] or line for line in text.splitlines()]

    async def says(self, part: str, *, within_s: float = 60) -> None:
        await eventually(
            lambda: any(part in line for line in self.lines),
            within_s,
            f"{self.name} says «{part}»: {self._out}",
        )

    async def stop(self) -> int:
        """As Ctrl-C does; its exit code. May be called twice."""
        self._process.send_signal(signal.SIGINT)
        try:
            return await asyncio.to_thread(self._process.wait, _END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    async def ended(self) -> int:
        return await asyncio.to_thread(self._process.wait, _END_S)

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()


def launch(
    folder: Path,
    name: str,
    script: str | None,
    where: Sequence[str],
    environ: Mapping[str, str] | None = None,
) -> Headless:
    """
    Start one.

    Args:
        folder: For its script and its output.
        name: The agent.
        script: YAML after the line `schema:`; None for the usual one.
        where: Options that tell the centre.
        environ: Added to the environment.
    """
    folder.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "centralita", "agent", name, *where]
    if script is not None:
        file = folder / f"{name}.yaml"
        file.write_text(f"schema: agent/1\n{script}")
        argv += ["--script", str(file)]
    out = folder / f"{name}.out"
    with out.open("wb") as stream:
        process = subprocess.Popen(
            argv,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            preexec_fn=die_with_parent,  # noqa: PLW1509  # touches nothing shared
        )
    return Headless(name, process, out)


@contextlib.asynccontextmanager
async def at_work(centre: Centre, folder: Path, **scripts: str) -> AsyncIterator[Mapping[str, Headless]]:
    """Agents who have signed in, by name; they go home at the end. What they said is added to a failure."""
    team = {
        name: launch(folder, name, script, ["--home", str(centre.home)]) for name, script in scripts.items()
    }
    try:
        for agent in team.values():
            await agent.says("disponible")

        async def nobody_writes_up() -> bool:
            """What an agent has done before, in another test, is over."""
            live = await centre.http_get("/api/live")
            return "wrap_up" not in {one["activity"] for one in live["agents"] if one["id"] in team}

        await eventually(nobody_writes_up, 30, "nobody is in wrap-up", every_s=0.2)
        yield team
    except BaseException as failure:
        for name, agent in team.items():
            failure.add_note(f"--- {name}\n" + "\n".join(agent.lines[-40:]))
        raise
    finally:
        # A phone that does not sign off is rung until its registration is over.
        await asyncio.gather(*(agent.stop() for agent in team.values()))
