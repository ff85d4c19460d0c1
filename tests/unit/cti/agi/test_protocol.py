"""The AGI codec: environment, replies, HANGUP, and commands that stay what they are."""

from __future__ import annotations

import pytest

from cti.asterisk.agi.protocol import (
    MAX_COMMAND_BYTES,
    AgiProtocol,
    CommandRefused,
    Environment,
    HangupLine,
    ProtocolError,
    Received,
    Reply,
    bare,
    quote,
)

pytestmark = pytest.mark.unit


def ready() -> AgiProtocol:
    protocol = AgiProtocol()
    protocol.feed(b"agi_network: yes\n\n")
    return protocol


def replied(data: bytes) -> list[Received]:
    protocol = ready()
    protocol.command("NOOP")
    return protocol.feed(data)


def only_reply(data: bytes) -> Reply:
    (reply,) = replied(data)
    assert isinstance(reply, Reply)
    return reply


def test_the_environment_is_read_to_its_empty_line() -> None:
    """Names and values, colons in values kept, empty values kept, CRLF as good as LF."""
    received = AgiProtocol().feed(
        b"agi_network: yes\r\nagi_request: agi://h:1/m?a=b\nagi_dnid:\nagi_x:  y \n\n"
    )

    expected = {"agi_network": "yes", "agi_request": "agi://h:1/m?a=b", "agi_dnid": "", "agi_x": "y"}
    assert received == [Environment(expected)]


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\n", b"agi_without colon\n", b"\x16\x03\x01\n"])
def test_who_is_no_asterisk_is_recognised_at_the_first_line(data: bytes) -> None:
    """A browser or a scanner on the port is a ProtocolError, not a wait for the rest."""
    with pytest.raises(ProtocolError, match="no AGI environment"):
        AgiProtocol().feed(data)


@pytest.mark.parametrize(
    ("line", "result", "data", "fields"),
    [
        ("200 result=1", "1", "", {}),
        ("200 result=-1", "-1", "", {}),
        ("200 result=53 endpos=8800", "53", "", {"endpos": "8800"}),
        ("200 result=0 (timeout) endpos=1234", "0", "timeout", {"endpos": "1234"}),
        ("200 result=-1 (hangup) endpos=7", "-1", "hangup", {"endpos": "7"}),
        ("200 result= (timeout)", "", "timeout", {}),
        ("200 result=", "", "", {}),
        ("200 result=1 (a b)", "1", "a b", {}),
        ("200 result=1 ()", "1", "", {}),
        ("200 result=1 (v (1) x)", "1", "v (1) x", {}),
        ("200 result=1 (a) endpos=3 (b)", "1", "a) endpos=3 (b", {}),
        ("200 result=1 (x=1)", "1", "x=1", {}),
        ('200 result=1 (speech) endpos=0 results=1 text0="two words"', "1", "speech",
         {"endpos": "0", "results": "1", "text0": "two words"}),
    ],
)  # fmt: skip
def test_replies_are_taken_apart(line: str, result: str, data: str, fields: dict[str, str]) -> None:
    """Result, text in parentheses and named fields, as Asterisk 22 prints them."""
    reply = only_reply(f"{line}\n".encode())

    assert (reply.code, reply.result, reply.data, reply.fields, reply.raw) == (
        200,
        result,
        data,
        fields,
        line,
    )


@pytest.mark.parametrize(
    "line",
    [
        "510 Invalid or unknown command",
        "511 Command Not Permitted on a dead channel or intercept routine",
        "520 Invalid command syntax.  Proper usage not available.",
        "503 result=-2 Memory allocation failure",
    ],
)
def test_refusals_keep_their_words(line: str) -> None:
    """Code and text; a one-line 520 does not wait for a usage text that never comes."""
    reply = only_reply(f"{line}\n".encode())

    assert (reply.code, reply.text, reply.result) == (int(line[:3]), line[4:], "")


def test_a_usage_text_is_one_reply() -> None:
    """From `520-` to the bare `520`, however odd the lines between."""
    usage = "520-Invalid command syntax.  Usage:\nUsage: X\n200 result=1\nHANGUP\n520 End of proper usage."

    assert only_reply(f"{usage}\n".encode()).raw == usage


def test_a_value_with_line_ends_is_one_reply() -> None:
    """A variable that holds a forged reply is read as a value: replies cannot be smuggled in."""
    reply = only_reply(b"200 result=1 (one\n200 result=1 (two\nHANGUP\nthree)\n")

    assert (reply.result, reply.data) == ("1", "one\n200 result=1 (two\nHANGUP\nthree")


def test_trying_is_not_the_answer() -> None:
    """`100 Trying` is followed by the reply proper."""
    (reply,) = replied(b"100 result=0 Trying...\n200 result=0\n")

    assert isinstance(reply, Reply)
    assert reply.code == 200


def test_hangup_may_come_anywhere() -> None:
    """Before, between and twice: it is told each time and never taken for a reply."""
    protocol = ready()

    assert protocol.feed(b"HANGUP\n") == [HangupLine()]
    protocol.command("NOOP")
    first, second, third = protocol.feed(b"HANGUP\n200 result=-1\nHANGUP\n")
    assert (first, third) == (HangupLine(), HangupLine())
    assert isinstance(second, Reply)
    assert not protocol.awaiting


def test_one_command_at_a_time() -> None:
    """Neither before the environment nor before the last reply can a command be made."""
    with pytest.raises(ProtocolError):
        AgiProtocol().command("NOOP")
    protocol = ready()
    protocol.command("NOOP")
    with pytest.raises(ProtocolError):
        protocol.command("NOOP")


def test_an_extra_reply_is_never_given_to_a_later_command() -> None:
    """Out of step is an error at the first reply too many, not a wrong answer later."""
    protocol = ready()
    protocol.command("WAIT FOR DIGIT 5000")
    with pytest.raises(ProtocolError, match="no command asked for"):
        protocol.feed(b"200 result=1\n200 result=0\n")


@pytest.mark.parametrize("data", [b"garbage\n", b"20 result=1\n", b"\n", b"200x\n", b"HANGUP now\n"])
def test_what_is_neither_reply_nor_hangup_is_an_error(data: bytes) -> None:
    """Unknown lines end the session; what they say is not repeated, it may be what a caller keyed."""
    with pytest.raises(ProtocolError, match="neither a reply nor HANGUP") as caught:
        replied(data)
    assert "garbage" not in str(caught.value)


@pytest.mark.parametrize("piece", [1, 50])
def test_environment_and_reply_have_a_largest_size(piece: int) -> None:
    """A peer that never ends its line cannot fill the memory, however it is cut."""

    def feed(protocol: AgiProtocol, data: bytes) -> None:
        for at in range(0, len(data), piece):
            protocol.feed(data[at : at + piece])

    with pytest.raises(ProtocolError, match="100 bytes of environment"):
        feed(AgiProtocol(max_environment_bytes=100), b"agi_x: y\n" * 20)
    protocol = AgiProtocol(max_reply_bytes=100)
    protocol.feed(b"agi_network: yes\n\n")
    for _ in range(5):  # the size is that of one reply, not of the session
        protocol.command("NOOP")
        feed(protocol, b"200 result=1 (" + b"x" * 70 + b")\n")
    protocol.command("NOOP")
    with pytest.raises(ProtocolError, match="100 bytes of reply"):
        feed(protocol, b"200 result=1 (" + b"x\n" * 100)


@pytest.mark.parametrize(
    "line",
    ["", "  ", "NOOP\nHANGUP", "NOOP\r", "NOOP \0", "NOOP \ud800", "N" * (MAX_COMMAND_BYTES + 1)],
)
def test_no_command_can_become_two(line: str) -> None:
    """CR, LF, NUL, what is no text, and what Asterisk would break in two are refused; nothing is awaited."""
    protocol = ready()
    with pytest.raises(CommandRefused):
        protocol.command(line)
    assert not protocol.awaiting
    assert protocol.command("N" * MAX_COMMAND_BYTES).endswith(b"N\n")


@pytest.mark.parametrize(
    ("text", "quoted", "plain"),
    [
        ("hola", '"hola"', "hola"),
        ("", '""', '""'),
        ("a b", '"a b"', '"a b"'),
        ('say "x"', '"say \\"x\\""', '"say \\"x\\""'),
        ("c:\\d", '"c:\\\\d"', '"c:\\\\d"'),
        ("tab\there", '"tab\there"', '"tab\there"'),
    ],
)
def test_arguments_are_quoted_so_that_asterisk_reads_them_back(text: str, quoted: str, plain: str) -> None:
    """Quotes and backslashes are escaped; words that need no quotes get none when asked for bare."""
    assert quote(text) == quoted
    assert bare(text) == plain
