"""Downloads over lines that break, from servers of every kind."""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from centralita.models_command.download import TRIES, Wanted, download, file_name
from centralita.models_command.errors import ModelError

pytestmark = pytest.mark.unit

DATA = bytes(range(256)) * 8_000
SHA256 = hashlib.sha256(DATA).hexdigest()


class Sender(ThreadingHTTPServer):
    """Sends DATA, as far as it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.breaks = 0
        """So many answers end in the middle."""
        self.answers = -1
        """After so many it hangs up without a word; below 0: never."""
        self.takes_ranges = True
        self.etag = '"one"'
        self.status = 200
        self.to = ""
        self.says_length = True
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/models/vosk-model-small-es.zip?x=1"


class Handler(BaseHTTPRequestHandler):
    server: Sender
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server = self.server
        if server.answers == 0:
            server.asked.append("nothing")
            self.close_connection = True
            return
        server.answers -= 1
        server.asked.append(self.headers.get("Range", ""))
        if server.status != 200:
            self.send_response(server.status)
            if server.to:
                self.send_header("Location", server.to)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = self._start()
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(DATA) - 1}/{len(DATA)}")
        if server.etag:
            self.send_header("ETag", server.etag)
        if server.says_length:
            self.send_header("Content-Length", str(len(DATA) - start))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        data = DATA[start:]
        if server.breaks:
            server.breaks -= 1
            data = data[: len(data) // 2]
        with contextlib.suppress(OSError):
            self.wfile.write(data)

    def _start(self) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range") == self.server.etag
        return int(found[1]) if found and same and self.server.takes_ranges else 0


@contextlib.contextmanager
def sending() -> Iterator[Sender]:
    found = Sender()
    thread = threading.Thread(target=found.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield found
    finally:
        found.shutdown()
        found.server_close()
        thread.join()


@pytest.fixture
def sender() -> Iterator[Sender]:
    with sending() as found:
        yield found


def fetch(sender: Sender, folder: Path, sha256: str = "", said: list[str] | None = None) -> Path:
    say = [].append if said is None else said.append
    return download(Wanted(sender.url, sha256), folder, say, pause_s=0.0, timeout_s=5.0)


def test_a_download_arrives_whole(sender: Sender, tmp_path: Path) -> None:
    """And says that it is under way."""
    said: list[str] = []

    file = fetch(sender, tmp_path, SHA256, said)

    assert file.read_bytes() == DATA
    assert any("download" in line for line in said)


def test_a_line_that_breaks_is_taken_up_where_it_broke(sender: Sender, tmp_path: Path) -> None:
    """Again and again, as long as something comes; nothing is fetched twice."""
    sender.breaks = 3

    assert fetch(sender, tmp_path, SHA256).read_bytes() == DATA

    half = len(DATA) // 2
    assert sender.asked[:3] == ["", f"bytes={half}-", f"bytes={half + half // 2}-"]
    assert len(sender.asked) == 4


def test_another_run_goes_on_where_the_last_one_gave_up(sender: Sender, tmp_path: Path) -> None:
    """After a clean failure that says so."""
    with pytest.raises(ModelError, match="repita la orden"):
        broken_for_good(sender, tmp_path)
    sender.answers = -1

    assert fetch(sender, tmp_path, SHA256).read_bytes() == DATA
    assert sender.asked[-1] == f"bytes={len(DATA) // 2}-"


def broken_for_good(sender: Sender, folder: Path) -> None:
    """Half of it comes; after that the other side hangs up without a word."""
    sender.breaks, sender.answers = 1, 1
    fetch(sender, folder)


def test_a_side_that_never_answers_is_given_up(sender: Sender, tmp_path: Path) -> None:
    """After `TRIES` that brought nothing."""
    with pytest.raises(ModelError, match="repita la orden"):
        broken_for_good(sender, tmp_path)

    assert sender.asked.count("nothing") == TRIES


def test_a_server_without_ranges_begins_anew(sender: Sender, tmp_path: Path) -> None:
    """The result is right, whatever it costs."""
    sender.takes_ranges = False
    sender.breaks = 1

    assert fetch(sender, tmp_path, SHA256).read_bytes() == DATA


def test_a_file_that_has_changed_meanwhile_is_not_mixed_with_the_old_one(
    sender: Sender, tmp_path: Path
) -> None:
    """The mark of the first half is not that of the second: it begins anew."""
    with pytest.raises(ModelError, match="repita la orden"):
        broken_for_good(sender, tmp_path)
    sender.answers, sender.etag = -1, '"two"'

    assert fetch(sender, tmp_path, SHA256).read_bytes() == DATA


@pytest.mark.parametrize("etag", ["", 'W/"weak"'])
def test_without_a_mark_that_can_be_relied_on_it_begins_anew(
    sender: Sender, tmp_path: Path, etag: str
) -> None:
    """Half of one file and half of another would be neither."""
    sender.etag = etag
    sender.breaks = 1

    assert fetch(sender, tmp_path, SHA256).read_bytes() == DATA
    assert sender.asked == ["", ""]


def test_a_length_that_is_not_said_is_no_fault(sender: Sender, tmp_path: Path) -> None:
    """The end of the connection is the end of the file then; the sum tells whether it is whole."""
    sender.says_length = False

    assert fetch(sender, tmp_path, SHA256).read_bytes() == DATA


def test_the_wrong_file_is_thrown_away(sender: Sender, tmp_path: Path) -> None:
    """Its sum is told; the next try does not go on from it."""
    with pytest.raises(ModelError, match=SHA256):
        fetch(sender, tmp_path, "0" * 64)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [403, 404, 500])
def test_what_the_other_side_refuses_is_told(sender: Sender, tmp_path: Path, status: int) -> None:
    """At once, with its number."""
    sender.status = status

    with pytest.raises(ModelError, match=str(status)):
        fetch(sender, tmp_path)

    assert len(sender.asked) == 1


def test_a_redirection_is_followed(sender: Sender, tmp_path: Path) -> None:
    """Most sites keep large files elsewhere."""
    with sending() as other:
        sender.status, sender.to = 302, other.url
        assert fetch(sender, tmp_path, SHA256).read_bytes() == DATA


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirection_to_a_file_of_this_machine_is_not(sender: Sender, tmp_path: Path, to: str) -> None:
    """Nor to anything but the web."""
    sender.status, sender.to = 302, to

    with pytest.raises(ModelError):
        fetch(sender, tmp_path)

    assert not any(file.suffix == ".part" for file in tmp_path.iterdir())


def test_nobody_there(tmp_path: Path) -> None:
    """No line to anywhere: said plainly."""
    with pytest.raises(ModelError, match="se corta"):
        download(Wanted("http://127.0.0.1:1/x.zip"), tmp_path, [].append, pause_s=0.0, timeout_s=1.0)


def test_what_an_address_calls_its_file() -> None:
    """Without the question behind it."""
    assert file_name("https://example.org/a/vosk-model-small-es-0.42.zip?download=1") == (
        "vosk-model-small-es-0.42.zip"
    )
