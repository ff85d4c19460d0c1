"""The AMI client against a fake switch, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from centralita.tasks import spawn
from cti.asterisk.ami.client import AmiClient
from cti.asterisk.ami.codec import AmiError, HeaderRefused, Message
from cti.asterisk.ami.link import ActionTimeout, AmiLimits, Disconnected
from cti.asterisk.ami.waiters import ActionFailed
from tests.support.fake_ami import GREETING, Action, FakeAmi, FakeSession, block, silence, until

pytestmark = pytest.mark.unit

FAST = AmiLimits(
    connect_timeout_ms=1_000,
    login_timeout_ms=1_000,
    action_timeout_ms=2_000,
    ping_interval_ms=60_000,
    ping_timeout_ms=100,
    backoff_min_ms=2,
    backoff_max_ms=20,
    max_block_bytes=50_000,
)
WATCHED = AmiLimits(ping_interval_ms=30, ping_timeout_ms=60, backoff_min_ms=2, backoff_max_ms=20)


class Seen:
    """What the client told us, in order."""

    def __init__(self) -> None:
        self.events: list[Message] = []
        self.log: list[str] = []

    async def up(self) -> None:
        self.log.append("up")

    def down(self, reason: str) -> None:
        self.log.append(f"down: {reason}")


@asynccontextmanager
async def connected(
    fake: FakeAmi,
    seen: Seen,
    *,
    limits: AmiLimits = FAST,
    wrong: bool = False,
    on_up: Callable[[], Awaitable[None]] | None = None,
    on_event: Callable[[Message], None] | None = None,
    wait: bool = True,
) -> AsyncIterator[AmiClient]:
    client = AmiClient(
        "127.0.0.1",
        fake.port,
        "cc",
        "wrong-secret" if wrong else "right",
        events=frozenset({"Hangup", "OriginateResponse"}),
        on_event=on_event or seen.events.append,
        on_up=on_up or seen.up,
        on_down=seen.down,
        spawn=spawn,
        limits=limits,
    )
    client.start()
    try:
        if wait:
            async with asyncio.timeout(5):
                await client.wait_ready()
        yield client
    finally:
        await client.close()


def our_tasks() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("ami.")]


async def test_an_action_gets_its_own_response() -> None:
    """Answers find their action by ActionID, whatever order they come in."""
    waiting: list[Action] = []

    def answer_in_reverse(session: FakeSession, action: Action) -> None:
        waiting.append(action)
        if len(waiting) == 3:
            for one in reversed(waiting):
                session.success(one, ("Value", one.get("Variable")))

    async with FakeAmi() as fake, connected(fake, Seen()) as client:
        fake.answers["Getvar"] = answer_in_reverse
        replies = await asyncio.gather(*(client.send("Getvar", [("Variable", name)]) for name in "abc"))

    assert [reply.get("Value") for reply in replies] == ["a", "b", "c"]


async def test_events_between_and_split_packets_change_nothing() -> None:
    """Events in the packet of a response, and packets of one byte, reach the right hands in order."""

    def answer(session: FakeSession, action: Action) -> None:
        ours = block(("Response", "Success"), ("ActionID", action.action_id), ("Message", "queued"))
        events = [block(("Event", "Hangup"), ("Cause", str(number))) for number in range(3)]
        early = block(("Event", "OriginateResponse"), ("ActionID", action.action_id), ("Reason", "4"))
        for byte in events[0] + early + events[1] + ours + events[2]:
            session.send(bytes([byte]))

    seen = Seen()
    async with FakeAmi() as fake, connected(fake, seen) as client:
        fake.answers["Originate"] = answer
        reply = await client.send("Originate", [("Async", "true")])
        await until(lambda: len(seen.events) == 4)

    assert reply.get("Message") == "queued"
    assert [event.get("Cause") or event.event for event in seen.events] == [
        "0",
        "OriginateResponse",
        "1",
        "2",
    ]


async def test_unwanted_events_never_reach_the_handler() -> None:
    """Only the names that were asked for come through."""
    seen = Seen()
    async with FakeAmi() as fake, connected(fake, seen):
        fake.session.event("VarSet", ("Variable", "X"))
        fake.session.event("Hangup")
        await until(lambda: seen.events)

    assert [event.event for event in seen.events] == ["Hangup"]


async def test_a_list_is_collected_until_it_is_complete() -> None:
    """Items come back in order without the closing event; events of others in between are not among them."""
    item = b"Event: CoreShowChannel\r\nActionID: {id}\r\nChannel: c%d\r\n\r\n"
    stranger = b"Event: CoreShowChannel\r\nActionID: other\r\nChannel: x\r\n\r\n"
    seen = Seen()
    async with FakeAmi() as fake, connected(fake, seen) as client:
        fake.answers["CoreShowChannels"] = lambda session, action: session.list_of(
            action, [item % 1, block(("Event", "Hangup")), stranger, item % 2]
        )
        items = await client.send_list("CoreShowChannels")

    assert [one.get("Channel") for one in items] == ["c1", "c2"]
    assert [event.event for event in seen.events] == ["Hangup"]


async def test_an_empty_list_is_an_empty_tuple() -> None:
    """No calls on the switch is an answer too."""
    async with FakeAmi() as fake, connected(fake, Seen()) as client:
        fake.answers["CoreShowChannels"] = lambda session, action: session.list_of(action, [])

        assert await client.send_list("CoreShowChannels") == ()


async def test_a_list_broken_off_is_not_taken_for_whole() -> None:
    """`EventList: cancelled` is a failure: half a list would be a lie about the switch."""
    async with FakeAmi() as fake, connected(fake, Seen()) as client:
        fake.answers["Status"] = lambda session, action: session.list_of(
            action, [block(("Event", "Status"), ("ActionID", "{id}"))], end="cancelled"
        )

        with pytest.raises(ActionFailed):
            await client.send_list("Status")


@pytest.mark.parametrize("ask", ["send", "send_list"])
async def test_a_refusal_carries_what_asterisk_said(ask: str) -> None:
    """`Response: Error` becomes ActionFailed with the message, for actions and lists alike."""
    async with FakeAmi() as fake, connected(fake, Seen()) as client:
        fake.answers["Hangup"] = lambda session, action: session.error(action, "No such channel")

        with pytest.raises(ActionFailed, match="No such channel") as caught:
            await getattr(client, ask)("Hangup", [("Channel", "x")])
    assert caught.value.message.get("Message") == "No such channel"


async def test_a_response_that_never_comes_ends_in_time() -> None:
    """ActionTimeout after the named time; the late answer harms nobody and the link stays up."""
    seen = Seen()
    async with FakeAmi() as fake, connected(fake, seen) as client:
        fake.answers["Redirect"] = silence
        with pytest.raises(ActionTimeout, match="Redirect: no answer within 30 ms"):
            await client.send("Redirect", timeout_ms=30)
        fake.session.success(fake.named("Redirect")[0], ("Message", "late"))

        assert (await client.send("Ping")).get("Message") == ""
    assert fake.logins == 1


async def test_an_answer_to_somebody_else_is_ignored() -> None:
    """A response with an unknown ActionID, or none, is not given to the one who waits."""

    def answer(session: FakeSession, action: Action) -> None:
        session.send(block(("Response", "Error"), ("ActionID", "stranger"), ("Message", "not yours")))
        session.send(block(("Response", "Error"), ("Message", "nobody's")))
        session.success(action, ("Message", "yours"))

    async with FakeAmi() as fake, connected(fake, Seen()) as client:
        fake.answers["Bridge"] = answer

        assert (await client.send("Bridge")).get("Message") == "yours"


async def test_two_clients_never_use_the_same_action_id() -> None:
    """OriginateResponse goes to every session: ids of two sessions must differ."""
    async with FakeAmi() as fake, connected(fake, Seen()) as one, connected(fake, Seen()) as other:
        for client in (one, other):
            for _ in range(20):
                await client.send("Ping")

    ids = [action.action_id for action in fake.actions]
    assert len(ids) == len(set(ids)) >= 42


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


async def test_a_peer_that_does_not_read_makes_senders_wait_not_memory_grow() -> None:
    """Above the write limit actions are held back and end by their own time-out."""
    limits = AmiLimits(ping_interval_ms=60_000, max_write_buffer_bytes=10_000)
    async with FakeAmi() as fake, connected(fake, Seen(), limits=limits) as client:
        fake.answers["UserEvent"] = silence
        fake.session.writer.transport.pause_reading()  # type: ignore[attr-defined]
        headers = [(f"H{number}", "x" * 1_000) for number in range(100)]
        asks = [client.send("UserEvent", headers, timeout_ms=300) for _ in range(200)]
        results = await asyncio.gather(*asks, return_exceptions=True)
        link: Any = client._link
        buffered = link._writer.transport.get_write_buffer_size()

    assert {type(result) for result in results} == {ActionTimeout}
    assert buffered < 1_000_000


async def test_hostile_text_is_refused_before_it_is_sent() -> None:
    """CR or LF in a value raises and nothing at all reaches the switch."""
    async with FakeAmi() as fake, connected(fake, Seen()) as client:
        with pytest.raises(HeaderRefused):
            await client.send("Originate", [("Channel", "PJSIP/7\r\n\r\nAction: Command\r\nCommand: stop")])
        await client.send("Ping")

    assert [action.name for action in fake.actions] == ["Login", "Ping"]


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


async def test_a_client_that_never_started_can_be_closed() -> None:
    """close() before start() is nothing special; asking is Disconnected."""
    client = AmiClient(
        "127.0.0.1", 1, "u", "s",
        events=frozenset(), on_event=lambda _: None, on_up=Seen().up, on_down=lambda _: None, spawn=spawn,
    )  # fmt: skip
    with pytest.raises(Disconnected):
        await client.send("Ping")
    await client.close()


async def test_all_its_errors_have_one_root() -> None:
    """A caller can catch AmiError and has caught everything."""
    assert all(
        issubclass(kind, AmiError) for kind in (ActionFailed, ActionTimeout, Disconnected, HeaderRefused)
    )


async def test_a_switch_that_accepts_and_says_nothing_is_given_up() -> None:
    """A connection without greeting or login answer ends after the login time-out and is tried again."""
    limits = AmiLimits(login_timeout_ms=40, backoff_min_ms=2, backoff_max_ms=5)
    async with FakeAmi(greeting=b"") as fake, connected(fake, Seen(), limits=limits, wait=False) as client:
        await until(lambda: len(fake.sessions) >= 2)
        fake.greeting = GREETING
        await until(lambda: client.ready)
