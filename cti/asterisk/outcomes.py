"""
How an agent's leg ended without talk: the table of `docs/dialplan.md`, as data.

No single field tells: a 603 reads NOANSWER in DialEnd and CHANUNAVAIL in Dial,
and every refusal gives reason 0. Hang-up cause, OriginateResponse reason and
the last channel state are read together. Measured on Asterisk 22.
"""

from __future__ import annotations

from dataclasses import dataclass

from acd.model import OfferEnd

TIMED_OUT = 3
"""OriginateResponse reason: the ring time is over."""


@dataclass(frozen=True, slots=True)
class LegEnd:
    """
    What was seen of a leg that never talked.

    `existed` is False when Asterisk refused before it made a channel (then no
    Hangup event comes); `rang` when the phone had said 180 or 183; `reason` and
    `cause` are None while unknown.
    """

    existed: bool
    rang: bool
    reason: int | None
    cause: int | None
    answered: bool = False
    """It was picked up, and hung up before the talk."""


_BY_CAUSE: dict[int, OfferEnd] = {
    17: OfferEnd.BUSY,  # 486
    21: OfferEnd.DECLINED,  # 603
    1: OfferEnd.FAILED,  # 404: the phone does not know its own name
    34: OfferEnd.FAILED,  # 503
    58: OfferEnd.FAILED,  # 488: no codec in common
    38: OfferEnd.FAILED,  # network out of order
}


def classify(end: LegEnd) -> OfferEnd:
    """
    Name the outcome.

    A phone that rang and stopped by itself (480 after 180, or the ring time over)
    was not answered; one that never rang and gave nothing back does not reply.
    """
    if not end.existed:
        return OfferEnd.UNREACHABLE
    if end.answered:
        # A refusal, whatever the cause says: who picks up has not let it ring.
        return OfferEnd.DECLINED
    if end.reason == TIMED_OUT:
        return OfferEnd.NO_ANSWER if end.rang else OfferEnd.NO_REPLY
    by_cause = _BY_CAUSE.get(end.cause or 0)
    if by_cause is not None:
        return by_cause
    if end.cause in (18, 19, 20):  # no response, no answer, absent
        return OfferEnd.NO_ANSWER if end.rang else OfferEnd.NO_REPLY
    return OfferEnd.FAILED


_NOBODY_THERE = {OfferEnd.NO_REPLY: OfferEnd.NO_ANSWER, OfferEnd.UNREACHABLE: OfferEnd.FAILED}


def classify_outside(end: LegEnd) -> OfferEnd:
    """As `classify`, of somebody behind a carrier: a bell that nobody heard of may have rung all the same."""
    result = classify(end)
    return _NOBODY_THERE.get(result, result)
