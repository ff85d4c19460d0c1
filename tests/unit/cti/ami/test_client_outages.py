"""The AMI client when the switch dies, hangs, lies or refuses us, over real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from cti.asterisk.ami.client import AmiClient
from cti.asterisk.ami.codec import Message
from cti.asterisk.ami.link import ActionTimeout, AmiLimits, Disconnected
from tests.support.fake_ami import GREETING, Action, FakeAmi, FakeSession, silence, until
from tests.unit.cti.ami.stage import WATCHED, Seen, connected, our_tasks

pytestmark = pytest.mark.unit


async def test_a_dead_connection_releases_who_waits() -> None:
    """Everybody waiting gets Disconnected at once, not after the time-out."""
    seen = Seen()
    async with FakeAmi() as fake, connected(fake, seen) as client:
        fake.answers["Originate"] = silence
        fake.answers["Status"] = silence
        asks = [client.send("Originate", timeout_ms=60_000), client.send_list("Status", timeout_ms=60_000)]
        waiting = asyncio.gather(*asks, return_exceptions=True)
        await until(lambda: fake.named("Originate") and fake.named("Status"))
        fake.session.drop()
        async with asyncio.timeout(2):
            results = await waiting

    assert [type(result) for result in results] == [Disconnected, Disconnected]


async def test_after_an_outage_the_work_of_login_is_done_again() -> None:
    """The switch dies and comes back: on_down once, then on_up again, then ready."""
    seen = Seen()
    async with FakeAmi() as fake, connected(fake, seen) as client:
        await fake.stop()
        await until(lambda: len(seen.log) == 2)
        assert not client.ready
        with pytest.raises(Disconnected, match="not connected"):
            await client.send("Ping")
        await fake.listen()
        await until(lambda: client.ready)

        assert [line.split(":")[0] for line in seen.log] == ["up", "down", "up"]
        assert (await client.send("Ping")).response == "Success"


async def test_the_client_is_ready_only_after_the_work_of_login() -> None:
    """While on_up runs, actions work and events flow, but nobody is told that we are ready."""
    seen = Seen()
    go_on = asyncio.Event()
    holder: list[AmiClient] = []

    async def snapshot() -> None:
        seen.log.append(f"{len(await holder[0].send_list('CoreShowChannels'))} channels")
        await go_on.wait()

    async with FakeAmi() as fake:
        fake.answers["CoreShowChannels"] = lambda session, action: session.list_of(action, [])
        async with connected(fake, seen, on_up=snapshot, wait=False) as client:
            holder.append(client)
            await until(lambda: seen.log == ["0 channels"])
            fake.session.event("Hangup")
            await until(lambda: seen.events)
            assert not client.ready
            go_on.set()
            await until(lambda: client.ready)


@pytest.mark.parametrize("error", [ActionTimeout("too slow"), ZeroDivisionError("a bug")])
async def test_failed_work_of_login_is_tried_again(error: Exception) -> None:
    """An on_up that fails, by the switch or by a bug, gives the connection up; the next one may succeed."""
    seen = Seen()

    async def fails_twice() -> None:
        seen.log.append("up")
        if seen.log.count("up") < 3:
            raise error

    async with FakeAmi() as fake, connected(fake, seen, on_up=fails_twice):
        assert fake.logins == 3
    assert [line.split(":")[0] for line in seen.log] == ["up", "down", "up", "down", "up", "down"]


async def test_a_connection_lost_during_the_work_of_login_is_made_again() -> None:
    """on_up is not waited for when its connection is gone, even if it never ends."""
    seen = Seen()

    async def stuck_once() -> None:
        seen.log.append("up")
        if len(seen.log) == 1:
            await asyncio.Event().wait()

    async with FakeAmi() as fake, connected(fake, seen, on_up=stuck_once, wait=False) as client:
        await until(lambda: seen.log)
        fake.session.drop()
        await until(lambda: client.ready)
        assert our_tasks().count("ami.on_up") == 0


async def test_a_wrong_secret_is_said_once_and_tried_for_ever() -> None:
    """One clear error line, in words that mend it and without the secret; it works once it is mended."""
    with capture_logs() as logs:
        async with FakeAmi() as fake, connected(fake, Seen(), wrong=True, wait=False) as client:
            await until(lambda: len(fake.named("Login")) >= 4)
            fake.secret = "wrong-secret"
            await until(lambda: client.ready)

    refused = [line for line in logs if line["event"] == "ami.login_refused"]
    assert len(refused) == 1
    assert "manager.conf" in refused[0]["mend"]
    assert "wrong-secret" not in str(logs)
    assert not [line for line in logs if line["event"] == "ami.down" and line["reason"] != "closed by us"]


async def test_one_log_line_per_outage() -> None:
    """However many times it is tried, an outage is one line, and its end is one line."""
    seen = Seen()
    with capture_logs() as logs:
        async with FakeAmi() as fake, connected(fake, seen) as client:
            await fake.stop()
            refused_port = fake.port
            await until(lambda: len(seen.log) == 2)
            probe = FakeAmi(greeting=b"220 this is no manager\r\n")
            probe.port = refused_port
            await probe.listen()
            await until(lambda: len(probe.sessions) >= 3)
            await probe.stop()
            await fake.listen()
            await until(lambda: client.ready)

    assert [line["event"] for line in logs if line["event"] != "task.failed"] == [
        "ami.up",
        "ami.down",
        "ami.up",
    ]


async def test_every_outage_is_said() -> None:
    """The second outage gets its line like the first, with its own reason."""
    seen = Seen()
    with capture_logs() as logs:
        async with FakeAmi() as fake, connected(fake, seen) as client:
            for garbage in (b"first\r\n\r\n", b"second\r\n\r\n"):
                lines = len(seen.log)
                fake.session.send(garbage)
                await until(lambda lines=lines: len(seen.log) > lines + 1 and client.ready)  # type: ignore[misc]

    down = [line["reason"] for line in logs if line["event"] == "ami.down"]
    assert ["first" in down[0], "second" in down[1], len(down)] == [True, True, 2]


async def test_garbage_ends_the_connection_and_it_is_made_again() -> None:
    """A stream that is no AMI is not trusted any further."""
    seen = Seen()
    async with FakeAmi() as fake, connected(fake, seen) as client:
        fake.session.send(b"\x00\xff\x00garbage\r\n\r\n")
        await until(lambda: len(seen.log) == 3)
        await until(lambda: client.ready)

    assert "without any header" in seen.log[1]


async def test_a_huge_block_ends_the_connection() -> None:
    """A block above the limit cannot fill the memory."""
    seen = Seen()
    async with FakeAmi() as fake, connected(fake, seen):
        fake.session.send(b"Event: Hangup\r\nX: " + b"y" * 200_000)
        await until(lambda: len(seen.log) == 3)

    assert "more than 50000 bytes" in seen.log[1]


async def test_a_half_open_peer_is_noticed_by_the_ping() -> None:
    """A peer that is connected and says nothing is dropped within ping interval + ping time-out."""
    seen = Seen()
    async with FakeAmi() as fake:
        fake.answers["Ping"] = silence
        async with connected(fake, seen, limits=WATCHED):
            await until(lambda: len(seen.log) >= 2)

    assert "no sign of life" in seen.log[1]


async def test_a_busy_peer_is_not_taken_for_dead() -> None:
    """No ping answer, but events keep coming: that is life, the link stays."""
    seen = Seen()
    pings = 5

    def event_instead(session: FakeSession, _action: Action) -> None:
        session.event("Hangup")

    async with FakeAmi() as fake:
        fake.answers["Ping"] = event_instead
        async with connected(fake, seen, limits=WATCHED):
            await until(lambda: len(fake.named("Ping")) >= pings)
            assert seen.log == ["up"]
            assert fake.logins == 1


async def test_a_handler_with_a_bug_costs_one_connection() -> None:
    """The bug is logged, the link is made anew and a fresh snapshot taken: no event is silently half-done."""
    seen = Seen()

    def explode_once(message: Message) -> None:
        seen.events.append(message)
        if len(seen.events) == 1:
            raise ZeroDivisionError

    with capture_logs() as logs:
        async with FakeAmi() as fake, connected(fake, seen, on_event=explode_once) as client:
            fake.session.event("Hangup")
            await until(lambda: len(seen.log) == 3 and client.ready)
            fake.session.event("Hangup")
            await until(lambda: len(seen.events) == 2)

    assert [line["task"] for line in logs if line["event"] == "task.failed"] == ["ami.read"]


@pytest.mark.parametrize("state", ["ready", "refused", "waiting"])
async def test_close_leaves_no_task_behind(state: str) -> None:
    """Ready, between two tries, or with an action open: after close() nothing of ours runs."""
    async with FakeAmi() as fake:
        fake.answers["Originate"] = silence
        asking: asyncio.Future[Any] | None = None
        async with connected(fake, Seen(), wrong=state == "refused", wait=state != "refused") as client:
            if state == "refused":
                await until(lambda: fake.named("Login"))
            if state == "waiting":
                asking = asyncio.ensure_future(client.send("Originate"))
                await until(lambda: fake.named("Originate"))
        assert our_tasks() == []
        if asking is not None:
            with pytest.raises(Disconnected):
                await asking


async def test_a_switch_that_accepts_and_says_nothing_is_given_up() -> None:
    """A connection without greeting or login answer ends after the login time-out and is tried again."""
    limits = AmiLimits(login_timeout_ms=40, backoff_min_ms=2, backoff_max_ms=5)
    async with FakeAmi(greeting=b"") as fake, connected(fake, Seen(), limits=limits, wait=False) as client:
        await until(lambda: len(fake.sessions) >= 2)
        fake.greeting = GREETING
        await until(lambda: client.ready)


async def test_an_asterisk_that_is_still_loading_is_not_ready() -> None:
    """The manager listens before telephones are heard: nothing is asked until it is fully booted."""
    seen = Seen()
    async with FakeAmi() as fake, connected(fake, seen, wait=False) as client:
        fake.booted = False
        await until(lambda: fake.logins == 1)
        await asyncio.sleep(0.05)
        assert not client.ready and seen.log == []
        fake.session.event("FullyBooted", ("Status", "Fully Booted"))
        await until(lambda: client.ready)
    assert seen.log[0] == "up"


async def test_an_asterisk_that_never_finishes_loading_is_asked_anew() -> None:
    """A connection on which nothing more comes is given up after the time for loading."""
    async with FakeAmi() as fake:
        fake.booted = False
        limits = AmiLimits(boot_timeout_ms=30, backoff_min_ms=2, backoff_max_ms=20)
        async with connected(fake, Seen(), limits=limits, wait=False):
            await until(lambda: fake.logins >= 2)
