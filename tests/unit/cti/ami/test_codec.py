"""The AMI codec: blocks into messages, actions into bytes."""

from __future__ import annotations

import pytest

from cti.asterisk.ami.codec import (
    MAX_HEADERS,
    MAX_LINE_BYTES,
    AmiError,
    Decoder,
    HeaderRefused,
    Message,
    ProtocolError,
    encode,
)

pytestmark = pytest.mark.unit

GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def decoded(stream: bytes, wanted: frozenset[bytes] | None = None) -> list[Message]:
    return Decoder(wanted).feed(GREETING + stream)


def test_an_event_and_a_response_are_told_apart() -> None:
    """Name, response and ActionID are read from the headers, and absent ones are empty."""
    event, response = decoded(
        b"Event: Hangup\r\nChannel: PJSIP/7-01\r\nCause: 16\r\n\r\n"
        b"Response: Success\r\nActionID: a-1\r\nMessage: ok\r\n\r\n"
    )

    assert (event.event, event.response, event.action_id) == ("Hangup", "", "")
    assert (event.get("Cause"), event.get("Nothing"), event.get("Nothing", "x")) == ("16", "", "x")
    assert (response.event, response.response, response.action_id) == ("", "Success", "a-1")
    assert "Message" in response
    assert "Cause" not in response


def test_the_greeting_is_kept_and_is_no_message() -> None:
    """The first line names the manager; messages begin after it."""
    decoder = Decoder()

    assert decoder.feed(b"Asterisk Call Man") == []
    assert decoder.feed(b"ager/11.0.0\r\n") == []
    assert decoder.greeting == "Asterisk Call Manager/11.0.0"


def test_repeated_headers_keep_all_their_values() -> None:
    """Every `Output` line of a command is there, in order; `get` gives the last, as pyst2 does."""
    (message,) = decoded(b"Response: Success\r\nOutput: one\r\nOutput: \r\nOutput: three: 3\r\n\r\n")

    assert message.all("Output") == ("one", "", "three: 3")
    assert message.get("Output") == "three: 3"
    assert message.all("Response") == ("Success",)
    assert message.all("Nothing") == ()


def test_channel_variables_belong_to_their_channel() -> None:
    """The main channel's variables and those of a prefixed channel are never mixed."""
    (message,) = decoded(
        b"Event: DialEnd\r\nChannel: PJSIP/7-01\r\nChanVariable: CC_CONTACT=k1\r\nChanVariable: CC_OFFER=\r\n"
        b"ChanVariable(PJSIP/7-01): CC_ROLE=a=b\r\nDestChanVariable: CC_CONTACT=k2\r\n\r\n"
    )

    assert message.chan_variables == {"CC_CONTACT": "k1", "CC_OFFER": "", "CC_ROLE": "a=b"}
    assert message.chan_variables_of("Dest") == {"CC_CONTACT": "k2"}
    assert message.chan_variables_of("Other") == {}


def test_unwanted_events_are_skipped_but_never_answers() -> None:
    """Only wanted events come through, with all responses and all items of lists asked for."""
    decoder = Decoder(frozenset({b"Hangup"}))

    messages = decoder.feed(
        GREETING + b"Event: VarSet\r\nVariable: X\r\n\r\nEvent: HangupRequest\r\nCause: 1\r\n\r\n"
        b"Event: Hangup\r\n\r\nResponse: Success\r\n\r\nEvent: CoreShowChannel\r\nActionID: 7\r\n\r\n"
    )

    assert [message.event for message in messages] == ["Hangup", "", "CoreShowChannel"]
    assert decoder.skipped == 2


def test_bad_utf8_does_not_stop_the_stream() -> None:
    """A caller name in another encoding is shown with replacement signs, nothing more."""
    (message,) = decoded(b"Event: Newchannel\r\nCallerIDName: Jos\xe9\r\n\r\n")

    assert message.get("CallerIDName") == "Jos�"


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        (b"Empty:", "Empty", ""),
        (b"Tight:x", "Tight", "x"),
        (b"Two:  x", "Two", " x"),
        (b"Url: a: b", "Url", "a: b"),
    ],
)
def test_unusual_header_lines_are_still_read(line: bytes, name: str, value: str) -> None:
    """A missing space after the colon or an empty value loses no header."""
    (message,) = decoded(b"Event: E\r\n" + line + b"\r\nAfter: 1\r\n\r\n")

    assert message.headers == {"Event": "E", name: value, "After": "1"}


def test_lines_that_are_no_headers_are_left_out() -> None:
    """Free text inside a block is dropped; the headers around it stay."""
    (message,) = decoded(b"Response: Follows\r\nfree text\r\nActionID: 1\r\n\r\n")

    assert message.headers == {"Response": "Follows", "ActionID": "1"}


@pytest.mark.parametrize("stream", [b"HTTP/1.1 400 Bad Request\r\n", b"220 mail\r\n", b"\x00\x01\x02"])
def test_another_server_is_recognised_by_its_greeting(stream: bytes) -> None:
    """The wrong port is a ProtocolError at once, not a wait for a login that cannot come."""
    with pytest.raises(ProtocolError, match="not an Asterisk manager"):
        Decoder().feed(stream)


def test_garbage_is_a_protocol_error() -> None:
    """A block without one header means that we are out of step."""
    with pytest.raises(ProtocolError, match="without any header"):
        decoded(b"\x01\x02 garbage\r\n\r\n")


@pytest.mark.parametrize("cut", [1, 7, 4096])
def test_a_block_has_a_largest_size(cut: int) -> None:
    """Exactly the limit passes, one byte more does not, however the bytes are cut."""
    limit = 5_000
    fits = b"Event: E\r\nX: " + b"y" * (limit - 13)

    def feed(body: bytes) -> list[Message]:
        decoder = Decoder(max_block_bytes=limit)
        stream = GREETING + body + b"\r\n\r\n"
        return [
            message for at in range(0, len(stream), cut) for message in decoder.feed(stream[at : at + cut])
        ]

    assert len(feed(fits)) == 1
    with pytest.raises(ProtocolError, match="more than 5000 bytes"):
        feed(fits + b"y")


def test_an_endless_greeting_is_refused() -> None:
    """A peer that never ends its first line cannot fill the memory."""
    with pytest.raises(ProtocolError, match="more than 100 bytes"):
        Decoder(max_block_bytes=100).feed(GREETING.rstrip() + b"x" * 200)


def test_an_action_is_encoded_in_order() -> None:
    """Action, ActionID, then the headers as given, repeats included."""
    headers = [("Channel", "P/7"), ("Variable", "A=1"), ("Variable", "B=ñ")]

    assert encode("Originate", headers, "x") == (
        "Action: Originate\r\nActionID: x\r\nChannel: P/7\r\nVariable: A=1\r\nVariable: B=ñ\r\n\r\n".encode()
    )


@pytest.mark.parametrize("bad", ["a\r\nAction: Logoff", "a\rb", "a\nb", "a\0b", "\ud800"])
@pytest.mark.parametrize("where", ["action", "id", "name", "value"])
def test_no_text_can_become_a_second_action(bad: str, where: str) -> None:
    """CR, LF, NUL and what is not text are refused wherever they stand, as one kind of ValueError."""
    parts = {"action": "Ping", "id": "1", "name": "X", "value": "y"} | {where: bad}

    with pytest.raises(HeaderRefused) as caught:
        encode(parts["action"], [(parts["name"], parts["value"])], parts["id"])
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, AmiError)


@pytest.mark.parametrize("name", ["", "A: b", "A:"])
def test_a_header_name_must_be_a_name(name: str) -> None:
    """An empty name, or one that holds a colon, would be read as another header."""
    with pytest.raises(HeaderRefused, match="header name"):
        encode("Ping", [(name, "x")], "1")


def test_a_refused_value_is_not_repeated_in_the_error() -> None:
    """The value may be a secret: the error names the header only."""
    with pytest.raises(HeaderRefused) as caught:
        encode("Login", [("Secret", "hunter2\n")], "1")
    assert "Secret" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_what_asterisk_would_not_read_is_refused_here() -> None:
    """Lines and actions beyond Asterisk's own limits fail before they are sent; at the limit they pass."""
    value = "y" * (MAX_LINE_BYTES - len("X: "))

    assert encode("Ping", [("X", value)] * (MAX_HEADERS - 2), "1").count(b"\r\n") == MAX_HEADERS + 1
    with pytest.raises(HeaderRefused, match="bytes"):
        encode("Ping", [("X", value + "y")], "1")
    with pytest.raises(HeaderRefused, match="headers"):
        encode("Ping", [("X", "y")] * (MAX_HEADERS - 1), "1")
