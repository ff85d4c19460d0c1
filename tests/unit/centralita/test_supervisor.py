"""The supervisor with small programs in place of Asterisk and the server."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centralita import supervisor as module
from centralita.supervisor import Supervisor
from centralita.tasks import spawn
from tests.support.polling import eventually
from tests.support.process import pids_marked

pytestmark = pytest.mark.unit

MARK = "CENTRALITA_TEST_SUPERVISED"
PYTHON = [sys.executable, "-I", "-S", "-c"]
SERVER = """
import os, sys, time
fd, folder = int(os.environ["CENTRALITA_HEARTBEAT_FD"]), os.environ["FOLDER"]
def note(name):
    with open(folder + "/" + name, "a") as file: file.write("%d %f\\n" % (os.getpid(), time.monotonic()))
note("prepared")
stubborn = "STUBBORN" in os.environ
if sys.stdin.readline() != "go\\n":
    while stubborn: time.sleep(1)
    sys.exit(0)
note("working")
time.sleep(float(os.environ.get("FIRST_BEAT_AFTER", "0")))
if os.path.exists(folder + "/crash"): sys.exit(3)
while True:
    try: os.write(fd, b".")
    except OSError:
        if not stubborn: raise
    time.sleep(0.02)
"""
ASTERISK = "import signal; signal.pause()"


class House:
    """A supervised pair, and what it has left in its folder."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.folder = folder
        self.mark = uuid.uuid4().hex
        self.pids: dict[str, int] = {}
        self.environ = {MARK: self.mark, "FOLDER": str(folder), **environ}

    def changed(self, pids: dict[str, int]) -> None:
        self.pids = pids

    def noted(self, name: str) -> list[tuple[int, float]]:
        """Who has written there, and when."""
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / name).read_text().splitlines()
            return [(int(pid), float(at)) for pid, at in (line.split() for line in lines if line)]
        return []

    def working(self) -> list[int]:
        return [pid for pid, _ in self.noted("working")]

    def server(self) -> int:
        """The pid of the one that works now."""
        return self.working()[-1]

    async def told_of(self, name: str) -> int:
        """The pid that the supervisor has told of."""
        await eventually(lambda: name in self.pids, 3, every_s=0.005)
        return self.pids[name]

    def alive(self) -> set[int]:
        return pids_marked(MARK, self.mark)

    async def is_warm(self) -> None:
        """A server works and a standby has been prepared."""
        await eventually(lambda: len(self.noted("prepared")) == len(self.working()) + 1, 5, every_s=0.005)

    async def replaced(self, after: int, within_s: float) -> int:
        """Wait for the server after this one; returns its pid."""
        await eventually(lambda: self.working() and self.working()[-1] != after, within_s, every_s=0.002)
        return self.working()[-1]


@contextlib.asynccontextmanager
async def supervised(
    house: House, *, asterisk: list[str] | None = None, notify: str = ""
) -> AsyncIterator[Supervisor]:
    supervisor = Supervisor(
        asterisk or [*PYTHON, ASTERISK],
        [*PYTHON, SERVER],
        house.environ,
        house.folder,
        house.changed,
        notify=notify,
    )
    running = spawn(supervisor.run(), name="test.supervisor")
    try:
        await eventually(house.working, 5, every_s=0.005)
        yield supervisor
    finally:
        supervisor.stop()
        await asyncio.wait((running,), timeout=15)
        for pid in house.alive():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A standby is prepared at once, so that no test waits for it."""
    monkeypatch.setattr(module, "STANDBY_AFTER_S", 0.05)
    monkeypatch.setattr(module, "WATCHDOG_EVERY_S", 0.05)


async def test_a_killed_server_is_replaced_within_a_second_and_asterisk_notices_nothing(
    tmp_path: Path,
) -> None:
    """kill -9 three times: the standby takes over at once, whoever asks is told the new pid."""
    house = House(tmp_path)
    async with supervised(house):
        asterisk = await house.told_of("asterisk")
        took_s = []
        for _ in range(3):
            await house.is_warm()
            killed = house.server()
            began_s = time.monotonic()
            os.kill(killed, signal.SIGKILL)
            fresh = await house.replaced(killed, 2)
            took_s.append(time.monotonic() - began_s)
            await eventually(lambda pid=fresh: house.pids["server"] == pid, 2)  # type: ignore[misc]

        assert max(took_s) < 1
        assert house.pids["asterisk"] == asterisk
        assert asterisk in house.alive()
        assert house.pids["supervisor"] == os.getpid()


async def test_a_server_that_is_silent_for_three_seconds_is_killed(tmp_path: Path) -> None:
    """Frozen, it can neither serve nor die by itself: 3 s after its last beat another one works."""
    house = House(tmp_path)
    async with supervised(house):
        await house.is_warm()
        frozen = house.server()
        began_s = time.monotonic()
        os.kill(frozen, signal.SIGSTOP)
        await house.replaced(frozen, 5)
        took_s = time.monotonic() - began_s

        assert 2.9 < took_s < 3.6
        await eventually(lambda: frozen not in house.alive(), 1)


async def test_a_dead_asterisk_is_started_again_and_the_server_lives_on(tmp_path: Path) -> None:
    """Its calls are lost, which nobody can help; the server reconnects to the new one."""
    house = House(tmp_path)
    async with supervised(house):
        asterisk, server = await house.told_of("asterisk"), house.server()
        os.kill(asterisk, signal.SIGKILL)
        await eventually(lambda: house.pids["asterisk"] != asterisk, 3, every_s=0.01)

        assert house.pids["asterisk"] in house.alive()
        assert house.working() == [server]


@pytest.mark.parametrize("frozen", [False, True])
async def test_stop_leaves_no_process(tmp_path: Path, frozen: bool) -> None:
    """Server, standby and Asterisk; also when the server is frozen and hears no signal."""
    house = House(tmp_path)
    async with supervised(house) as supervisor:
        await house.is_warm()
        assert len(house.alive()) == 3
        if frozen:
            os.kill(house.pids["server"], signal.SIGSTOP)
        supervisor.stop()
        await eventually(lambda: not house.alive(), 2, "no process is left, and none had to be waited for")


async def test_a_server_that_keeps_dying_is_not_tried_without_pause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After five deaths in a row there is a pause between tries; the processor is Asterisk's meanwhile."""
    monkeypatch.setattr(module, "PAUSE_S", 0.3)
    (tmp_path / "crash").touch()
    house = House(tmp_path)
    async with supervised(house):
        await eventually(lambda: len(house.working()) >= 7, 8)
        times = [at for _, at in house.noted("working")]
        gaps = [after - before for before, after in itertools.pairwise(times)]

        assert min(gaps[4:6]) >= 0.3
        (tmp_path / "crash").unlink()
        await eventually(lambda: len(house.alive()) == 3, 3, "the mended server stays")


async def test_a_start_that_takes_its_time_is_not_taken_for_silence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the first beat there is more patience; afterwards none."""
    monkeypatch.setattr(module, "SILENT_FOR_S", 0.2)
    monkeypatch.setattr(module, "FIRST_BEAT_S", 1.5)
    house = House(tmp_path, FIRST_BEAT_AFTER="0.6")
    async with supervised(house):
        slow = house.server()
        await eventually(lambda: time.monotonic() > house.noted("working")[0][1] + 0.9, 3)
        assert house.working() == [slow]
        os.kill(slow, signal.SIGSTOP)
        began_s = time.monotonic()
        await house.replaced(slow, 2)

        assert time.monotonic() - began_s < 1


async def test_a_server_that_never_beats_is_given_up_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patience has its end, too."""
    monkeypatch.setattr(module, "SILENT_FOR_S", 0.1)
    monkeypatch.setattr(module, "FIRST_BEAT_S", 0.5)
    house = House(tmp_path, FIRST_BEAT_AFTER="60")
    async with supervised(house):
        await eventually(lambda: len(house.working()) >= 2, 3)
        first, second = house.noted("working")[:2]

        assert 0.4 < second[1] - first[1] < 1.5


async def test_a_server_can_be_warmed_before_anything_is_decided(tmp_path: Path) -> None:
    """It has its imports behind it and has touched nothing; the run that follows takes just that one."""
    house = House(tmp_path)
    early = Supervisor([], [*PYTHON, SERVER], house.environ, tmp_path, lambda _: None)
    await early.prewarm()
    await eventually(lambda: house.noted("prepared"), 3)
    ((warm, _),) = house.noted("prepared")
    assert house.working() == []

    early.use([*PYTHON, ASTERISK], house.changed)
    running = spawn(early.run(), name="test.supervisor")
    await eventually(house.working, 3)
    assert house.server() == warm
    early.stop()
    await asyncio.wait((running,), timeout=10)
    assert house.alive() == set()


async def test_what_cannot_be_started_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory, no program, no log folder: a reason to wait a little, never to leave the other one alone."""
    monkeypatch.setattr(module, "PAUSE_S", 0.1)
    house = House(tmp_path)
    late = tmp_path / "asterisk"
    async with supervised(house, asterisk=[str(late)]):
        await house.told_of("server")
        assert "asterisk" not in house.pids
        late.write_text(f"#!{sys.executable} -IS\n{ASTERISK}\n")
        late.chmod(0o700)

        assert await house.told_of("asterisk") in house.alive()


async def test_a_full_disk_does_not_stop_the_watch(tmp_path: Path) -> None:
    """The pids cannot be written down: the server is watched and replaced all the same."""
    house, refused = House(tmp_path), []

    def refuse(pids: dict[str, int]) -> None:
        refused.append(pids)
        raise OSError(28, "No space left on device")

    house.changed = refuse  # type: ignore[method-assign]
    async with supervised(house):
        for _ in range(2):
            last = house.server()
            os.kill(last, signal.SIGKILL)
            await house.replaced(last, 3)

        await eventually(lambda: len(refused) >= 4, 2, "Asterisk's and three servers' pids were refused")


async def test_a_bug_in_the_watch_ends_the_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Better started anew by systemd than alive with nobody watching: all is ended, and it is an error."""
    house = House(tmp_path)
    supervisor = Supervisor([*PYTHON, ASTERISK], [*PYTHON, SERVER], house.environ, tmp_path, house.changed)

    async def buggy(child: object) -> None:
        await eventually(house.working, 5)
        raise AssertionError("a bug")

    monkeypatch.setattr(supervisor, "_watch", buggy)
    async with asyncio.timeout(10):
        with pytest.raises(RuntimeError, match="keep server"):
            await supervisor.run()

    assert house.alive() == set()


def test_a_killed_supervisor_leaves_no_process(tmp_path: Path) -> None:
    """kill -9: the kernel ends its children, deaf ones too; a new start finds ports and journal free."""
    house = House(tmp_path, STUBBORN="1")
    program = f"""
import asyncio, sys
from pathlib import Path
from centralita import supervisor
supervisor.STANDBY_AFTER_S = 0.05
one = supervisor.Supervisor({[*PYTHON, ASTERISK]!r}, {[*PYTHON, SERVER]!r}, {house.environ!r},
                            Path({str(tmp_path)!r}), lambda pids: None)
asyncio.run(one.run())
"""
    with subprocess.Popen([sys.executable, "-c", program]) as process:
        try:
            asyncio.run(eventually(lambda: len(house.alive()) == 3, 10, "all three run"))
        finally:
            process.kill()
    asyncio.run(eventually(lambda: not house.alive(), 3, "no process is left"))


@pytest.mark.parametrize("abstract", [False, True])
async def test_systemd_is_told_ready_only_when_calls_can_be_taken(tmp_path: Path, abstract: bool) -> None:
    """READY once it is said, then a sign of life again and again; the socket by path or by abstract name."""
    name = f"\0centralita-{uuid.uuid4().hex}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(name)
        sock.setblocking(False)

        def said() -> str:
            with contextlib.suppress(BlockingIOError):
                return sock.recv(100).decode()
            return ""

        house = House(tmp_path)
        async with supervised(house, notify=name.replace("\0", "@")) as supervisor:
            assert said() == ""
            supervisor.ready.set()
            assert [await eventually(said, 2) for _ in range(3)] == ["READY=1", "WATCHDOG=1", "WATCHDOG=1"]


async def test_a_systemd_that_is_away_for_a_moment_still_gets_its_signs_of_life(tmp_path: Path) -> None:
    """It restarts itself at every update: nothing is ended because of that, and READY is not lost."""
    address = str(tmp_path / "notify")
    house = House(tmp_path)
    async with supervised(house, notify=address) as supervisor:
        supervisor.ready.set()
        await house.is_warm()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.bind(address)
            sock.settimeout(2)

            assert await asyncio.to_thread(sock.recv, 100) == b"READY=1"
