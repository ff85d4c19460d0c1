"""Old AGI scripts, unchanged, as processes on a live session."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asterisk.agi import AGISIGHUPHangup
from structlog.testing import capture_logs

from centralita.tasks import spawn
from cti.asterisk.agi import script_host
from cti.asterisk.agi.scripts import ScriptEnd, ScriptLimits, ScriptRefused, ScriptResult, ScriptRunner
from tests.support.fake_ami import until
from tests.unit.cti.agi.peer import Peer, on_stage

pytestmark = pytest.mark.unit


def write(folder: Path, name: str, code: str) -> None:
    (folder / name).write_text(textwrap.dedent(code), encoding="utf-8")


@asynccontextmanager
async def running(
    folder: Path, name: str, *arguments: str, limits: ScriptLimits | None = None
) -> AsyncIterator[tuple[Peer, asyncio.Future[ScriptResult]]]:
    """A script on a live session; the test is Asterisk."""
    runner = ScriptRunner(folder, spawn=spawn, limits=limits or ScriptLimits())
    async with on_stage() as stage:
        result = asyncio.ensure_future(runner.run(name, stage.call, arguments))
        try:
            yield stage.peer, result
        finally:
            result.cancel()
            await asyncio.wait((result,))
    assert runner.running == 0


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_a_pyst2_script_runs_unchanged(tmp_path: Path) -> None:
    """Environment, commands and replies reach it as from Asterisk itself; its exit code comes back."""
    write(
        tmp_path,
        "old.py",
        """
        #!/usr/bin/env python
        import sys
        from asterisk.agi import AGI
        agi = AGI()
        agi.answer()
        agi.verbose("on %s from %s" % (agi.env['agi_channel'], agi.env['agi_calleridname']))
        digit = agi.stream_file("welcome", "0123")
        agi.set_variable("GOT", digit + agi.get_variable("NAME") + sys.argv[1])
        sys.exit(7)
        """,
    )
    async with running(tmp_path, "old.py", "arg") as (peer, result):
        await peer.answer(
            "200 result=1", "200 result=1", "200 result=53 endpos=800", "200 result=1 (Ñ é)", "200 result=1"
        )
        done = await result

    assert done == ScriptResult(ScriptEnd.FINISHED, 7, 5)
    assert peer.commands == [
        "ANSWER",
        'VERBOSE "on PJSIP/trunk-00000001 from José: "q"" 1',
        'STREAM FILE welcome "0123" 0',
        'GET VARIABLE "NAME"',
        'SET VARIABLE "GOT" "5Ñ éarg"',
    ]


async def test_what_callers_key_in_is_not_logged(tmp_path: Path) -> None:
    """pyst2 copies every line to stderr; of that nothing reaches the log, of the script's own words all."""
    write(
        tmp_path,
        "pin.py",
        """
        import sys
        from asterisk.agi import AGI
        agi = AGI()
        agi.get_data("pin")
        sys.stderr.write("own words")
        """,
    )
    with capture_logs() as logs:
        async with running(tmp_path, "pin.py") as (peer, result):
            await peer.answer("200 result=4242")
            await result

    (line,) = logs
    assert line["stderr"] == "own words"
    assert "4242" not in str(logs)
    assert "600123456" not in str(logs)


async def test_a_script_hears_of_the_hangup_as_in_the_old_days(tmp_path: Path) -> None:
    """SIGHUP and a reply of -1; pyst2 turns them into its exceptions and the script may tidy up."""
    write(
        tmp_path,
        "tidy.py",
        """
        import sys
        from asterisk.agi import AGI, AGIAppError, AGISIGHUPHangup
        agi = AGI()
        try:
            agi.stream_file("welcome")
        except AGIAppError:
            try:
                agi.noop()
            except AGISIGHUPHangup:
                sys.exit(42)
        """,
    )
    async with running(tmp_path, "tidy.py") as (peer, result):
        await peer.command()
        peer.send("HANGUP\n")
        peer.send("200 result=-1 endpos=0\n")
        done = await result

    assert done == ScriptResult(ScriptEnd.CALLER_GONE, 42, 1)


async def test_a_lost_connection_is_a_hangup_too(tmp_path: Path) -> None:
    """The pending command is answered -1, and the script ends: by itself, or by the SIGHUP that follows."""
    note = tmp_path / "note"
    write(
        tmp_path,
        "lost.py",
        f"""
        import pathlib
        from asterisk.agi import AGI, AGIAppError
        agi = AGI()
        try:
            agi.stream_file("welcome")
        except AGIAppError:
            pathlib.Path({str(note)!r}).write_text("answered")
        """,
    )
    async with running(tmp_path, "lost.py") as (peer, result):
        await peer.command()
        peer.drop()
        done = await result

    assert done.end is ScriptEnd.CALLER_GONE
    assert note.read_text() == "answered"


async def test_a_script_that_ignores_the_hangup_is_killed(tmp_path: Path) -> None:
    """After the grace it ends, with everything it started."""
    write(
        tmp_path,
        "deaf.py",
        """
        import signal, subprocess, sys, time
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        child = subprocess.Popen(["sleep", "600"])
        print("VERBOSE %d" % child.pid, flush=True)
        time.sleep(600)
        """,
    )
    limits = ScriptLimits(hangup_grace_ms=100)
    async with running(tmp_path, "deaf.py", limits=limits) as (peer, result):
        child = int((await peer.command()).split()[1])
        assert alive(child)
        peer.send("200 result=1\nHANGUP\n")
        done = await result
        await until(lambda: not alive(child))

    assert (done.end, done.exit_code) == (ScriptEnd.CALLER_GONE, -signal.SIGKILL)


async def test_a_script_has_a_longest_run(tmp_path: Path) -> None:
    """Beyond it the script is killed and the caller goes on in the dialplan."""
    write(tmp_path, "endless.py", "import time\ntime.sleep(600)\n")
    async with running(tmp_path, "endless.py", limits=ScriptLimits(max_run_ms=150)) as (_, result):
        done = await result

    assert (done.end, done.exit_code) == (ScriptEnd.OUT_OF_TIME, -signal.SIGKILL)


async def test_a_cancelled_run_leaves_no_process(tmp_path: Path) -> None:
    """When our server closes, the script dies with its session."""
    write(
        tmp_path, "loop.py", "import os, time\nprint('VERBOSE', os.getpid(), flush=True)\ntime.sleep(600)\n"
    )
    async with running(tmp_path, "loop.py") as (peer, result):
        pid = int((await peer.command()).split()[1])
        result.cancel()
        await asyncio.wait((result,))
        await until(lambda: not alive(pid))


async def test_no_script_outlives_a_killed_server(tmp_path: Path) -> None:
    """kill -9 of the process that started it: the kernel ends the script."""
    write(tmp_path, "orphan.py", "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n")
    server_code = (
        "import os, subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-P', sys.argv[1], str(os.getpid()), sys.argv[2]])\n"
        "time.sleep(600)\n"
    )
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        server_code,
        script_host.__file__,
        str(tmp_path / "orphan.py"),
        stdout=subprocess.PIPE,
    )
    assert server.stdout is not None
    async with asyncio.timeout(20):
        pid = int(await server.stdout.readline())
        assert alive(pid)
        server.kill()
        await server.wait()
    await until(lambda: not alive(pid))


async def test_a_script_started_for_a_dead_server_does_not_run(tmp_path: Path) -> None:
    """Between start and the kernel's promise the server may die: the script sees it and ends."""
    write(tmp_path, "late.py", f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    not_my_parent = "1" if os.getpid() != 1 else "2"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", script_host.__file__, not_my_parent, str(tmp_path / "late.py")
    )
    async with asyncio.timeout(20):
        assert await process.wait() == 1
    assert not (tmp_path / "ran").exists()


async def test_a_script_does_not_inherit_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the environment only what any program needs is passed on."""
    monkeypatch.setenv("CENTRALITA_DB_PASSWORD", "hunter2")
    write(
        tmp_path, "env.py", "import os\nprint('VERBOSE', 'hunter2' in str(os.environ), flush=True)\ninput()\n"
    )
    async with running(tmp_path, "env.py") as (peer, result):
        assert await peer.command() == "VERBOSE False"
        peer.send("200 result=1\n")
        await result


async def test_a_bad_command_of_a_script_is_answered_not_sent(tmp_path: Path) -> None:
    """A line with a NUL gets 510 and never reaches Asterisk; the next one does."""
    write(
        tmp_path,
        "nul.py",
        """
        import sys
        sys.stdin.readline
        while sys.stdin.readline().strip():
            pass
        print("SET VARIABLE X a\\0b", flush=True)
        answer = sys.stdin.readline().strip()
        print("VERBOSE", answer[:3], flush=True)
        sys.stdin.readline()
        """,
    )
    async with running(tmp_path, "nul.py") as (peer, result):
        assert await peer.command() == "VERBOSE 510"
        peer.send("200 result=1\n")
        assert (await result).exit_code == 0


async def test_a_line_without_end_kills_the_script(tmp_path: Path) -> None:
    """A script that floods its output cannot fill our memory."""
    write(
        tmp_path,
        "flood.py",
        "import sys, time\nsys.stdout.write('x' * 1_000_000)\nsys.stdout.flush()\ntime.sleep(600)\n",
    )
    async with running(tmp_path, "flood.py", limits=ScriptLimits(max_line_bytes=1_000)) as (_, result):
        assert (await result).exit_code == -signal.SIGKILL


async def test_a_child_left_behind_does_not_keep_the_caller(tmp_path: Path) -> None:
    """A script that ends while a daemon of its own holds the pipes has ended, for us and for the caller."""
    write(
        tmp_path,
        "daemon.py",
        """
        import subprocess
        child = subprocess.Popen(["sleep", "600"], start_new_session=True)
        print("VERBOSE %d" % child.pid, flush=True)
        input()
        """,
    )
    async with running(tmp_path, "daemon.py") as (peer, result):
        child = int((await peer.command()).split()[1])
        peer.send("200 result=1\n")
        try:
            async with asyncio.timeout(5):
                assert (await result).end is ScriptEnd.FINISHED
        finally:
            os.kill(child, signal.SIGKILL)


async def test_of_stderr_the_last_bytes_are_kept(tmp_path: Path) -> None:
    """A traceback at the end is in the log even after much chatter; memory is bounded."""
    write(tmp_path, "noisy.py", "import sys\nsys.stderr.write('x' * 500_000)\nraise SystemExit('the end')\n")
    with capture_logs() as logs:
        async with running(tmp_path, "noisy.py", limits=ScriptLimits(stderr_max_bytes=100)) as (_, result):
            assert (await result).exit_code == 1

    (line,) = logs
    assert line["log_level"] == "warning"
    assert len(line["stderr"]) == 100
    assert line["stderr"].endswith("the end\n")


@pytest.mark.parametrize(
    ("name", "words"),
    [("../outside.py", "está fuera de"), ("/etc/passwd", "está fuera de"), ("link.py", "está fuera de"),
     ("nothing.py", "no hay guion"), ("sub", "no hay guion"), ("", "no hay guion")],
)  # fmt: skip
async def test_only_files_of_the_folder_can_be_run(tmp_path: Path, name: str, words: str) -> None:
    """Outside, by path or by link, missing, or no file: refused in words that mend it; the call lives on."""
    folder = tmp_path / "scripts"
    (folder / "sub").mkdir(parents=True)
    write(tmp_path, "outside.py", "")
    (folder / "link.py").symlink_to(tmp_path / "outside.py")
    async with running(folder, name) as (peer, result):
        with pytest.raises(ScriptRefused, match=words) as caught:
            await result
        assert " / " in str(caught.value)
        assert not peer.reader.at_eof()


async def test_there_is_a_largest_number_of_processes(tmp_path: Path) -> None:
    """One too many is refused at once, and the place is free again after the first has ended."""
    write(tmp_path, "wait.py", "input()\nwhile input(): pass\nprint('NOOP', flush=True)\ninput()\n")
    runner = ScriptRunner(tmp_path, spawn=spawn, limits=ScriptLimits(max_processes=1))
    async with on_stage() as one, on_stage() as other:
        first = asyncio.ensure_future(runner.run("wait.py", one.call))
        assert await one.peer.command() == "NOOP"
        with pytest.raises(ScriptRefused, match="max_processes"):
            await runner.run("wait.py", other.call)
        one.peer.send("200 result=0\n")
        assert (await first).end is ScriptEnd.FINISHED
        second = asyncio.ensure_future(runner.run("wait.py", other.call))
        await other.peer.answer("200 result=0")
        assert (await second).end is ScriptEnd.FINISHED


async def test_verbs_work_again_after_the_script(tmp_path: Path) -> None:
    """The session is in step when the script is over, even one that left without reading its reply."""
    write(tmp_path, "rude.py", "print('WAIT FOR DIGIT 100', flush=True)\n")
    runner = ScriptRunner(tmp_path, spawn=spawn)
    async with on_stage() as stage:
        await runner.run("rude.py", stage.call)
        speaking = asyncio.ensure_future(stage.call.get_variable("X"))
        if stage.call.wire.commands:
            assert await stage.peer.command() == "WAIT FOR DIGIT 100"
            stage.peer.send("200 result=0\n")
        await stage.peer.answer("200 result=1 (mine)")

        assert await speaking == "mine"

        waiting = asyncio.ensure_future(stage.call.wait_for_digit(60_000))
        await stage.peer.command()
        stage.peer.send("HANGUP\n")
        with pytest.raises(AGISIGHUPHangup):
            async with asyncio.timeout(2):
                await waiting
