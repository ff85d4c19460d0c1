"""Waiting without sleeping: ask again until it is so, or say what it was instead."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(
    predicate: Callable[[], Awaitable[T]], within_s: float, what: str = "", *, every_s: float = 0.02
) -> T: ...


@overload
async def eventually(
    predicate: Callable[[], T], within_s: float, what: str = "", *, every_s: float = 0.02
) -> T: ...


async def eventually(
    predicate: Callable[[], T | Awaitable[T]],
    within_s: float,
    what: str = "",
    *,
    every_s: float = 0.02,
) -> T:
    """
    The first truthy answer of `predicate`.

    Args:
        predicate: Asked at once and then every `every_s` seconds. It may be
            async. An AssertionError in it counts as "not yet".
        within_s: It is asked one last time when this has passed.
        what: What should become so, for the message.

    Raises:
        AssertionError: It did not become so. The message holds the last answer.
    """
    began_s = time.monotonic()
    asked = 0
    while True:
        last_chance = time.monotonic() - began_s >= within_s
        asked += 1
        try:
            answer = predicate()
            value: T = await answer if inspect.isawaitable(answer) else answer
            if value:
                return value
            seen = repr(value)
        except AssertionError as not_yet:
            seen = f"AssertionError({not_yet})"
        if last_chance:
            name = what or getattr(predicate, "__name__", repr(predicate))
            raise AssertionError(f"not within {within_s:g} s: {name}; last answer of {asked}: {seen[:2000]}")
        await asyncio.sleep(every_s)
