"""AMI events for plug-ins written against pyst2."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asterisk.manager import Event, Manager, ManagerMsg
from structlog.testing import capture_logs

from centralita.tasks import spawn
from cti.asterisk.ami.codec import Decoder, Message
from cti.asterisk.ami.compat import PystEvent, PystEvents
from tests.support.fake_ami import Action, FakeAmi, FakeSession, until

pytestmark = pytest.mark.unit


def message(name: str, *more: str) -> Message:
    lines = "\r\n".join([f"Event: {name}", *more])
    (only,) = Decoder().feed(b"Asterisk Call Manager/11.0.0\r\n" + lines.encode() + b"\r\n\r\n")
    return only


def test_an_event_looks_like_pyst2_s_own() -> None:
    """Same attributes and answers as `asterisk.manager.Event` for the same bytes."""
    lines = ["Event: Hangup\r\n", "Channel: PJSIP/7-01\r\n", "Cause: 16\r\n"]
    theirs = Event(ManagerMsg(lines))
    ours = PystEvent(message("Hangup", "Channel: PJSIP/7-01", "Cause: 16"))

    assert ours.name == theirs.name == "Hangup"
    assert ours.headers == theirs.headers
    assert ours.get_header("Cause") == theirs.get_header("Cause") == ours["Cause"]
    assert ours.get_header("Nothing", "x") == theirs.get_header("Nothing", "x")
    assert ours.has_header("Cause") is theirs.has_header("Cause")
    assert ours.has_header("Nothing") is theirs.has_header("Nothing")
    assert repr(ours) == repr(theirs)
    assert ours.get_action_id() == theirs.get_action_id()


async def test_functions_get_their_events_in_order() -> None:
    """By name first, then "*"; a true result ends the handling of that event, as in pyst2."""
    hub, seen = PystEvents(spawn), list[str]()
    hub.register_event("*", lambda event, _: seen.append(f"any {event.name}"))
    hub.register_event("Hangup", lambda event, _: seen.append(f"first {event['Cause']}"))
    hub.register_event("Link", lambda *_: True)
    for name in ("Hangup", "Link", "Other"):
        hub.offer(message(name, "Cause: 16"))
    await until(lambda: len(seen) == 3)

    assert seen == ["first 16", "any Hangup", "any Other"]


async def test_unregistered_functions_are_no_longer_called() -> None:
    """After unregister_event the event is not even converted."""
    hub, seen = PystEvents(spawn), list[str]()

    def function(event: PystEvent, _hub: PystEvents) -> None:
        seen.append(event.name)

    hub.register_event("A", function)
    hub.unregister_event("A", function)
    hub.register_event("B", function)
    hub.offer(message("A"))
    hub.offer(message("B"))
    await until(lambda: seen)

    assert seen == ["B"]
    with pytest.raises(ValueError, match="not in list"):
        hub.unregister_event("A", function)


async def test_a_plug_in_with_a_bug_loses_one_event() -> None:
    """Its exception is logged and the next event is handled."""
    hub, seen = PystEvents(spawn), list[str]()

    def function(event: PystEvent, _hub: PystEvents) -> None:
        if event.name == "Bad":
            raise ZeroDivisionError
        seen.append(event.name)

    hub.register_event("*", function)
    with capture_logs() as logs:
        for name in ("A", "Bad", "B"):
            hub.offer(message(name))
        await until(lambda: seen == ["A", "B"])

    assert [line["event"] for line in logs] == ["task.failed"]


async def test_slow_plug_ins_cannot_fill_the_memory() -> None:
    """Above the limit the oldest events go, and they are counted."""
    hub, seen = PystEvents(spawn, max_waiting=10), list[str]()
    hub.register_event("*", lambda event, _: seen.append(event["N"]))
    for number in range(25):
        hub.offer(message("A", f"N: {number}"))
    await until(lambda: len(seen) == 10)

    assert seen == [str(number) for number in range(15, 25)]
    assert hub.dropped == 15


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_pyst2_s_own_manager_gets_on_with_our_fake_switch() -> None:
    """An independent client logs in, acts and hears an event: the fake of these tests speaks real AMI."""
    heard: list[str] = []
    threads: list[threading.Thread] = []
    hung_up = threading.Event()

    def on_hangup(event: Any, _manager: Any) -> None:
        heard.append(event.get_header("Cause"))
        hung_up.set()

    def session(port: int) -> str:
        manager = Manager()
        manager.connect("127.0.0.1", port)
        manager.login("cc", "right")
        manager.register_event("Hangup", on_hangup)
        answer = manager.send_action({"Action": "Marked"})
        assert hung_up.wait(5)
        threads.extend([manager.message_thread, manager.event_dispatch_thread])
        return str(answer.get_header("Message"))

    def answer(session: FakeSession, action: Action) -> None:
        session.event("Hangup", ("Cause", "16"))
        session.success(action, ("Message", "done"))

    async with FakeAmi() as fake:
        fake.answers["Marked"] = answer
        reply = await asyncio.to_thread(session, fake.port)
    await until(lambda: not any(thread.is_alive() for thread in threads))

    assert reply == "done"
    assert heard == ["16"]
