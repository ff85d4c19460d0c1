from __future__ import annotations

from dataclasses import replace

import pytest

from acd import events as ev
from acd.model import OfferEnd, Presence, SiteId, SkillId, SkillNeed, Step
from acd.records import Record
from acd.stats.wait_history import RATE_OVER_MS, History
from tests.unit.acd.desk import ANA, BETO, C1, C2, C3, SALES, SUPPORT, Desk, agent, queue, routing
from tests.unit.waits.centres import SOPORTE, VENTAS

pytestmark = pytest.mark.unit


class Watched(Desk):
    """A desk whose every record goes into a history."""

    def __init__(self, *parts: object) -> None:
        self.history = History(routing())
        super().__init__(*parts)  # type: ignore[arg-type]

    def _take(self, decision: object) -> None:
        super()._take(decision)  # type: ignore[arg-type]
        if self.history.routing is not self.state.routing:
            self.history.use(self.state.routing)
        records: tuple[Record, ...] = decision.records  # type: ignore[attr-defined]
        for record in records:
            self.history.feed(record)


def two() -> Watched:
    """Ana sells, Beto sells and supports."""
    return Watched(
        queue("ventas", (SALES, 5)),
        queue("soporte", (SUPPORT, 5)),
        agent("ana", {SALES: 9}),
        agent("beto", {SALES: 7, SUPPORT: 7}),
    )


def test_it_knows_who_works_and_who_is_free() -> None:
    """One bit for each agent; wrap-up is work, a break is not."""
    desk = two()
    ana, beto = (desk.history.bit[name] for name in (ANA, BETO))

    assert (desk.history.working, desk.history.free) == (ana | beto, ana | beto)
    desk.talks(C1)
    assert (desk.history.working, desk.history.free) == (ana | beto, beto)
    desk.happens(ev.ContactGone(C1), after_ms=60_000)
    assert desk.history.free == beto
    desk.sets(BETO, Presence.NOT_READY, "café")
    assert (desk.history.working, desk.history.free) == (ana, 0)


def test_it_knows_who_could_serve_and_what_is_shared() -> None:
    """Both could sell, and both of ventas' agents make up all of soporte's one."""
    desk = two()
    ana, beto = (desk.history.bit[name] for name in (ANA, BETO))

    assert desk.history.able(VENTAS, "es") == (ana | beto, ana | beto)
    assert desk.history.able(SOPORTE, "es") == (beto, beto)
    assert desk.history.overlap(VENTAS, "es", SOPORTE, "es") == 1.0
    assert desk.history.overlap(SOPORTE, "es", VENTAS, "es") == 0.5
    desk.sets(ANA, Presence.NOT_READY, "café")
    assert desk.history.overlap(SOPORTE, "es", VENTAS, "es") == 1.0


def test_steps_and_sites_tell_at_once_from_later() -> None:
    """Who may only be asked from the second step on counts as able, not as able at once."""
    need = (SkillNeed(SALES, 5),)
    steps = (Step("own", 0, need, (SiteId("madrid"),)), Step("all", 20_000, need))
    ventas = replace(queue("ventas", (SALES, 5)), steps=steps)
    here, there = (
        replace(agent(name, {SALES: 9}), site=SiteId(site))
        for name, site in (("ana", "madrid"), ("beto", "lima"))
    )
    history = History(routing(ventas, here, there))

    assert history.able(VENTAS, "es") == (history.bit[ANA], history.bit[ANA] | history.bit[BETO])


def test_waits_of_the_served_make_the_moving_average() -> None:
    """From joining to the talk, the bell included; who gives up leaves no trace."""
    desk = Watched(queue("ventas"), agent("ana"))
    desk.comes(C1)
    desk.happens(ev.OfferAccepted(desk.offer_of(C1)), after_ms=4_000)
    desk.comes(C2, C3)
    past = desk.history.of(VENTAS)

    assert (past.average_ms, past.last_ms, list(past.waiting)) == (4_000, 4_000, [C2, C3])
    assert past.hol_ms(desk.now_ms + 500) == 500
    assert past.hol_ms(desk.now_ms, but=C2) == 0
    desk.happens(ev.ContactGone(C2), after_ms=9_000)
    assert (past.average_ms, list(past.waiting)) == (4_000, [C3])
    assert past.hol_ms(desk.now_ms, but=C3) is None


def test_a_failed_offer_keeps_the_wait_going() -> None:
    """The wait counts from joining, not from the last try."""
    desk = Watched(queue("ventas"), agent("ana"))
    desk.comes(C1)
    desk.fails(OfferEnd.DECLINED, after_ms=3_000)
    desk.waits(30_000)
    desk.happens(ev.OfferAccepted(desk.offer_of(C1)), after_ms=1_000)

    assert desk.history.of(VENTAS).last_ms == 34_000


def test_handle_times_are_learned_by_queue_wrap_up_included() -> None:
    """Talk and wrap-up of the queue that was talked for."""
    desk = Watched(queue("ventas", wrap_ms=10_000), agent("ana"))
    before = desk.history.of(VENTAS).handle_ms
    desk.talks(C1)
    desk.happens(ev.ContactGone(C1), after_ms=100_000)
    desk.waits(10_000)

    assert before == 250_000
    assert desk.history.of(VENTAS).handle_ms == 110_000


def test_the_rate_of_arrivals_fades() -> None:
    """A burst counts for less and less."""
    desk = Watched(queue("ventas"), agent("ana"))
    desk.comes(C1, C2, C3)
    past = desk.history.of(VENTAS)

    assert past.rate(desk.now_ms) == pytest.approx(3 / RATE_OVER_MS)
    assert past.rate(desk.now_ms + RATE_OVER_MS) == pytest.approx(3 / RATE_OVER_MS / 2.718, rel=0.01)


def test_after_a_restart_the_state_tells_who_works_and_who_waits() -> None:
    """A history that begins late knows the same of the moment."""
    desk = two()
    desk.talks(C1)
    desk.comes(C2, C3, after_ms=5_000)
    late = History(desk.state.routing)
    late.resume(desk.state)

    assert (late.working, late.free) == (desk.history.working, desk.history.free)
    assert late.of(VENTAS).waiting == desk.history.of(VENTAS).waiting


def test_another_configuration_moves_the_bits() -> None:
    """A new agent gets a place of their own; what was known of the others follows them."""
    desk = two()
    desk.talks(C1)
    desk.happens(
        ev.ConfigPublished(
            routing(
                queue("ventas", (SALES, 5)),
                agent("aaron", {SkillId("ventas"): 5}),
                agent("ana", {SALES: 9}),
                agent("beto", {SALES: 7}),
                version="v2",
            )
        )
    )

    assert desk.history.free == desk.history.bit[BETO]
    assert desk.history.working == desk.history.bit[ANA] | desk.history.bit[BETO]
    assert desk.history.serving(VENTAS) == desk.history.bit[ANA]


def test_an_agent_who_calls_a_customer_serves_no_queue() -> None:
    """At work, and not on what callers wait for: nothing is learned of the talk."""
    desk = two()
    desk.talks(C1)
    desk.happens(ev.ContactGone(C1), after_ms=30_000)
    desk.waits(10_000)
    assert desk.history.serving(VENTAS) == 0
    desk.happens(ev.PhoneReachable(BETO, reachable=False))
    before = desk.history.of(VENTAS).serving
    desk.dials(C2)
    desk.happens(ev.ContactReached(C2))

    assert before and not desk.history.of(VENTAS).serving & desk.history.bit[ANA]
    assert desk.history.serving(VENTAS) == 0
    desk.happens(ev.LegGone(desk.offer_of(C2)), after_ms=5_000)
    assert desk.history.free == desk.history.bit[ANA]
