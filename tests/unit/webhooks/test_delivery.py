"""Events reach a real HTTP server: signed, in order, again when not taken, and never twice unseen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import count

import pytest
from aiohttp import web

from acd.model import AgentId, ContactId
from acd.records import WrapEnded
from centralita.store.customers import erase
from centralita.store.tables import party
from centralita.webhooks.courier import OUTBOX_MAX
from tests.support.polling import eventually
from tests.support.receiver import Got, Receiver
from tests.unit.store.samples import call
from tests.unit.webhooks.conftest import QUICK, Scene

pytestmark = pytest.mark.unit

CALL = ["contact.started", "contact.queued", "offer.announced", "offer.accepted", "contact.closed"]


def tell_calls(scene: Scene, *numbers: int) -> None:
    """The entries of several calls, one entry of each in turn, as they come when calls overlap."""
    for entries in zip(*(call(n) for n in numbers), strict=True):
        for _, _, records, beside in entries:
            scene.tell(*records, beside=beside)


def status(code: int, **headers: str) -> web.Response:
    return web.Response(status=code, headers=headers)


async def test_a_call_is_told_signed_and_in_order(scene: Scene, receiver: Receiver) -> None:
    """The same messages as on the stream; the signature holds by a computation of the receiver's own."""
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1)
    await eventually(lambda: len(receiver.taken) == 5, 5)
    (secret,) = scene.keys.of("crm")

    assert receiver.types == CALL
    assert all(got.signed_by(secret) and not got.signed_by(secret + "x") for got in receiver.taken)
    assert [got.headers["Webhook-Id"] for got in receiver.taken] == [
        f"{scene.keys.site}-{got.event['id']}" for got in receiver.taken
    ]
    assert receiver.taken[0].event["data"]["customer"]["number"] == "+34911234567"


async def test_nothing_delivered_stays_in_the_database(scene: Scene, receiver: Receiver) -> None:
    """A number is there no longer than it takes to deliver it."""
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1)
    await eventually(lambda: len(receiver.taken) == 5, 5)

    async def empty() -> bool:
        found = await scene.outbox.counts("crm")
        return (found.pending, found.dead) == (0, 0)

    await eventually(empty, 5)
    stands = await scene.status("crm")
    assert (stands["state"], stands["pending"], stands["lag_ms"]) == ("idle", 0, 0)
    assert stands["last_success_ms"] is not None


async def test_both_secrets_sign_while_one_is_being_changed(scene: Scene, receiver: Receiver) -> None:
    """A receiver that knows either takes the event; after the end of the change only the new one counts."""
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    (old,) = scene.keys.of("crm")
    new = scene.keys.rotate("crm")
    assert (await scene.webhooks.test("crm"))["delivered"] is True
    scene.keys.finish("crm")
    assert (await scene.webhooks.test("crm"))["delivered"] is True

    during, after = receiver.taken
    assert during.signed_by(old) and during.signed_by(new)
    assert after.signed_by(new) and not after.signed_by(old)
    assert (during.type, during.event["data"]) == ("webhook.test", {"endpoint": "crm"})


@pytest.mark.parametrize("failure", [500, 503, 302, 404, "silence"])
async def test_what_was_not_taken_is_sent_again_before_what_follows(
    scene: Scene, receiver: Receiver, failure: int | str
) -> None:
    """A contact's events stay in order through failures of any kind, with the same id and a fresh time."""
    tries = count()

    def answer(_: Got) -> web.Response | float:
        if next(tries) % 3 == 1:
            return 5.0 if failure == "silence" else status(int(failure), Location="http://127.0.0.1:1/")
        return status(200)

    receiver.answer = answer
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1)
    await eventually(lambda: len(receiver.taken) == 5, 10)

    assert receiver.types == CALL
    assert len(receiver.got) > 5
    assert {got.path for got in receiver.got} == {"/avisos"}
    assert len({got.headers["Webhook-Id"] for got in receiver.got}) == 5


async def test_one_refused_event_does_not_hold_back_other_contacts(scene: Scene, receiver: Receiver) -> None:
    """Only the contact whose event is refused waits."""
    receiver.answer = lambda got: status(422 if got.contact == "c1" else 200)
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1, 2, 3)
    await eventually(lambda: len(receiver.taken) == 10, 5)

    by: dict[str, list[str]] = defaultdict(list)
    for got in receiver.taken:
        by[got.contact].append(got.type)
    assert by == {"c2": CALL, "c3": CALL}


async def test_a_slow_endpoint_delays_nobody(scene: Scene, receiver: Receiver) -> None:
    """Another endpoint hears at once, and the single writer is never waited for."""
    async with Receiver.running() as slow:
        slow.answer = lambda _: 5.0
        scene.endpoint("lento", slow.url)
        scene.endpoint("crm", receiver.url)
        await scene.webhooks.start()
        tell_calls(scene, *range(1, 9))
        await eventually(lambda: len(receiver.taken) == 40, 5)

        assert not slow.taken
        assert slow.most_at_once <= 8
        await eventually(scene.webhooks.alarms, 10)
        (alarm,) = scene.webhooks.alarms()
        assert "webhook lento: no se puede entregar" in alarm and " / webhook lento: cannot" in alarm


async def test_a_dead_endpoint_is_tried_with_one_event_at_a_time(scene: Scene, receiver: Receiver) -> None:
    """After a failure no more than one request is under way, and fewer and fewer are made."""
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    receiver.answer = lambda _: status(500)
    tell_calls(scene, 1)
    await eventually(lambda: receiver.got, 5)
    receiver.most_at_once = 0
    tell_calls(scene, *range(2, 30))
    await eventually(lambda: len(receiver.got) > 8, 10)

    assert receiver.most_at_once == 1
    stands = await scene.status("crm")
    assert stands["state"] == "failing" and stands["pending"] == 145
    assert stands["last_error"] == "HTTP 500" and stands["next_try_ms"] is not None


async def test_retry_after_is_honoured(scene: Scene, receiver: Receiver) -> None:
    """Nobody is bothered before the time they asked for."""
    scene.pace = replace(QUICK, longest_ms=3_600_000)
    await scene.close()
    await scene.start()
    receiver.answer = lambda _: status(429, **{"Retry-After": "120"})
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1, 2)
    await eventually(lambda: receiver.got, 5)

    async def waits() -> int:
        stands = await scene.status("crm")
        return max(0, int(str(stands["next_try_ms"] or 0)) - int(str(stands["last_failure_ms"] or 0)))

    assert await eventually(waits, 5) >= 120_000
    assert len(receiver.got) <= 2


async def test_what_nobody_takes_becomes_a_dead_letter_and_can_be_sent_again(
    scene: Scene, receiver: Receiver
) -> None:
    """After the last try it is listed with its reason; sent again it arrives, and the list is empty."""
    scene.pace = replace(QUICK, give_up_ms=1_000)
    await scene.close()
    await scene.start()
    receiver.answer = lambda got: status(400 if got.type == "offer.announced" else 200)
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1)
    await eventually(lambda: len(receiver.taken) == 4, 10)
    (letter,) = await scene.webhooks.dead("crm", before=None, limit=10)
    assert (letter["type"], letter["contact_id"], letter["error"]) == ("offer.announced", "c1", "HTTP 400")
    assert letter["attempts"] >= 2
    assert "1 avisos sin entregar" in scene.webhooks.alarms()[-1]

    receiver.answer = lambda _: status(200)
    assert await scene.webhooks.resend("crm", "crm.999") == 0
    assert await scene.webhooks.resend("crm", str(letter["id"])) == 1
    await eventually(lambda: len(receiver.taken) == 5, 5)

    assert receiver.types[-1] == "offer.announced"
    assert await scene.webhooks.dead("crm", before=None, limit=10) == []

    async def calm() -> bool:
        await scene.status("crm")
        return scene.webhooks.alarms() == []

    await eventually(calm, 5)


async def test_410_ends_it_until_somebody_says_otherwise(scene: Scene, receiver: Receiver) -> None:
    """Not a request more, nothing new is written, and an alarm says so, also after a restart."""
    receiver.answer = lambda _: status(410)
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1)

    async def buried() -> bool:
        return (await scene.outbox.counts("crm")).dead == 5

    await eventually(buried, 5)
    assert len(receiver.got) == 1
    assert scene.tell(*call(2)[0][2]) == 0
    await scene.close()
    await scene.start()
    await scene.webhooks.start()
    assert "410" in scene.webhooks.alarms()[0]
    assert scene.tell(*call(3)[0][2]) == 0

    receiver.answer = lambda _: status(200)
    await scene.webhooks.enable("crm")
    assert scene.tell(*call(4)[0][2]) == 2
    await eventually(lambda: receiver.types == CALL[:2], 5)


async def test_what_was_written_before_a_kill_is_delivered_after_it(scene: Scene, receiver: Receiver) -> None:
    """The next server finds it in the database; what was sent already carries the id that it had."""
    await receiver.down()
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1)
    await scene.projection.committed()
    # As a kill: nothing is settled.
    killed = scene.webhooks._couriers["crm"]
    assert killed._task is not None and killed._poster is not None
    killed._task.cancel()
    await killed._poster.close()
    await scene.projection.close()

    await receiver.up()
    await scene.start()
    await scene.webhooks.start()
    await eventually(lambda: len(receiver.taken) == 5, 5)
    assert receiver.types == CALL


async def test_an_erased_customer_is_told_of_no_more(scene: Scene, receiver: Receiver) -> None:
    """Events that wait for a dead endpoint go with the person, the dead letters too; others stay."""
    receiver.answer = lambda _: status(500)
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1)
    scene.tell(WrapEnded(AgentId("ana"), ContactId("c9"), 5, 5))
    await eventually(lambda: receiver.got, 5)

    def whose(connection: object) -> str:
        return str(connection.execute(party.select()).one().customer_id)  # type: ignore[attr-defined]

    customer_id = await scene.projection.order(whose)
    assert await scene.projection.order(lambda connection: erase(connection, customer_id), erases=True)
    receiver.answer = lambda _: status(200)
    await eventually(lambda: receiver.taken, 5)
    await eventually(lambda: scene.webhooks._couriers["crm"].counts.pending == 0, 5)

    assert [got.contact for got in receiver.taken] == ["c9"]
    database = b"".join(path.read_bytes() for path in scene.home.path.glob("a.db*"))
    assert b"911234567" not in database


async def test_a_full_outbox_takes_no_more_and_says_so(scene: Scene, receiver: Receiver) -> None:
    """Memory and disk have a limit; what is lost is counted."""
    scene.endpoint("crm", receiver.url)
    assert scene.webhooks.active
    scene.webhooks._couriers["crm"].wrote(OUTBOX_MAX)

    assert scene.tell(*call(1)[0][2]) == 0
    assert "2 avisos perdidos" in scene.webhooks.alarms()[0]


async def test_an_edit_takes_effect_at_once(scene: Scene, receiver: Receiver) -> None:
    """Another address is used, other events are chosen, and an endpoint that was removed hears nothing."""
    scene.endpoint("crm", receiver.url)
    await scene.webhooks.start()
    tell_calls(scene, 1)
    await eventually(lambda: len(receiver.taken) == 5, 5)
    scene.endpoint("crm", receiver.url, "contact.*", queues=["ventas"])
    tell_calls(scene, 2)
    await eventually(lambda: len(receiver.taken) == 7, 5)
    scene.configured = {}

    assert scene.tell(*call(3)[0][2]) == 0
    assert not scene.webhooks.active
    assert receiver.types[5:] == ["contact.queued", "contact.closed"]
