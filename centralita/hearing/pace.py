"""When the next 20 ms of sound are due: Asterisk passes on at once what it is given, so we keep the time."""

from __future__ import annotations

FRAME_S = 0.02
CATCH_UP_FRAMES = 3
"""So many frames may be sent late, together: a telephone's jitter buffer takes them in."""


class Pace:
    """
    A frame every 20 ms by an absolute schedule, so that small delays do not add up.

    After a longer delay the schedule moves on instead: the sound pauses, and does not
    come in a burst that a telephone would throw away.

    Args:
        now_s: When the first frame is due, by the loop's clock.
    """

    def __init__(self, now_s: float) -> None:
        self.next_s = now_s
        """When the next frame is due."""
        self.slipped_s = 0.0
        """By how much the schedule has moved so far."""

    def due(self, now_s: float) -> int:
        """How many frames are to be sent now: 0 to `CATCH_UP_FRAMES` and one."""
        late_s = now_s - self.next_s
        if late_s < 0:
            return 0
        if late_s > CATCH_UP_FRAMES * FRAME_S:
            slip_s = late_s - CATCH_UP_FRAMES * FRAME_S
            self.next_s += slip_s
            self.slipped_s += slip_s
        # A hair more, or rounding would send the last frame due a tick later.
        count = int((now_s - self.next_s) / FRAME_S + 1e-6) + 1
        self.next_s += count * FRAME_S
        return count
