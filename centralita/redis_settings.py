"""Where the Redis Stream is and what goes there, from the environment: a URL may hold a password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

STREAM = "centralita:events"
MAXLEN = 100_000
CONNECT_S = 3.0
ANSWER_S = 5.0
"""A Redis that does not answer for so long is taken for dead."""


class SettingsError(ValueError):
    """A variable of the environment cannot be meant; the message says which and how to mend it, es / en."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Where to, from the environment.

    url: As redis-py reads it: `redis://`, `rediss://` (TLS) or `unix://`. May hold a password.
    stream: The key.
    maxlen: About so many entries are kept, never fewer; 0 keeps all.
    personal: Whether entries tell names and numbers.
    """

    url: str
    stream: str = STREAM
    maxlen: int = MAXLEN
    personal: bool = False


def settings_of(environ: Mapping[str, str]) -> Settings | None:
    """
    REDIS_URL, REDIS_STREAM, REDIS_STREAM_MAXLEN and REDIS_PERSONAL; None if no stream is wanted.

    Raises:
        SettingsError: See there.
    """
    url = environ.get("REDIS_URL", "").strip()
    if not url:
        return None
    try:
        client(url)
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"REDIS_URL no vale ({error}): escriba redis://SERVIDOR:6379/0 / "
            "REDIS_URL is not valid: write redis://HOST:6379/0"
        ) from error
    return Settings(
        url,
        environ.get("REDIS_STREAM", "") or STREAM,
        _number(environ, "REDIS_STREAM_MAXLEN", MAXLEN),
        _yes(environ, "REDIS_PERSONAL"),
    )


def client(url: str) -> Redis:
    """One that does not try again by itself. Raises ValueError or TypeError for a URL that says nothing."""
    # Protocol 2 is what every Redis and Valkey speaks; trying again is `RedisStream`'s affair.
    return Redis.from_url(
        url,
        protocol=2,
        client_name="centralita",
        max_connections=2,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        retry=Retry(NoBackoff(), 0),
    )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit()):
        raise SettingsError(
            f"{name} no vale ({text}): escriba un número entero, 0 para no quitar nada / "
            f"{name} is not valid: write a whole number, 0 to keep everything"
        )
    return int(text)


def _yes(environ: Mapping[str, str], name: str) -> bool:
    text = environ.get(name, "").strip().lower()
    if text in ("", "no", "0", "false"):
        return False
    if text in ("yes", "1", "true", "sí", "si"):
        return True
    raise SettingsError(f"{name} no vale ({text}): escriba yes o no / {name} is not valid: write yes or no")
