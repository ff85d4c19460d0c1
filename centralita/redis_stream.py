"""
The numbered events in a Redis Stream, for programs that read there instead of holding a connection to us.

The stream itself says how far it is: the id of an entry is the seq of its event, and each batch is added
only if the newest entry is the one that should precede it. So whatever dies and comes back, with its data
or without, an event is there once, in order. What was missed is read from the log of the last day: nothing
waits in memory, and no call ever notices.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.backoff import EqualJitterBackoff
from redis.exceptions import RedisError, ResponseError, WatchError

from centralita.redis_settings import Settings, SettingsError, client, settings_of
from cti.desktop.envelope import VERSION, Message, decode, encode, moment
from cti.desktop.log import EventLog, Kept, LostError, Reader
from cti.spawn import Spawn

GAP = "stream.gap"
"""Type of the entry that stands for events that are gone: `data.after` < their seq <= `data.up_to`."""
GATHER_S = 0.05
"""For so long events gather before they are sent in one go."""
LOOK_S = 5.0
"""How often an idle stream is looked at: it may have been emptied, or its server have died."""
AGAIN_S = EqualJitterBackoff(cap=15.0, base=0.25)
_POWER_MAX = 16

_log = structlog.get_logger("redis")


@dataclass(frozen=True, slots=True)
class Ports:
    """
    What the stream is fed from.

    log: The events of the last day.
    told: A kept event with what is known of whoever it is about; called only with `Settings.personal`.
    now_ms: UTC milliseconds.
    """

    log: EventLog
    told: Callable[[Kept], bytes]
    now_ms: Callable[[], int]
    spawn: Spawn


class RedisStream:
    """
    Args:
        settings: None for a centre without one: then nothing happens.
        ports: See there.
        problem: Why the settings cannot be used, for the alarms; "" if they can.
    """

    def __init__(self, settings: Settings | None, ports: Ports, *, problem: str = "") -> None:
        self._settings, self._ports, self._problem = settings, ports, problem
        self._woken = asyncio.Event()
        self._failures = 0
        self._error = ""
        self._last = 0
        """Seq of the newest entry that is known to be there."""
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str], ports: Ports) -> RedisStream:
        """As the environment says; what it says wrongly is an alarm, as calls come first."""
        try:
            return cls(settings_of(environ), ports)
        except SettingsError as error:
            _log.error("redis.settings", why=str(error))
            return cls(None, ports, problem=str(error))

    @property
    def personal(self) -> bool:
        """Entries tell who calls: so it has to be known."""
        return self._settings is not None and self._settings.personal

    @property
    def why(self) -> str:
        """What is wrong, in Spanish and English; "" when nothing is."""
        if self._problem or self._settings is None:
            return self._problem
        if self._error:
            return (
                f"Redis: no se pueden entregar los sucesos ({self._error}); se entregan todos cuando vuelva; "
                "las llamadas siguen / Redis: events cannot be delivered; all will be when it is back; "
                "calls go on"
            )
        if self._last > self._ports.log.last:
            return (
                f"Redis: el stream {self._settings.stream} va por delante de este centro, ¿escribe otro en "
                "él? Ponga otro nombre en REDIS_STREAM o borre el stream / Redis: the stream is ahead of "
                "this centre, does another one write to it? Set REDIS_STREAM to another name, or delete it"
            )
        return ""

    def start(self) -> None:
        """Go on where the stream ends."""
        if self._settings is not None:
            self._ports.log.listen(self._woken.set)
            self._task = self._ports.spawn(self._run(self._settings), name="redis stream")

    async def close(self) -> None:
        """What is not yet there is delivered after the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=1)

    async def _run(self, settings: Settings) -> None:
        while True:
            redis = client(settings.url)
            try:
                await self._follow(_Stream(redis, settings))
            except (RedisError, OSError) as error:
                self._fails(error)
            finally:
                await redis.aclose()
            await asyncio.sleep(AGAIN_S.compute(min(self._failures, _POWER_MAX)))

    async def _follow(self, stream: _Stream) -> None:
        """Never returns. Raises RedisError or OSError when Redis, or our disk, does not do its part."""
        reader = await self._reader(stream)
        while True:
            self._woken.clear()
            before = reader.seq
            try:
                events = [self._entry(kept) for kept in await reader.read()]
            except LostError:
                gap = self._gap(before)
                events, reader = [gap], Reader(self._ports.log, gap.seq)
            if events:
                as_expected = await stream.add(before, events)
            else:
                as_expected = await self._idle(stream, before)
            if as_expected:
                self._works(reader.seq)
            else:
                _log.info("redis.elsewhere", expected=before)
                reader = await self._reader(stream)

    async def _reader(self, stream: _Stream) -> Reader:
        self._last = await stream.last()
        return Reader(self._ports.log, self._last)

    async def _idle(self, stream: _Stream, expected: int) -> bool:
        """Wait for something to tell; whether the stream is still as it was left."""
        self._works(expected)
        try:
            await asyncio.wait_for(self._woken.wait(), LOOK_S)
        except TimeoutError:
            return await stream.last() == expected
        await asyncio.sleep(GATHER_S)
        return True

    def _entry(self, kept: Kept) -> _Entry:
        message = self._ports.told(kept) if self.personal else kept.message
        return _Entry(kept.seq, decode(message).type, message)

    def _gap(self, after: int) -> _Entry:
        """Raises OSError: nothing is lost by its age, but it cannot be read."""
        log = self._ports.log
        up_to = log.floor if log.floor > after else log.last
        if up_to <= after:
            raise OSError("no se puede leer events/ (cannot be read)")
        _log.warning("redis.gap", after=after, up_to=up_to)
        data = {"after": after, "up_to": up_to}
        message = Message(up_to, f"gap{up_to}", moment(self._ports.now_ms()), GAP, VERSION, data)
        return _Entry(up_to, GAP, encode(message))

    def _works(self, last: int) -> None:
        if self._failures:
            _log.info("redis.back", failures=self._failures)
        self._failures, self._error, self._last = 0, "", last

    def _fails(self, error: Exception) -> None:
        self._failures += 1
        # redis-py quotes the whole command before this: what an event tells belongs in no alarm.
        text = str(error).rpartition("of pipeline caused error: ")[2].strip("()\"', ")
        self._error = f"{type(error).__name__}: {text}"[:200]
        if self._failures == 1:
            _log.warning("redis.away", why=self._error)


@dataclass(frozen=True, slots=True)
class _Entry:
    seq: int
    type: str
    message: bytes


class _Stream:
    """The key in Redis."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis, self._settings = redis, settings

    async def last(self) -> int:
        """Seq of the newest entry, also if it has been deleted since; 0 if there was none."""
        return await _last(self._redis, self._settings.stream)

    async def add(self, before: int, entries: Sequence[_Entry]) -> bool:
        """
        Add all of these or none.

        Args:
            before: Seq of the entry that should be the newest until now.
            entries: Later ones, in order.

        Returns:
            False if it is not: somebody has emptied the stream, or it is older than it was, or not ours.
        """
        settings = self._settings
        async with self._redis.pipeline() as pipe:
            await pipe.watch(settings.stream)
            if await _last(pipe, settings.stream) != before:
                return False
            pipe.multi()  # type: ignore[no-untyped-call]
            for entry in entries:
                pipe.xadd(
                    settings.stream,
                    {"seq": entry.seq, "type": entry.type, "data": entry.message},
                    id=f"{entry.seq}-0",
                    maxlen=settings.maxlen or None,
                )
            try:
                await pipe.execute()
            except WatchError:
                return False
        return True


async def _last(redis: Redis | Pipeline, stream: str) -> int:
    try:
        found = await redis.xinfo_stream(stream)
    except ResponseError as error:
        if "no such key" in str(error):
            return 0
        raise
    return int(found["last-generated-id"].partition(b"-")[0])
