"""
The estimates of the wait that others announce: what ours is measured against.

All take and give milliseconds. None says that nothing is known, never zero.
"""

from __future__ import annotations


def moving_average(old_ms: float | None, new_ms: float) -> float:
    """
    The hold time that app_queue announces: three quarters old, one quarter new, at each answered call.

    Source: `recalc_holdtime` of Asterisk's app_queue, without its rounding to whole seconds.
    """
    return new_ms if old_ms is None else (3 * old_ms + new_ms) / 4


def naive_ms(ahead: int, handle_ms: float, able: int) -> float | None:
    """
    (q + 1) x AHT / agents: the textbook's quotient, blind to other queues.

    Args:
        ahead: Contacts of the same queue before this one, >= 0.
        handle_ms: Mean handle time, wrap-up included.
        able: Agents at work who could serve; None is returned for none.
    """
    return (ahead + 1) * handle_ms / able if able > 0 else None


def markov_ms(ahead: float, per_ms: float, leave_per_ms: float = 0.0) -> float | None:
    """
    Expected wait of one who will be served, all agents busy, with `ahead` before them who may give up.

    The mean of the time until `ahead + 1` have left the system's queue while one of them after the
    other is served at rate `per_ms` or gives up at rate `leave_per_ms` each, given that this one stays.

    Args:
        ahead: May be a fraction: the whole steps are summed, the rest is weighted.
        per_ms: Completions per millisecond of all agents together (n x mu); None is returned for 0.
        leave_per_ms: 1 / mean patience; 0 for callers who never give up.

    Source: routing-science 3: sum over j = 0..q of 1 / (n mu + j theta) for one who joins; for one
    who is served in the end the rate grows by one theta, their own: (psi(c+q+2) - psi(c+1)) / theta,
    with c = n mu / theta.
    """
    if per_ms <= 0:
        return None
    whole = int(ahead)
    steps = range(1, whole + 2)
    total = sum(1 / (per_ms + j * leave_per_ms) for j in steps)
    return total + (ahead - whole) / (per_ms + (whole + 2) * leave_per_ms)
