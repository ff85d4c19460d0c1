"""
A telephone of our own, for what others cannot tell: exact moments, and what stands in a message.

SIP over UDP and RTP in G.711 mu-law, one call at a time, nothing resent: for
loopback and for namespaces, where no packet is lost. Moments are nanoseconds
since 1970 as the kernel stamped the packet (socket(7), SO_TIMESTAMPNS), so
they do not depend on how busy this process is.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import secrets
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

SO_TIMESTAMPNS = 35
_TIMESPEC = struct.Struct("qq")
_FRAME_S = 0.02
_FRAME_BYTES = 160
_PARAMETER = re.compile(r'(\w+)="?([^",]*)"?')
_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class SipMessage:
    """A request or a response (RFC 3261, section 7)."""

    at_ns: int
    first: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @classmethod
    def parse(cls, data: bytes, at_ns: int) -> SipMessage:
        head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(
            at_ns, first, tuple((name.strip().lower(), value.strip()) for name, _, value in pairs), body
        )

    @property
    def method(self) -> str:
        """Empty for a response."""
        return "" if self.first.startswith("SIP/") else self.first.split(" ")[0]

    @property
    def status(self) -> int:
        """0 for a request."""
        return int(self.first.split(" ")[1]) if self.first.startswith("SIP/") else 0

    def get(self, name: str) -> str:
        return next((value for known, value in self.headers if known == name.lower()), "")

    def every(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known == name.lower()]

    @property
    def media(self) -> tuple[str, int]:
        """Where the other side wants its audio: address and port of the SDP (RFC 8866)."""
        address = re.search(r"^c=IN IP4 (\S+)", self.body, re.MULTILINE)
        port = re.search(r"^m=audio (\d+)", self.body, re.MULTILINE)
        assert address is not None and port is not None, f"no audio in {self.body!r}"
        return address[1], int(port[1])


class StampedSocket:
    """A UDP socket whose packets come with the moment at which the kernel received them."""

    def __init__(self, address: str, took: Callable[[bytes, int], None]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setblocking(False)
        self._socket.bind((address, 0))
        self._took = took
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def send(self, data: bytes, to: tuple[str, int]) -> None:
        self._socket.sendto(data, to)

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        # A port that the far side has closed says so here.
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                data, ancillary, _, _ = self._socket.recvmsg(65_536, 128)
                self._took(data, stamp_ns(ancillary))


def stamp_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    """The kernel's moment of reception; now, if it gave none."""
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack(data[: _TIMESPEC.size])
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()


@dataclass(slots=True)
class Talk:
    """One call as this telephone saw it; moments are UTC nanoseconds, 0 for never."""

    call_id: str
    invited_ns: int = 0
    """INVITE sent, or received."""
    answered_ns: int = 0
    """200 sent, or received."""
    ended_ns: int = 0
    heard_ns: dict[int, int] = field(default_factory=dict)
    """Voice (see `Telephone.voice`) -> first packet that was nothing else."""
    invite: SipMessage | None = None
    """As received."""
    answer: SipMessage | None = None
    remote: str = ""
    """URI for requests of this dialog."""
    ours: str = ""
    theirs: str = ""
    """From and To of this dialog, as we send them."""


class Telephone:
    """
    One identity at one switch.

    Args:
        user: User part of From; also the account, when there is a password.
        switch: Address and port.
        address: Of this telephone.
        password: Empty: a challenge is the end of a request.
        domain: Host part of From when it dials; empty for the switch.
        voice: Every byte of the audio it sends, so that its packets can be told from all others.
    """

    def __init__(
        self,
        user: str,
        switch: tuple[str, int],
        *,
        address: str = "127.0.0.1",
        password: str = "",
        domain: str = "",
        voice: int = 0x2A,
    ) -> None:
        self.user, self.voice = user, voice
        self._switch, self._address, self._password = switch, address, password
        self._domain = domain or switch[0]
        self._sip = StampedSocket(address, self._took)
        self._rtp = StampedSocket(address, self._heard)
        self._answers: dict[str, asyncio.Queue[SipMessage]] = {}
        self._far_audio: tuple[str, int] | None = None
        self._sequence = 0
        self._frame: asyncio.TimerHandle | None = None
        self.talk: Talk | None = None
        self.calls: asyncio.Queue[Talk] = asyncio.Queue()
        """Calls received, answered at once."""
        self.picks_up = True
        """Answers every call at once; else it only rings, until it is hung up on."""
        self.notified: list[SipMessage] = []
        """NOTIFYs received."""
        self.on_voice: Callable[[int, int], None] = lambda _voice, _at_ns: None
        """Told of every audio packet: its one byte (-1 for a mixture) and the moment."""

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self._address}:{self._sip.port}>"

    async def register(self, expires_s: int = 300) -> int:
        """Returns the status of the last answer."""
        target = f"sip:{self._switch[0]}:{self._switch[1]}"
        identity = f"<sip:{self.user}@{self._switch[0]}>"
        extra = [("Contact", self.contact), ("Expires", str(expires_s))]
        answer, _ = await self._ask("REGISTER", target, (identity, identity), secrets.token_hex(8), extra, "")
        return answer.status

    async def dial(self, number: str, extra: tuple[tuple[str, str], ...] = (), *, to: str = "") -> SipMessage:
        """
        Dial; returns the final answer. When it is 200, `talk` is the call and audio flows.

        Args:
            number: User part of the address that is called.
            extra: More headers.
            to: User part of To; empty for the number.
        """
        target = f"sip:{number}@{self._switch[0]}:{self._switch[1]}"
        ours = f"<sip:{self.user}@{self._domain}>;tag={secrets.token_hex(4)}"
        theirs = f"<sip:{to or number}@{self._switch[0]}:{self._switch[1]}>"
        talk = self.talk = Talk(secrets.token_hex(8), ours=ours)
        headers = [("Contact", self.contact), ("Content-Type", "application/sdp"), *extra]
        answer, cseq = await self._ask("INVITE", target, (ours, theirs), talk.call_id, headers, self._sdp())
        talk.theirs = answer.get("To")
        talk.remote = _uri(answer.get("Contact")) or target
        self._send("ACK", talk.remote, (ours, talk.theirs), talk.call_id, cseq, [], "")
        if answer.status == 200:
            talk.answer, talk.answered_ns = answer, answer.at_ns
            self._speak_to(answer.media)
        return answer

    async def hang_up(self) -> None:
        talk = self.talk
        if talk is None or talk.ended_ns:
            return
        talk.ended_ns = time.time_ns()
        self._be_quiet()
        await self._ask("BYE", talk.remote, (talk.ours, talk.theirs), talk.call_id, [], "")

    async def refer(self, target: str) -> int:
        """Ask for a blind transfer of the call (RFC 3515); returns the status of the answer."""
        talk = self.talk
        assert talk is not None, "there is no call"
        headers = [("Refer-To", f"<{target}>"), ("Contact", self.contact)]
        parties = (talk.ours, talk.theirs)
        answer, _ = await self._ask("REFER", talk.remote, parties, talk.call_id, headers, "")
        return answer.status

    def close(self) -> None:
        self._be_quiet()
        self._sip.close()
        self._rtp.close()

    async def _ask(
        self,
        method: str,
        uri: str,
        parties: tuple[str, str],
        call_id: str,
        extra: list[tuple[str, str]],
        body: str,
    ) -> tuple[SipMessage, int]:
        """Send a request, once more with credentials if asked for them; the final answer and its CSeq."""
        cseq = {"REFER": 5, "BYE": 10}.get(method, 1)
        answers = self._answers[call_id] = asyncio.Queue()
        sent_ns = self._send(method, uri, parties, call_id, cseq, extra, body)
        if method == "INVITE" and self.talk is not None:
            self.talk.invited_ns = sent_ns
        answer = await _final(answers, cseq)
        challenge = answer.get("WWW-Authenticate")
        if answer.status == 401 and challenge and self._password:
            if method == "INVITE":
                self._send("ACK", uri, (parties[0], answer.get("To")), call_id, cseq, [], "")
            cseq += 1
            proof = ("Authorization", _digest(challenge, method, uri, self.user, self._password))
            self._send(method, uri, parties, call_id, cseq, [*extra, proof], body)
            answer = await _final(answers, cseq)
        return answer, cseq

    def _send(
        self,
        method: str,
        uri: str,
        parties: tuple[str, str],
        call_id: str,
        cseq: int,
        extra: list[tuple[str, str]],
        body: str,
    ) -> int:
        ours, theirs = parties
        if ";tag=" not in ours:
            ours += f";tag={call_id[:8]}"
        branch = f"z9hG4bK{secrets.token_hex(6)}"
        headers = [
            ("Via", f"SIP/2.0/UDP {self._address}:{self._sip.port};rport;branch={branch}"),
            *(("From", ours), ("To", theirs), ("Call-ID", call_id), ("CSeq", f"{cseq} {method}")),
            *(("Max-Forwards", "70"), *extra, ("Content-Length", str(len(body)))),
        ]
        return self._put(f"{method} {uri} SIP/2.0", headers, body)

    def _put(self, first: str, headers: list[tuple[str, str]], body: str) -> int:
        lines = [first, *(f"{name}: {value}" for name, value in headers)]
        data = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        sent_ns = time.time_ns()
        self._sip.send(data, self._switch)
        return sent_ns

    def _took(self, data: bytes, at_ns: int) -> None:
        if not data.strip():
            return  # a keep-alive
        message = SipMessage.parse(data, at_ns)
        if message.status:
            answers = self._answers.get(message.get("Call-ID"))
            if answers is not None:
                answers.put_nowait(message)
        elif message.method == "INVITE":
            self._invited(message)
        elif message.method in ("BYE", "CANCEL", "OPTIONS", "NOTIFY"):
            self._reply(message, "200 OK")
            if message.method == "NOTIFY":
                self.notified.append(message)
            if message.method == "CANCEL" and self.talk is not None and self.talk.invite is not None:
                self._reply(self.talk.invite, "487 Request Terminated", to=self.talk.ours)
            if message.method == "BYE" and self.talk is not None:
                self.talk.ended_ns = at_ns
                self._be_quiet()

    def _invited(self, message: SipMessage) -> None:
        talk = self.talk
        if talk is None or talk.call_id != message.get("Call-ID"):
            ours = f"{message.get('To')};tag={secrets.token_hex(4)}"
            talk = self.talk = Talk(
                message.get("Call-ID"), invited_ns=message.at_ns, invite=message, ours=ours
            )
            talk.theirs, talk.remote = message.get("From"), _uri(message.get("Contact"))
        if not self.picks_up:
            self._reply(message, "180 Ringing", [("Contact", self.contact)], to=talk.ours)
            return
        headers = [("Contact", self.contact), ("Content-Type", "application/sdp")]
        sent_ns = self._reply(message, "200 OK", headers, self._sdp(), to=talk.ours)
        if not talk.answered_ns:
            talk.answered_ns = sent_ns
            self._speak_to(message.media)
            self.calls.put_nowait(talk)

    def _reply(
        self,
        message: SipMessage,
        status: str,
        extra: list[tuple[str, str]] | None = None,
        body: str = "",
        *,
        to: str = "",
    ) -> int:
        headers = [("Via", via) for via in message.every("Via")]
        headers += [("From", message.get("From")), ("To", to or message.get("To"))]
        headers += [("Call-ID", message.get("Call-ID")), ("CSeq", message.get("CSeq")), *(extra or [])]
        return self._put(f"SIP/2.0 {status}", [*headers, ("Content-Length", str(len(body)))], body)

    def _sdp(self) -> str:
        origin = f"v=0\r\no=- 1 1 IN IP4 {self._address}\r\ns=-\r\nc=IN IP4 {self._address}\r\nt=0 0\r\n"
        return f"{origin}m=audio {self._rtp.port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n"

    def _heard(self, data: bytes, at_ns: int) -> None:
        voices = set(data[12:])
        voice = voices.pop() if len(voices) == 1 else -1
        if self.talk is not None:
            self.talk.heard_ns.setdefault(voice, at_ns)
        self.on_voice(voice, at_ns)

    def _speak_to(self, place: tuple[str, int]) -> None:
        self._be_quiet()
        self._far_audio = place
        self._speak(asyncio.get_running_loop().time())

    def _speak(self, due_s: float) -> None:
        assert self._far_audio is not None
        self._sequence += 1
        stamp = self._sequence * _FRAME_BYTES & 0xFFFFFFFF
        head = struct.pack("!BBHII", 0x80, 0, self._sequence & 0xFFFF, stamp, self._rtp.port)
        with contextlib.suppress(ConnectionError):
            self._rtp.send(head + bytes([self.voice]) * _FRAME_BYTES, self._far_audio)
        following_s = due_s + _FRAME_S
        self._frame = asyncio.get_running_loop().call_at(following_s, self._speak, following_s)

    def _be_quiet(self) -> None:
        if self._frame is not None:
            self._frame.cancel()
            self._frame = None


async def _final(answers: asyncio.Queue[SipMessage], cseq: int) -> SipMessage:
    async with asyncio.timeout(_WITHIN_S):
        while True:
            answer = await answers.get()
            if answer.status >= 200 and answer.get("CSeq").startswith(f"{cseq} "):
                return answer


def _uri(header: str) -> str:
    found = re.search(r"<([^>]+)>", header)
    return found[1] if found else ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _digest(challenge: str, method: str, uri: str, user: str, password: str) -> str:
    """The Authorization header for a challenge, MD5 with or without qop (RFC 2617, section 3.2)."""
    asked = dict(_PARAMETER.findall(challenge))
    realm, nonce = asked["realm"], asked["nonce"]
    own, target = _md5(f"{user}:{realm}:{password}"), _md5(f"{method}:{uri}")
    given = {"username": user, "realm": realm, "nonce": nonce, "uri": uri}
    if "opaque" in asked:
        given["opaque"] = asked["opaque"]
    if "qop" not in asked:
        return _credentials(given, _md5(f"{own}:{nonce}:{target}"), "")
    count, own_nonce = "00000001", secrets.token_hex(8)
    given["cnonce"] = own_nonce
    return _credentials(
        given, _md5(f"{own}:{nonce}:{count}:{own_nonce}:auth:{target}"), f", qop=auth, nc={count}"
    )


def _credentials(given: dict[str, str], response: str, unquoted: str) -> str:
    quoted = ", ".join(f'{name}="{value}"' for name, value in {**given, "response": response}.items())
    return f"Digest {quoted}, algorithm=MD5{unquoted}"
