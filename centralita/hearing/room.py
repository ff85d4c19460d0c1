"""What all conversations of this server share: recognizers, audio port, sounds and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from asr.ports import Ears
from centralita.hearing.exchange import Exchange
from centralita.hearing.shelf import Shelf
from cti.asterisk.audiosocket.server import AudioServer

LONGEST_SPEECH_MS = 10_000
ANSWER_SLACK_MS = 3_000
"""Beyond the longest speech: a recognizer that needs more is as good as dead."""


@dataclass(frozen=True, slots=True)
class Manner:
    """What can be set about listening."""

    longest_ms: int = LONGEST_SPEECH_MS
    """Of one answer; the recognizers end it then, `speech.longest`."""


class Room:
    """
    Args:
        ears: All recognizers of this server.
        manner: What the configuration says; may be replaced while calls go on.
    """

    def __init__(self, ears: Ears, manner: Manner | None = None) -> None:
        self.ears = ears
        self.manner = manner or Manner()
        self.server = AudioServer()
        self.shelf = Shelf()
        self.counts: Counter[str] = Counter()
        """See `figures`."""
        self.open = 0

    async def start(self) -> None:
        """
        Open the port that Asterisk brings the sound to.

        Raises:
            OSError: There is none.
        """
        await self.server.start()

    async def close(self) -> None:
        """End all conversations; the calls go on."""
        await self.server.close()

    def figures(self) -> Mapping[str, int]:
        """
        Counters since the start, and how many conversations are open now.

        `listens` is the sum of `heard`, `key`, `silence`, `gone` and all `deaf_…` (by reason: that of
        `NoEars`, or `sound`, `switch`, `worker`, `late`), except for those that are open or were cancelled;
        `asked_by_keys` counts who would have been asked by voice, had somebody been free to listen;
        `barge_in_voice` and `barge_in_key` say how often a sound was cut short, `echoes` in how many
        questions it came back from the caller's telephone; `slipped_ms` for how long sounds stood still
        because this server was late.
        """
        return {
            **{name: self.counts[name] for name in _ALWAYS},
            **{name: count for name, count in sorted(self.counts.items()) if name not in _ALWAYS},
            **{f"audio_{name}": count for name, count in sorted(self.server.counts.items())},
            "open": self.open,
        }

    def count(self, exchange: Exchange) -> None:
        """What one conversation has been like."""
        if exchange.barged_in is not None:
            self.counts[f"barge_in_{exchange.barged_in.value}"] += 1
        self.counts["slipped_ms"] += round(exchange.slipped_s * 1000)


_ALWAYS = (
    *("listens", "heard", "key", "silence", "gone"),
    *("asked_by_keys", "barge_in_voice", "barge_in_key", "echoes", "slipped_ms"),
)
