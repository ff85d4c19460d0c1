"""
The process in which speech is recognised: native code that must never take a call down.

Started with a JSON object as its argument (see `WorkerOrders`); speaks `asr.wire` on
standard input and output. Languages are loaded one after the other and reported
as they are. Ends with its input, so it does not outlive the server however that dies.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from asr.endpoint import EndpointSettings
from asr.listener import Listener, Threads
from asr.model_folders import ModelFolderError, inspect
from asr.recognizers import Engine
from asr.wire import (
    Check,
    Close,
    Decoder,
    Failed,
    Message,
    Missing,
    Open,
    Ready,
    Sound,
    Unready,
    WireError,
    encode,
)

_READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """
    Who hears a language.

    engine: "vosk" or "whisper".
    folder: Of its model.
    high_band: Vosk: add a whisper of noise above the telephone's band, see `asr.upsample.HighBand`.
    """

    language: str
    engine: str
    folder: str
    high_band: bool = True


@dataclass(frozen=True, slots=True)
class WorkerOrders:
    """
    What a worker is told at its start.

    models: One for each language.
    threads: Utterances worked on at a time.
    niceness: 0 to 19: how far everything else on the machine comes first.
    """

    models: tuple[LanguageModel, ...]
    endpoint: EndpointSettings
    threads: int
    niceness: int

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> WorkerOrders:
        got = json.loads(text)
        models = tuple(LanguageModel(**model) for model in got["models"])
        return cls(models, EndpointSettings(**got["endpoint"]), got["threads"], got["niceness"])


class _Worker:
    def __init__(self, orders: WorkerOrders, out: int) -> None:
        self._orders = orders
        self._out = out
        self._out_lock = threading.Lock()
        self._engines: dict[str, Engine] = {}
        self._hearings: dict[int, Listener] = {}
        self._threads = Threads(ThreadPoolExecutor(1), ThreadPoolExecutor(orders.threads))
        self._spare = ThreadPoolExecutor(1)

    def run(self, source: int) -> None:
        """Until the input ends."""
        self._spare.submit(self._load)
        decoder = Decoder()
        while data := os.read(source, _READ_BYTES):
            for message in decoder.feed(data):
                self._handle(message)

    def send(self, message: Message) -> None:
        """From any thread. Whoever should read it may be gone: then so are we, soon."""
        left = memoryview(encode(message))
        with self._out_lock:
            while left:
                left = left[os.write(self._out, left) :]

    def _load(self) -> None:
        for model in self._orders.models:
            try:
                engine = _engine(model, self._orders.threads)
            except Exception as error:
                # Native bindings raise just that; the other languages go on.
                self.send(Unready(model.language, _why(error)))
                continue
            self._engines[model.language] = engine
            self.send(Ready(model.language, engine.cheap))

    def _handle(self, message: Message) -> None:
        match message:
            case Sound(hearing, pcm):
                if hearing in self._hearings:
                    self._hearings[hearing].feed(pcm)
            case Open():
                self._open(message)
            case Close(hearing):
                if hearing in self._hearings:
                    self._hearings.pop(hearing).close()
            case Check(hearing, language, phrases):
                self._spare.submit(self._check, hearing, language, phrases)

    def _open(self, order: Open) -> None:
        engine = self._engines.get(order.wish.language)
        if engine is None:
            self.send(Failed(order.hearing, f"no model for {order.wish.language}"))
            return
        self._hearings[order.hearing] = Listener(
            order.hearing, order.wish, engine, self._orders.endpoint, self._threads, self.send
        )

    def _check(self, hearing: int, language: str, phrases: tuple[str, ...]) -> None:
        engine = self._engines.get(language)
        self.send(Missing(hearing, engine.missing(phrases) if engine is not None else ()))


def _why(error: Exception) -> str:
    known = isinstance(error, ModelFolderError)
    return str(error) if known else f"{type(error).__name__}: {error}"


def _engine(model: LanguageModel, threads: int) -> Engine:
    # Said in our words, and before a library takes a wrong path for something to be downloaded.
    inspect(Path(model.folder))
    # Each engine is heavy, and one of them may not be installed.
    if model.engine == "whisper":
        from asr.whisper_engine import WhisperEngine  # noqa: PLC0415

        return WhisperEngine(Path(model.folder), model.language, threads=threads)
    from asr.vosk_engine import VoskEngine  # noqa: PLC0415

    return VoskEngine(Path(model.folder), high_band=model.high_band)


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """
    What a worker is started with.

    Threads are ours to share out: libraries that start more of them get in each other's way. And nothing
    is ever downloaded by a library: models come from where the administrator said.
    """
    home = str(Path(__file__).parents[1])
    paths = filter(None, (home, environ.get("PYTHONPATH")))
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**environ, **one, "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(paths)}


def main(orders: str) -> int:
    # Native libraries may print: whatever they say must not get between our messages.
    out = os.dup(1)
    os.dup2(2, 1)
    told = WorkerOrders.from_json(orders)
    os.nice(told.niceness)
    try:
        _Worker(told, out).run(sys.stdin.fileno())
    except (WireError, BrokenPipeError):
        return 1
    return 0


if __name__ == "__main__":
    status = main(sys.argv[1])
    # Threads may be in the middle of a second of native work that nobody waits for.
    os._exit(status)
