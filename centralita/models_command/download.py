"""
Fetches a model from the address that an administrator gives. Nothing is ever fetched otherwise.

What has come is kept, so that the next try goes on from there: resuming as RFC 9110, 14.2 and 13.1.5 say.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import shutil
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from centralita.install.progress import Meter
from centralita.models_command.errors import ModelError, failure
from centralita.models_command.unpack import SIZE_MAX

TIMEOUT_S = 60.0
"""Without a byte."""
TRIES = 5
"""In a row that bring nothing."""
PAUSE_S = 2.0
_BLOCK = 1 << 18
_SPARE = 200 << 20
"""Bytes that a disk keeps free."""
_ERRORS = (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError)


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    Args:
        url: http or https.
        sha256: In hexadecimal digits; empty: it is not checked.
    """

    url: str
    sha256: str = ""


@dataclass(slots=True)
class _Kept:
    """What has come of an address so far."""

    part: Path
    facts: Path

    def size(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def mark(self) -> str:
        """By which the sender knows whether it is still the same file; empty: it cannot tell."""
        try:
            return str(json.loads(self.facts.read_text(encoding="utf-8"))["mark"])
        except (OSError, ValueError, KeyError):
            return ""

    def begin(self, mark: str) -> None:
        self.part.unlink(missing_ok=True)
        self.facts.write_text(json.dumps({"mark": mark}), encoding="utf-8")

    def drop(self) -> None:
        self.part.unlink(missing_ok=True)
        self.facts.unlink(missing_ok=True)


def file_name(url: str) -> str:
    """What the address calls it."""
    return Path(unquote(urlsplit(url).path)).name


def download(
    wanted: Wanted, folder: Path, say: Any, *, pause_s: float = PAUSE_S, timeout_s: float = TIMEOUT_S
) -> Path:
    """
    Fetch, going on from what an earlier try has left.

    Args:
        wanted: What.
        folder: Where it is kept until it is complete; made at need.
        say: For the person at the terminal.
        pause_s: Between two tries.
        timeout_s: See `TIMEOUT_S`.

    Returns:
        The complete file. Whoever has unpacked it deletes it.

    Raises:
        ModelError: It cannot be had, or is not what was expected.
        OSError: The disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(wanted.url.encode()).hexdigest()[:16]
    kept = _Kept(folder / f"{name}.part", folder / f"{name}.json")
    failed, why = 0, ""
    while failed < TRIES:
        before = kept.size()
        try:
            if _fetch(wanted.url, kept, say, timeout_s):
                return _checked(wanted, kept)
        except urllib.error.HTTPError as error:
            raise _refused(wanted.url, error) from error
        except _ERRORS as error:
            why = str(getattr(error, "reason", "") or error) or type(error).__name__
        failed = 0 if kept.size() > before else failed + 1
        if failed < TRIES:
            time.sleep(pause_s)
    came = f"{kept.size() / 1e6:.0f} MB"
    raise failure(
        f"la descarga se corta ({why or 'incompleta'}), hay {came}: repita la orden y seguirá desde ahí",
        "the download breaks off: give the same command again, it goes on from there",
    )


def _fetch(url: str, kept: _Kept, say: Any, timeout_s: float) -> bool:
    """One try; whether it is complete."""
    request = urllib.request.Request(url, headers={"User-Agent": "centralita"})  # noqa: S310 - see _opener
    have, mark = kept.size(), kept.mark()
    if have and mark:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", mark)
    with _opener().open(request, timeout=timeout_s) as answer:
        goes_on = answer.status == 206 and _starts_at(answer.headers, have)
        if not goes_on:
            if answer.status != 200:
                kept.drop()
                return False
            have = 0
            kept.begin(_mark(answer.headers))
        length = answer.headers.get("Content-Length")
        total = None if length is None else have + int(length)
        _room(kept.part.parent, total, have)
        return _receive(answer, kept, have, total, say)


def _receive(answer: IO[bytes], kept: _Kept, have: int, total: int | None, say: Any) -> bool:
    label = "descarga / download"
    with Meter(say, label, float(total or SIZE_MAX)) as meter, kept.part.open("ab") as out:
        while block := answer.read(_BLOCK):
            have += len(block)
            if have > SIZE_MAX:
                kept.drop()
                raise failure("la descarga es demasiado grande", "the download is too large")
            out.write(block)
            meter.at(float(have), f"{have / 1e6:.0f} MB")
    return total is None or have == total


def _checked(wanted: Wanted, kept: _Kept) -> Path:
    if wanted.sha256:
        with kept.part.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != wanted.sha256.lower():
            kept.drop()
            raise failure(
                f"lo descargado no es lo esperado: su SHA-256 es {found}; compruebe la dirección y la suma",
                "what came is not what was expected: check the address and the sum",
            )
    kept.facts.unlink(missing_ok=True)
    return kept.part


def _room(folder: Path, total: int | None, have: int) -> None:
    free = shutil.disk_usage(folder).free
    if total is not None and total - have > free - _SPARE:
        raise failure(
            f"no cabe: faltan {(total - have) / 1e6:.0f} MB y hay {free / 1e6:.0f} MB libres en {folder}",
            "there is not enough room on the disk",
        )


def _mark(headers: Message) -> str:
    """A strong validator; a weak one does not promise the same bytes."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else headers.get("Last-Modified", "")


def _starts_at(headers: Message, have: int) -> bool:
    return headers.get("Content-Range", "").startswith(f"bytes {have}-")


def _refused(url: str, error: urllib.error.HTTPError) -> ModelError:
    return failure(
        f"{urlsplit(url).netloc} responde {error.code} ({error.reason}): compruebe la dirección",
        "the other side refuses: check the address",
    )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to where nobody can listen in, if it began there."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme not in ("http", "https") or (req.type == "https" and scheme != "https"):
            raise urllib.error.HTTPError(newurl, code, f"{msg}: {scheme}", headers, fp)
        found = super().redirect_request(req, fp, code, msg, headers, newurl)
        if found is not None:
            found.headers.update(req.headers)
        return found


def _opener() -> urllib.request.OpenerDirector:
    """Speaks http and https, and nothing that reads files of this machine."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener
