"""Reading what SIPp leaves behind, and running it against nobody."""

from __future__ import annotations

import socket
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support import process
from tests.support.polling import eventually
from tests.support.sipp import (
    Answer,
    Caller,
    Refuse,
    RingForever,
    Silent,
    SippUnavailable,
    read_calls,
    read_counts,
    register,
    sipp_binary,
    start_agents,
    start_callers,
)

pytestmark = pytest.mark.unit

LOG = """\
invited 1795298820.000000 136400.000000 a@x user=sip:ana number=+34600000001 contact=c-1 offer=o-9
ringing 1795298820.000000 137000.000000 a@x
invited 1795298821.000000 5.000000 b@x user=sip:beto number=anonymous contact= offer=
up 1795298822.000000 1000.000000 a@x
bye_in 17952988"""


def test_each_call_has_its_facts_and_moments() -> None:
    """Lines are put together by Call-ID; times are UTC milliseconds."""
    first, second = read_calls(LOG)

    assert first.facts == {"user": "ana", "number": "+34600000001", "contact": "c-1", "offer": "o-9"}
    assert first.moments == {"invited": 1795298820136, "ringing": 1795298820137, "up": 1795298822001}
    assert (second.number, second.facts["contact"]) == ("anonymous", "")


def test_a_line_that_is_still_being_written_waits() -> None:
    """SIPp writes while we read: half a line is no event."""
    assert all("bye_in" not in call.moments for call in read_calls(LOG))


def test_the_last_row_of_statistics_counts() -> None:
    """Cumulative counters are taken from the newest row; times and rates are left out."""
    text = "StartTime;SuccessfulCall(C);FailedCall(C);CallRate(C)\nx;1;0;0.5\ny;4;2;0.7\n"

    assert read_counts(text) == {"SuccessfulCall(C)": 4, "FailedCall(C)": 2}
    assert read_counts("") == {}


def test_every_scenario_is_well_formed() -> None:
    """Each file is XML and starts with a scenario."""
    files = sorted(Path(process.__file__).with_name("sipp").glob("*.xml"))

    assert {file.stem for file in files} >= {
        "caller",
        "agent_answer",
        "agent_refuse",
        "agent_ring",
        "register",
    }
    for file in files:
        assert ET.parse(file).getroot().tag == "scenario"  # noqa: S314  # our own files


def test_a_missing_sipp_is_told_with_its_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the package and the variable."""
    monkeypatch.setenv("SIPP", "/no/such/sipp")

    with pytest.raises(SippUnavailable, match="sip-tester"):
        sipp_binary()


def test_the_one_that_was_set_up_for_the_tests_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It lies beside Python, where `make test` puts it; the host need not have one."""
    own = tmp_path / "sipp"
    own.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("SIPP", raising=False)

    assert sipp_binary() == str(own)


async def test_a_caller_and_an_agent_see_the_same_call(tmp_path: Path) -> None:
    """Face to face: the agent picks up, hangs up after its talk time, and both logs agree."""
    agents = await start_agents(Answer(ring_ms=100, talk_ms=300), tmp_path, calls_max=2)
    numbers = ["+34600000001", "anonymous"]
    callers = await start_callers(
        f"127.0.0.1:{agents.port}", "ana", [Caller(number) for number in numbers], tmp_path, rate_per_s=50
    )

    called, answered = await callers.wait(within_s=10), await agents.wait(within_s=10)

    assert (called.exit_code, called.successful) == (0, 2), called.errors
    assert (answered.exit_code, answered.successful) == (0, 2), answered.errors
    assert [call.number for call in called.calls] == numbers
    for caller, agent in zip(called.calls, answered.calls, strict=True):
        assert agent.facts["user"] == "ana"
        assert 100 <= agent.moments["up"] - agent.moments["invited"] < 1000
        assert 300 <= agent.moments["bye_out"] - agent.moments["up"] < 1300
        assert abs(caller.moments["bye_in"] - agent.moments["bye_out"]) < 500


async def test_a_caller_hangs_up_when_its_time_is_over(tmp_path: Path) -> None:
    """`hang_up_after_ms` counts from the answer; the agent takes the BYE."""
    agents = await start_agents(Answer(ring_ms=1), tmp_path, calls_max=1)
    callers = await start_callers(
        f"127.0.0.1:{agents.port}", "x", [Caller("1", hang_up_after_ms=200, private=True)], tmp_path
    )

    called, answered = await callers.wait(within_s=10), await agents.wait(within_s=10)

    assert called.successful == answered.successful == 1, called.errors + answered.errors
    assert called.calls[0].moments["bye_out"] - called.calls[0].moments["up"] >= 200
    assert "bye_in" in answered.calls[0].moments


@pytest.mark.parametrize("status", [486, 603, 480, 404, 488, 503])
async def test_an_agent_refuses(tmp_path: Path, status: int) -> None:
    """Each final failure reaches the caller as a refusal, and the call is over for both."""
    agents = await start_agents(Refuse(status), tmp_path, calls_max=1)
    callers = await start_callers(f"127.0.0.1:{agents.port}", "x", [Caller("1")], tmp_path)

    called, answered = await callers.wait(within_s=10), await agents.wait(within_s=10)

    assert called.successful == answered.successful == 1, called.errors + answered.errors
    assert set(called.calls[0].moments) == {"dialled", "refused"}
    assert set(answered.calls[0].moments) == {"invited", "refused"}


@pytest.mark.parametrize(
    ("behaviour", "seen"), [(RingForever(), {"invited", "ringing"}), (Silent(), {"invited"})]
)
async def test_an_agent_who_does_not_pick_up(
    tmp_path: Path, behaviour: RingForever | Silent, seen: set[str]
) -> None:
    """A bell that rings for ever, or a phone that never replies: no answer of any kind."""
    agents = await start_agents(behaviour, tmp_path)
    callers = await start_callers(f"127.0.0.1:{agents.port}", "x", [Caller("1")], tmp_path)

    await eventually(lambda: agents.calls() and set(agents.calls()[0].moments) == seen, 5, f"{seen} is seen")
    called = await callers.stop()
    await agents.stop()

    assert "up" not in called.calls[0].moments


async def test_a_run_that_does_not_end_is_stopped_and_told(tmp_path: Path) -> None:
    """`wait` has a deadline: it fails with the counts, and nothing is left running."""
    agents = await start_agents(Answer(), tmp_path)

    with pytest.raises(AssertionError, match=r"still running after 0\.2 s"):
        await agents.wait(within_s=0.2)
    assert not agents.running


async def test_a_registrar_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    """A registration that did not happen never passes for one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        switch = f"127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(AssertionError, match="register"):
            await register(switch, {"ana": "secret"}, 5060, tmp_path, within_s=1)


def test_ports_just_given_away_are_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asked for them may be about to open them: two programs must not be told the same."""
    # Of a book of its own, or the next test would find no room between all these.
    monkeypatch.setattr(process, "_given", {})
    firsts = [process.free_ports(4) for _ in range(100)]

    given = [port for first in firsts for port in range(first, first + 4)]
    assert len(given) == len(set(given))


def test_free_ports_are_free_and_consecutive() -> None:
    """Each of them can be bound, and the first is even (RTP)."""
    first = process.free_ports(4)

    assert first % 2 == 0
    for port in range(first, first + 4):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            trial.bind(("127.0.0.1", port))


def test_a_switch_finds_its_ports_among_many_that_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Single ones are not strewn over the room of the rows; three rows of 600 always fit beside them."""
    monkeypatch.setattr(process, "_given", {})
    monkeypatch.setattr(process, "_PORTS", range(20_000, 24_000))
    singles = [process.free_ports(2) for _ in range(150)]
    rows = [process.free_ports(600) for _ in range(3)]

    given = {port for first in rows for port in range(first, first + 600)}
    assert len(given) == 1_800
    assert not given & set(singles)


LISTENER = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
input()
"""
PARENT = """
import subprocess
from tests.support.process import die_with_parent
print(subprocess.Popen(["sleep", "60"], preexec_fn=die_with_parent).pid, flush=True)
input()
"""


def started(script: str) -> tuple[subprocess.Popen[str], int]:
    """A Python program, and the number it prints first."""
    program = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    return program, int(program.stdout.readline())


def test_the_owner_of_a_port_is_found() -> None:
    """A listener of ours is known as ours by /proc, a free port has nobody."""
    listener, port = started(LISTENER)
    assert process.owners_of_port(port, "tcp") == {listener.pid}

    listener.communicate("\n")

    assert process.owners_of_port(port, "tcp") == set()


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().split()[2] != "Z"


async def test_a_started_program_dies_with_its_parent() -> None:
    """Kill the starter, and what it started goes too: nothing of a broken test run stays behind."""
    parent, pid = started(PARENT)
    assert alive(pid)

    parent.kill()
    parent.communicate()

    await eventually(lambda: not alive(pid), 5, f"process {pid} is gone")
