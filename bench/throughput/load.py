"""SIPp on both sides of a switch: callers at a rate, and phones that answer them."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.process import die_with_parent, free_ports
from tests.support.sipp import read_counts, sipp_binary

SCENARIOS = Path(__file__).parent
CUSTOMERS = 5_000
"""Different numbers that call; with more calls than that, everybody has called before."""
TALK_MS = 500
"""In `agent.xml`, from the agent's answer: then the agent hangs up on every second caller."""
STAY_MS = 600
"""From the switch's answer: then the other callers hang up, whether they have talked or not."""
_FOR_EVER_MS = 7_200_000


@dataclass(frozen=True, slots=True)
class Counts:
    """What one SIPp saw so far."""

    made: int
    """Calls placed, or taken."""
    good: int
    failed: int
    open: int
    resent: int


class Sipp:
    """A running SIPp."""

    def __init__(self, process: asyncio.subprocess.Process, work: Path, name: str, port: int) -> None:
        self._process, self._work, self._name = process, work, name
        self.port = port

    @classmethod
    async def start(
        cls, work: Path, name: str, scenario: str, arguments: Sequence[str], *, port: int
    ) -> Sipp:
        """
        Args:
            work: Folder of its files, there already; `name` tells several in it apart.
            scenario: File beside this module.
            arguments: Of SIPp.
            port: For SIP.
        """
        command = [
            *(sipp_binary(), "-sf", str(SCENARIOS / scenario), "-i", "127.0.0.1", "-p", str(port)),
            *("-mp", str(free_ports(4)), "-nostdin", "-timeout", "3600s"),
            *("-trace_err", "-error_file", str(work / f"{name}.err")),
            *("-trace_stat", "-stf", str(work / f"{name}.csv"), "-fd", "1"),
            *arguments,
        ]
        with (work / f"{name}.out").open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                *command, cwd=work, stdout=asyncio.subprocess.DEVNULL, stderr=out, preexec_fn=die_with_parent
            )
        return cls(process, work, name, port)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    def counts(self) -> Counts:
        """As of the last whole second."""
        path = self._work / f"{self._name}.csv"
        found = read_counts(path.read_text("utf-8", "replace")) if path.exists() else {}
        return Counts(
            made=found.get("TotalCallCreated", 0),
            good=found.get("SuccessfulCall(C)", 0),
            failed=found.get("FailedCall(C)", 0),
            open=found.get("CurrentCall", 0),
            resent=found.get("Retransmissions(C)", 0),
        )

    def lengths_ms(self) -> list[float]:
        """From INVITE to BYE, of each call that wrote it down (`-trace_rtt`)."""
        lengths: list[float] = []
        for path in self._work.glob(f"*_{self.pid}_rtt.csv"):
            rows = csv.reader(path.read_text().splitlines(), delimiter=";")
            lengths += [float(row[1]) for row in rows if len(row) > 1 and row[1][:1].isdigit()]
        return lengths

    def audio_ports(self) -> list[int]:
        """Where the switch wants the audio of each waiter that it has answered."""
        path = self._work / f"{self._name}.log"
        lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
        return [int(line.removeprefix("audio ")) for line in lines if line.startswith("audio ")]

    def errors(self) -> str:
        """The last lines of what SIPp complains about."""
        files = [self._work / f"{self._name}.{kind}" for kind in ("err", "out")]
        text = "".join(file.read_text("utf-8", "replace") for file in files if file.exists())
        return "\n".join(text.splitlines()[-20:])

    async def ended(self, within_s: float) -> bool:
        """Wait for the last call; False if some do not end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), within_s)
        return not self.running

    async def stop(self) -> None:
        """Stop at once; open calls are dropped without a word."""
        if self.running:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()


async def start_phones(work: Path) -> Sipp:
    """All agents' phones, behind one port."""
    return await Sipp.start(work, "agents", "agent.xml", (), port=free_ports(2))


async def start_callers(work: Path, name: str, switch: str, dialled: str, *, rate: int, calls: int) -> Sipp:
    """
    Callers, each of whom dials once and talks; every second one hangs up, the others are hung up on.

    Args:
        work: See `Sipp.start`, as is `name`.
        switch: "host:port".
        dialled: The number they dial.
        rate: New calls per second.
        calls: How many in all.
    """
    rows = _numbers(work, name, (_FOR_EVER_MS, STAY_MS))
    arguments = [*_dialling(rows, dialled, rate, calls), "-trace_rtt", "-rtt_freq", "50", switch]
    return await Sipp.start(work, name, "caller.xml", arguments, port=free_ports(2))


async def start_waiters(work: Path, name: str, switch: str, dialled: str, *, rate: int, calls: int) -> Sipp:
    """As `start_callers`, but they stay until they are stopped; see `Sipp.audio_ports`."""
    rows = _numbers(work, name)
    log = ["-trace_logs", "-log_file", str(work / f"{name}.log")]
    arguments = [*_dialling(rows, dialled, rate, calls), *log, switch]
    return await Sipp.start(work, name, "waiter.xml", arguments, port=free_ports(2))


def _numbers(work: Path, name: str, stays_ms: tuple[int, int] = (_FOR_EVER_MS, _FOR_EVER_MS)) -> Path:
    """SIPp's file of callers; how long they stay, by even and odd numbers."""
    rows = work / f"{name}.inf"
    lines = [f"+346{number:08d};{stays_ms[number % 2]};" for number in range(CUSTOMERS)]
    rows.write_text("SEQUENTIAL\n" + "\n".join(lines) + "\n")
    return rows


def _dialling(rows: Path, dialled: str, rate: int, calls: int) -> list[str]:
    count = str(calls)
    return ["-inf", str(rows), "-s", dialled, "-m", count, "-l", count, "-r", str(rate)]
