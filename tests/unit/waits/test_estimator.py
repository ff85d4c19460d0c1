from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import ContactId, Presence
from acd.stats.wait import Model
from acd.stats.wait_error import AT_LEAST
from centralita.waits.estimator import FRESH_MS, Estimator, Ports
from tests.unit.acd.desk import ANA, C1, C2, C3, Desk, agent, queue, routing
from tests.unit.waits.centres import VENTAS, formula, model

pytestmark = pytest.mark.unit


class Server(Desk):
    """A desk whose records the estimator follows, as the server does it."""

    def __init__(self, trained: Model | None) -> None:
        self.models = {} if trained is None else {trained.config_version: trained}
        self.estimator: Estimator | None = None
        super().__init__(queue("ventas"), agent("ana"))
        self.estimator = Estimator(Ports(lambda: self.state, lambda: self.now_ms, self.models.get))
        self.estimator.follow(())

    def _take(self, decision: object) -> None:
        super()._take(decision)  # type: ignore[arg-type]
        if self.estimator is not None:
            self.estimator.follow(decision.records)  # type: ignore[attr-defined]

    @property
    def says(self) -> Estimator:
        assert self.estimator is not None
        return self.estimator

    def proves(self, wait_ms: int) -> None:
        """Enough callers come to busy Ana and wait so long; two more, as the first know no others."""
        self.sets(ANA, Presence.READY)
        self.talks(ContactId("first"))
        for number in range(AT_LEAST + 2):
            before = ContactId("first" if number == 0 else f"n{number - 1}")
            contact_id = ContactId(f"n{number}")
            self.comes(contact_id)
            self.happens(ev.ContactGone(before), after_ms=wait_ms)
            self.happens(ev.WrapUpDone(ANA))
            self.happens(ev.OfferAccepted(self.offer_of(contact_id)))


def minute(from_history: bool = True) -> Model:
    """Half a minute for each one ahead, and a minute; of the live configuration."""
    return model(formula(60_000, ahead=30_000), version="v1", from_history=from_history)


def test_without_a_model_nothing_is_said() -> None:
    """Unknown is None everywhere, never a number."""
    server = Server(None)
    server.comes(C1, C2)

    assert server.says.at_door(C3, VENTAS) is None
    assert server.says.to_tell(C2) is None
    assert server.says.of_queue(VENTAS) is None
    assert server.says.of_contacts() == {}
    report = server.says.report()
    assert (report["model"], report["error"], report["queues"][0]["told"]) == (None, None, False)


def test_each_one_is_told_their_own_wait() -> None:
    """At the door behind those who wait, on screens by contact, to the caller as a range."""
    server = Server(minute())
    server.comes(C1, C2)

    assert server.says.at_door(C3, VENTAS) == 120_000
    assert server.says.of_contacts()[C2] == {"mean_ms": 90_000, "low_ms": 45_000, "high_ms": 180_000}
    assert server.says.to_tell(C1) == (30_000, 120_000)
    assert server.says.to_tell(C3) is None
    found = server.says.of_queue(VENTAS)
    assert found is not None
    assert found["mean_ms"] == 120_000


def test_a_screen_sees_an_estimate_of_seconds_ago_at_most() -> None:
    """Asked again at once the answer is the same; later it is a new one."""
    server = Server(minute())
    before = server.says.of_queue(VENTAS)
    server.comes(C1)

    assert server.says.of_queue(VENTAS) == before
    server.now_ms += FRESH_MS
    found = server.says.of_queue(VENTAS)
    assert found is not None
    assert found["mean_ms"] == 90_000


def test_assumed_figures_are_told_to_callers_only_once_they_have_proved_right() -> None:
    """Screens see them at once, marked; callers hear nothing until enough calls have been judged."""
    server = Server(minute(from_history=False))
    assert server.says.at_door(C1, VENTAS) is None
    assert server.says.report()["queues"][0]["told"] is False
    server.proves(60_000)
    report = server.says.report()

    assert report["error"] is not None
    assert report["error"]["ours"] == {"rmse_ms": 0, "bias_ms": 0}
    assert report["error"]["inside"] == 1.0
    assert report["queues"][0]["told"] is True
    assert server.says.at_door(C1, VENTAS) is not None


def test_an_estimate_that_proves_wrong_is_told_no_more() -> None:
    """Callers wait three seconds and were promised a minute: the moving average is better."""
    server = Server(minute())
    assert server.says.at_door(C1, VENTAS) is not None
    server.proves(3_000)

    assert server.says.at_door(C1, VENTAS) is None
    assert server.says.report()["queues"][0]["told"] is False


def test_a_new_configuration_brings_its_own_model_or_none() -> None:
    """What was trained on other queues is not used; trained anew, it is at once."""
    server = Server(minute())
    server.happens(ev.ConfigPublished(routing(queue("ventas"), agent("ana"), version="v2")))
    assert server.says.at_door(C1, VENTAS) is None
    server.models["v2"] = model(formula(33_000), version="v2")
    server.says.refresh()

    assert server.says.at_door(C1, VENTAS) == 33_000


def test_a_restarted_server_knows_who_waits() -> None:
    """The estimator begins from the engine's recovered state."""
    server = Server(minute())
    server.comes(C1, C2)
    fresh = Estimator(Ports(lambda: server.state, lambda: server.now_ms, server.models.get))
    fresh.follow(())

    assert fresh.at_door(C3, VENTAS) == 120_000
    assert set(fresh.of_contacts()) == {C1, C2}
