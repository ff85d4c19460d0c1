"""Passwords as argon2id (RFC 9106), beside the loop: one at a time, so that no crowd takes the processors."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

WAITING_MAX = 16
"""Passwords that may wait to be checked; more than that are turned away."""


class TooBusyError(RuntimeError):
    """Too many passwords are being checked."""


class Hasher:
    """
    Args:
        memory_kib: Memory of one hash.
        time_cost: Passes over it.

    The defaults are OWASP's for argon2id: 19 MiB, two passes, one lane.
    """

    def __init__(self, *, memory_kib: int = 19_456, time_cost: int = 2) -> None:
        self._hasher = PasswordHasher(
            time_cost=time_cost, memory_cost=memory_kib, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._thread = ThreadPoolExecutor(1, "passwords")
        self._waiting = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """Raises TooBusyError."""
        return str(await self._beside(self._hasher.hash, password))

    async def fits(self, known: str | None, password: str) -> bool:
        """
        Whether a password is the one that `known` was made of.

        Args:
            known: None or empty when there is none: takes the same time, and is false.
            password: As given.

        Raises:
            TooBusyError: Ask again later.
        """
        if self._nobody is None:
            self._nobody = str(await self._beside(self._hasher.hash, "nobody's password"))
        fits = bool(await self._beside(self._verified, known or self._nobody, password))
        return fits and bool(known)

    def outdated(self, known: str) -> bool:
        """Whether it was made with other costs than today's."""
        return self._hasher.check_needs_rehash(known)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _verified(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _beside(self, work: object, *args: str) -> object:
        if self._waiting >= WAITING_MAX:
            raise TooBusyError
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, work, *args)  # type: ignore[arg-type]
        finally:
            self._waiting -= 1
