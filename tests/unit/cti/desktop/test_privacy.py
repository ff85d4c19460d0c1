"""An agent hears who calls of their own contacts, and of all others only that somebody does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cti.desktop import hub as hub_module
from cti.desktop.catalogue import PERSONAL
from cti.desktop.client import Client
from cti.desktop.envelope import Message, encode
from cti.desktop.hub import EventHub
from cti.desktop.log import EventLog
from cti.desktop.privacy import Privacy
from tests.unit.cti.desktop.test_wire import CUSTOMER, SAMPLES

pytestmark = pytest.mark.unit

PERSONAL_RECORDS = [record for record, name in SAMPLES.values() if name in PERSONAL]
OTHERS = [record for record, name in SAMPLES.values() if name not in PERSONAL]
MARKS = ("+34911234567", "Marta")
"""What must not be heard by others."""


def masked(state: Mapping[str, Any], agent: str) -> Mapping[str, Any]:
    return {"for": agent, **state}


class Switchboard:
    """A hub, and who handles its contacts now."""

    def __init__(self, log: EventLog | None = None) -> None:
        self.handlers: set[str] = set()
        customer = CUSTOMER | {"ref": "C-7", "name": "Marta"}
        privacy = Privacy(lambda _contact_id: self.handlers, masked)
        self.hub = EventHub(lambda _contact_id: customer, lambda: {"all": True}, log=log, privacy=privacy)

    def listener(self, sees: str | None, resume_from: int | None = None) -> Client:
        client = self.hub.subscribe(resume_from, sees)
        assert client is not None
        return client


async def take(client: Client) -> bytes:
    return await asyncio.wait_for(anext(client), timeout=5)


def tells_who(message: bytes) -> bool:
    return any(mark in message.decode() for mark in MARKS)


def test_there_is_something_to_hide() -> None:
    """The samples have a personal record of the kinds that carry a customer."""
    assert {"contact.started", "contact.queued", "offer.announced"} <= {
        name for record, name in SAMPLES.values() if record in PERSONAL_RECORDS
    }
    assert "+34911234567" in str(CUSTOMER)


async def test_a_pop_is_whole_for_its_agent_and_plain_for_every_other() -> None:
    """Each type of event that tells who somebody is; who sees all hears all, who may see nobody, nothing."""
    board = Switchboard()
    board.handlers = {"ana"}
    clients = {sees: board.listener(sees) for sees in (None, "ana", "beto", "")}
    for client in clients.values():
        await take(client)
    for number, record in enumerate(PERSONAL_RECORDS, start=1):
        board.hub.publish(number, [record])
        heard = {sees: await take(client) for sees, client in clients.items()}
        agent = json.loads(heard[None])["data"].get("agent")
        whole = tells_who(heard[None])
        wanted = {None: whole, "ana": whole, "beto": whole and agent == "beto", "": False}
        assert {sees: tells_who(message) for sees, message in heard.items()} == wanted
        # The same event: what an agent hears of others' contacts is what is kept for ever.
        assert len({json.loads(message)["seq"] for message in heard.values()}) == 1


async def test_all_else_is_heard_by_everybody_alike() -> None:
    """One message for all, the very same bytes."""
    board = Switchboard()
    clients = [board.listener(sees) for sees in (None, "ana", "")]
    for client in clients:
        await take(client)
    for number, record in enumerate(OTHERS, start=1):
        board.hub.publish(number, [record])
        heard = [await take(client) for client in clients]
        assert heard[0] is heard[1] is heard[2]


async def test_each_variant_is_encoded_once_however_many_hear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred agents cost two encodings, as one does."""
    board = Switchboard()
    board.handlers = {"a1"}
    clients = [board.listener(f"a{n}") for n in range(200)]
    for client in clients:
        await take(client)
    counted: list[Message] = []

    def counting(message: Message) -> bytes:
        counted.append(message)
        return encode(message)

    monkeypatch.setattr(hub_module, "encode", counting)
    board.hub.publish(1, [PERSONAL_RECORDS[0]])
    heard = {id(await take(client)) for client in clients}

    assert (len(counted), len(heard)) == (2, 2)


async def test_who_comes_back_hears_only_their_own_again(tmp_path: Path) -> None:
    """As of now: a contact that has gone on to somebody else is told without its caller."""
    log = EventLog(tmp_path, 0)
    board = Switchboard(log)
    for number, record in enumerate(PERSONAL_RECORDS, start=1):
        board.hub.publish(number, [record])
    counts = {}
    for handlers in (set(), {"ana"}):
        board.handlers = handlers
        for sees in (None, "ana", "beto"):
            client = board.listener(sees, resume_from=4_096 - 1)
            told = [await take(client) for _ in PERSONAL_RECORDS]
            counts[len(handlers), sees] = sum(map(tells_who, told))
            client.close()
    log.close()

    everything = counts[0, None]
    assert everything > 3
    assert counts == {
        (0, None): everything, (0, "ana"): 0, (0, "beto"): 0,
        (1, None): everything, (1, "ana"): everything, (1, "beto"): 0,
    }  # fmt: skip


async def test_a_snapshot_is_masked_for_whom_it_is() -> None:
    """Also the one that replaces a queue that was too long."""
    board = Switchboard()
    client, all_of_it = board.listener("ana"), board.listener(None)
    for each, wanted in ((client, {"for": "ana", "all": True}), (all_of_it, {"all": True})):
        assert json.loads(await take(each))["data"] == wanted
    board.hub.refresh()
    assert json.loads(await take(client))["data"]["for"] == "ana"


async def test_a_hub_that_was_not_told_who_may_see_tells_no_agent_anything() -> None:
    """Forgetting to say it fails closed."""
    hub = EventHub(lambda _contact_id: CUSTOMER, lambda: {"all": True})
    client = hub.subscribe(None, "ana")
    assert client is not None
    assert json.loads(await take(client))["data"] == {}
    plain = [record for record in PERSONAL_RECORDS if not hasattr(record, "explanation")]
    hub.publish(1, [plain[0]])
    assert not tells_who(await take(client))
