"""
A recognition worker that recognises nothing: it does to its server what a real one may do.

Started in place of `asr.recognition_worker`; the `folder` of each model says how it behaves.
"""

from __future__ import annotations

import os
import sys

from asr.recognition_worker import WorkerOrders
from asr.wire import (
    Began,
    Check,
    Decided,
    Decoder,
    Ended,
    Message,
    Missing,
    Open,
    Ready,
    Sound,
    Taken,
    Understood,
    Unready,
    encode,
)

UTTERANCE_BYTES = 3_200


class _Fake:
    def __init__(self, orders: WorkerOrders) -> None:
        self._behaviour = {model.language: model.folder for model in orders.models}
        self._wishes: dict[int, Open] = {}
        self._heard: dict[int, int] = {}

    def begin(self) -> None:
        for language, behaviour in self._behaviour.items():
            if behaviour == "crashes":
                sys.exit(1)
            if behaviour != "loads":
                broken = behaviour == "broken"
                _send(
                    Unready(language, "no es un modelo") if broken else Ready(language, behaviour != "costly")
                )

    def told(self, message: Message) -> None:
        match message:
            case Open(hearing):
                self._wishes[hearing], self._heard[hearing] = message, 0
            case Sound(hearing, pcm):
                self._sound(hearing, pcm)
            case Check(hearing, language, phrases):
                if "stuck" not in self._behaviour.values():
                    words = " ".join(phrases).split()
                    _send(Missing(hearing, tuple(word for word in words if word.startswith("x"))))
                del language

    def _sound(self, hearing: int, pcm: bytes) -> None:
        open_ = self._wishes[hearing]
        behaviour = self._behaviour[open_.wish.language]
        if behaviour == "dies":
            os.abort()
        elif behaviour == "mad":
            os.write(1, b"\xff" * 64)
        elif behaviour in {"good", "costly", "undecided"}:
            self._work(hearing, pcm, decides=behaviour != "undecided")

    def _work(self, hearing: int, pcm: bytes, *, decides: bool) -> None:
        before, after = self._heard[hearing], self._heard[hearing] + len(pcm)
        self._heard[hearing] = after
        if before == 0:
            _send(Began(hearing))
            _send(Understood(hearing, "algo"))
        _send(Taken(hearing, after // 16))
        if before < UTTERANCE_BYTES <= after:
            _send(Ended(hearing, after // 16 - 50))
            if decides:
                said = (*self._wishes[hearing].wish.phrases, "algo")[0]
                _send(Decided(hearing, said, 0.9, "fake", after // 16 - 50))


def _send(message: Message) -> None:
    os.write(1, encode(message))


def main() -> None:
    fake = _Fake(WorkerOrders.from_json(sys.argv[1]))
    fake.begin()
    decoder = Decoder()
    while data := os.read(0, 1 << 16):
        for message in decoder.feed(data):
            fake.told(message)


if __name__ == "__main__":
    main()
