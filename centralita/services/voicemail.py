"""
Messages that callers leave: `voicemail/<box>/<contact>.<random>.wav` in the installation's folder.

The switch writes the file while the caller speaks; it runs as the same user as we do, and the
folder is that user's only. A message counts from the moment it is in the database. What a server
that has died was not told of is found by its file.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import struct
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import structlog

from acd.model import ContactId
from centralita.services.written import Writer
from centralita.store.voicemail import Message, expire_messages, forget_messages, keep_message
from centralita.web.ports import HistoryUnavailableError
from cti.asterisk.recording import keep_if_spoken

_DAY_MS = 86_400_000
IDLE_MS = 15_000
"""A file that nobody has written to for so long is finished."""
TIDY_EVERY_S = 60.0
_SUFFIX = ".wav"
_HEADER = 44
"""Bytes before the sound in a WAV file as the switch writes it: 8000 Hz, mono, 16 bits."""
_BYTES_OF_MS = 16
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_log = structlog.get_logger("voicemail")


class Rows(Protocol):
    """May raise `HistoryUnavailableError`."""

    async def gone(self) -> Sequence[tuple[str, str]]: ...

    async def known(self, ids: Sequence[str]) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Ports:
    rows: Rows
    writer: Writer
    now_ms: Callable[[], int]
    """UTC."""
    arrived: Callable[[Message], Awaitable[None]]
    """Told of a message that has just been stored."""
    keep_days: Callable[[], int]
    """How long a message is kept, heard or not."""


@dataclass(slots=True)
class Taking:
    """The messages of one visit."""

    _home: Voicemail
    _contact: Callable[[], ContactId | None]
    _language: Callable[[], str]
    _paths: list[Path] = field(default_factory=list)

    def where(self, box: str) -> Path:
        """
        The file that the next message goes to; may be called in a thread.

        Raises:
            OSError: None can be taken.
        """
        contact_id = self._contact()
        if contact_id is None:
            raise OSError("no contact")
        path = self._home.fresh(box, contact_id)
        self._paths.append(path)
        return path

    async def done(self) -> None:
        """The visit is over: what was left is stored. Never raises for disk and database."""
        for path in self._paths:
            await self._home.take(path, self._language())


class Voicemail:
    """
    Args:
        folder: Of all messages.
        ports: What it stands on.
    """

    def __init__(self, folder: Path, ports: Ports) -> None:
        self._folder, self._ports = folder, ports
        self._taking: set[Path] = set()

    def taking(self, contact: Callable[[], ContactId | None], language: Callable[[], str]) -> Taking:
        """
        For one visit of a caller.

        Args:
            contact: Who it is, asked when a message is about to be taken.
            language: In which the caller is spoken to, asked at the end.
        """
        return Taking(self, contact, language)

    def fresh(self, box: str, contact_id: ContactId) -> Path:
        """A name for one more message. Raises OSError."""
        if box in ("", ".", "..") or os.sep in box:
            raise OSError("no box")
        folder = self._folder / box
        for each in (self._folder, folder):
            each.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        path = folder / f"{contact_id}.{secrets.token_hex(4)}{_SUFFIX}"
        self._taking.add(path)
        return path

    async def take(self, path: Path, language: str = "") -> Message | None:
        """Store what is in this file, if anything is."""
        try:
            length_ms = await asyncio.to_thread(_message_ms, path)
            return await self._store(path, language, length_ms) if length_ms else None
        except OSError as error:
            _log.warning("voicemail.unreadable", why=type(error).__name__)
            return None
        finally:
            self._taking.discard(path)

    def takes(self, contact_id: ContactId) -> bool:
        """Whether there may be a message of this caller that is not stored yet."""
        return bool(self._not_stored(contact_id))

    async def left(self, contact_id: ContactId) -> bool:
        """Whether there is such a message; asked when nothing is written any more, as the caller is gone."""
        return any([await asyncio.to_thread(_is_message, path) for path in self._not_stored(contact_id)])

    def _not_stored(self, contact_id: ContactId) -> list[Path]:
        return [path for path in self._taking if _contact_of(path) == contact_id]

    def path(self, message: Message) -> Path:
        return self._folder / message.box / f"{message.id}{_SUFFIX}"

    async def keep_tidy(self) -> None:
        """Take what was left behind and delete what is old, again and again, until cancelled."""
        while True:
            await self.tidy()
            await asyncio.sleep(TIDY_EVERY_S)

    async def tidy(self) -> None:
        """Once."""
        with contextlib.suppress(HistoryUnavailableError, TimeoutError, OSError):
            await self._find_left_behind()
            before_ms = self._ports.now_ms() - self._ports.keep_days() * _DAY_MS
            await self._ports.writer.order(partial(expire_messages, before_ms=before_ms))
            await self.remove_gone()

    async def remove_erased(self) -> None:
        """As `remove_gone`; what cannot be done now is done soon."""
        with contextlib.suppress(HistoryUnavailableError, TimeoutError, OSError):
            await self.remove_gone()

    async def remove_gone(self) -> None:
        """
        Delete the files of messages that are deleted, and then forget these.

        Raises:
            HistoryUnavailableError, TimeoutError: The database does not answer.
            OSError: A file could not be deleted; it is tried again.
        """
        gone = await self._ports.rows.gone()
        if not gone:
            return
        paths = [self._folder / box / f"{id_}{_SUFFIX}" for id_, box in gone]
        await asyncio.to_thread(_delete, paths)
        await self._ports.writer.order(partial(forget_messages, ids=[id_ for id_, _ in gone]), erases=True)

    async def _store(self, path: Path, language: str, length_ms: int) -> Message | None:
        id_ = path.name.removesuffix(_SUFFIX)
        contact_id = _contact_of(path)
        message = Message(id_, contact_id, path.parent.name, language, self._ports.now_ms(), length_ms)
        try:
            if not await self._ports.writer.order(partial(keep_message, message=message)):
                return None
        except TimeoutError:
            # It is stored as soon as the database takes anything, or found by its file.
            _log.warning("voicemail.late", contact=contact_id)
        _log.info("voicemail.left", contact=contact_id, box=message.box, length_ms=length_ms)
        await self._ports.arrived(message)
        return message

    async def _find_left_behind(self) -> None:
        found = await asyncio.to_thread(_idle, self._folder, self._ports.now_ms() - IDLE_MS)
        paths = {path.name.removesuffix(_SUFFIX): path for path in found if path not in self._taking}
        known = await self._ports.rows.known(sorted(paths))
        for id_, path in sorted(paths.items()):
            if id_ not in known:
                await self.take(path)


def _contact_of(path: Path) -> ContactId:
    """Whose message is in this file: `<contact>.<random>.wav`."""
    return ContactId(path.stem.rpartition(".")[0])


def _is_message(path: Path) -> bool:
    """Whether this finished file is one."""
    try:
        return _message_ms(path) > 0
    except OSError:
        return False


def _message_ms(path: Path) -> int:
    """Length of the message in this finished file; 0 for none, and then the file goes. Raises OSError."""
    length_ms = _finished(path)
    return length_ms if length_ms > 0 and keep_if_spoken(path) else 0


def _finished(path: Path) -> int:
    """
    Length of the sound, milliseconds; 0 for none, and then the file goes. Raises OSError.

    A recording that was cut off has a header without its length: that is put right.
    """
    if not path.exists():
        return 0
    sound = path.stat().st_size - _HEADER
    if sound < _BYTES_OF_MS:
        path.unlink()
        return 0
    path.chmod(_FILE_MODE)
    with path.open("r+b") as file:
        # RIFF: sizes of what follows, little-endian, at 4 (all) and 40 (the sound).
        for place, size in ((4, sound + _HEADER - 8), (40, sound)):
            file.seek(place)
            if file.read(4) != struct.pack("<I", size):
                file.seek(place)
                file.write(struct.pack("<I", size))
    return sound // _BYTES_OF_MS


def _idle(folder: Path, before_ms: int) -> list[Path]:
    found = folder.glob(f"*/*{_SUFFIX}") if folder.is_dir() else ()
    return sorted(path for path in found if path.stat().st_mtime * 1_000 < before_ms)


def _delete(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
