"""What a killed server had journalled but not written is told by the next one, once."""

from __future__ import annotations

import pytest

from centralita.clock import wall_clock_ms
from centralita.memory import Behind, Memory
from centralita.store.history import History
from tests.support.polling import eventually
from tests.support.receiver import Receiver
from tests.unit.centralita.test_memory import books
from tests.unit.store.samples import call
from tests.unit.webhooks.conftest import Scene

pytestmark = pytest.mark.unit


def memory(scene: Scene, behind: list[Behind]) -> Memory:
    return Memory(
        scene.projection,
        History(scene.projection.engine),
        lambda: _NOBODY,  # type: ignore[arg-type, return-value]
        behind,
        scene.webhooks.follow,
    )


class _Nobody:
    """A state with nobody on the line."""

    contacts: dict[str, object] = {}  # noqa: RUF012

    class routing:  # noqa: N801
        version = "v1"


_NOBODY = _Nobody()


async def test_a_kill_between_journal_and_database_loses_nothing(scene: Scene, receiver: Receiver) -> None:
    """The entries that the database has not seen are told; one that it has is not told again."""
    scene.endpoint("crm", receiver.url)
    (first_seq, at_ms, opened, beside), (second_seq, _, announced, _), (third_seq, _, ended, _) = call(0)
    scene.tell(*opened, beside=beside)
    await scene.projection.committed()
    assert scene.projection.last_seq() == first_seq
    behind: list[Behind] = [(first_seq, at_ms, opened, ()), (second_seq, at_ms, announced, ())]
    recovered = memory(scene, behind)
    kept = books(History(scene.projection.engine), scene.projection, recovered)
    recovered.remember(third_seq, at_ms, ended, kept)
    await recovered.catch_up(kept, wall_clock_ms())
    await scene.webhooks.start()
    await eventually(lambda: len(receiver.taken) == 5, 5)

    assert receiver.types == [
        "contact.started",
        "contact.queued",
        "offer.announced",
        "offer.accepted",
        "contact.closed",
    ]
    assert len({got.headers["Webhook-Id"] for got in receiver.got}) == len(receiver.got) == 5
