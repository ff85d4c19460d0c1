"""The AMI client against a fake switch, over real sockets: actions, lists, events."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from centralita.tasks import spawn
from cti.asterisk.ami import waiters
from cti.asterisk.ami.client import AmiClient
from cti.asterisk.ami.codec import AmiError, HeaderRefused, ProtocolError
from cti.asterisk.ami.link import ActionTimeout, AmiLimits, Disconnected
from cti.asterisk.ami.waiters import ActionFailed
from tests.support.fake_ami import Action, FakeAmi, FakeSession, block, silence, until
from tests.unit.cti.ami.stage import Seen, connected

pytestmark = pytest.mark.unit


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


@pytest.mark.parametrize("first", ["response", "event"])
async def test_the_outcome_of_an_originate_is_an_event_even_beside_its_response(first: str) -> None:
    """OriginateResponse has a Response header and the ActionID: it may share a packet, in either order."""
    seen = Seen()

    def refused_at_once(session: FakeSession, action: Action) -> None:
        ours = ("ActionID", action.get("ActionID"))
        response = block(("Response", "Success"), ours, ("Message", "Originate successfully queued"))
        event = block(("Event", "OriginateResponse"), ours, ("Response", "Failure"), ("Reason", "0"))
        session.send(response + event if first == "response" else event + response)

    async with FakeAmi() as fake, connected(fake, seen) as client:
        fake.answers["Originate"] = refused_at_once
        answer = await client.send("Originate", [("Async", "true")])
        await until(lambda: seen.events)

    assert answer.get("Message") == "Originate successfully queued"
    assert [(e.event, e.response) for e in seen.events] == [("OriginateResponse", "Failure")]


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


async def test_a_list_has_a_largest_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list without end fails instead of filling the memory."""
    monkeypatch.setattr(waiters, "MAX_LIST_ITEMS", 3)
    item = b"Event: CoreShowChannel\r\nActionID: {id}\r\n\r\n"
    async with FakeAmi() as fake, connected(fake, Seen()) as client:
        for count, fits in ((3, True), (4, False)):
            fake.answers["CoreShowChannels"] = lambda session, action, n=count: session.list_of(  # type: ignore[misc]
                action, [item] * n
            )
            if fits:
                assert len(await client.send_list("CoreShowChannels")) == 3
            else:
                with pytest.raises(ProtocolError, match="more than 3 items"):
                    await client.send_list("CoreShowChannels")


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
