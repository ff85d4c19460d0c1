"""
How fast AMI events are read: parsed, and skipped by name.

Prints events per second and, because machines differ, the ratio to a
calibration loop of the same run (a dict of 20 short strings, per event).
Run: python -m bench.ami_parse
"""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

from cti.asterisk.ami.codec import Decoder

_EVENTS = 20_000
_PACKET_BYTES = 65_536
_ROUNDS = 5
_GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def _event(number: int) -> bytes:
    """A Newstate as Asterisk 22 prints it, about 480 bytes."""
    lines = [
        "Event: Newstate",
        "Privilege: call,all",
        f"Channel: PJSIP/trunk-{number:08x}",
        "ChannelState: 6",
        "ChannelStateDesc: Up",
        "CallerIDNum: 600123456",
        "CallerIDName: José Núñez",
        "ConnectedLineNum: <unknown>",
        "ConnectedLineName: <unknown>",
        "Language: es",
        "AccountCode: ",
        "Context: cc-caller",
        "Exten: in",
        "Priority: 1",
        f"Uniqueid: 1700000000.{number}",
        f"Linkedid: 1700000000.{number}",
        "ChanVariable: CC_CONTACT=01HF7YAT00TESTTESTTEST0000",
        "ChanVariable: CC_OFFER=",
        "ChanVariable: CC_ROLE=caller",
        "ChanVariable: CC_NEXT=",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _best(run: Callable[[], int]) -> float:
    """Events per second of CPU, the best of several rounds: noise only ever slows down."""
    rates = []
    for _ in range(_ROUNDS):
        began = process_time()
        count = run()
        rates.append(count / (process_time() - began))
    return max(rates)


def main() -> None:
    stream = b"".join(_event(number) for number in range(_EVENTS))
    packets = [stream[at : at + _PACKET_BYTES] for at in range(0, len(stream), _PACKET_BYTES)]

    def read(wanted: frozenset[bytes] | None) -> int:
        decoder = Decoder(wanted)
        decoder.feed(_GREETING)
        parsed = sum(len(decoder.feed(packet)) for packet in packets)
        assert parsed + decoder.skipped == _EVENTS
        return _EVENTS

    names = [f"Header{number}" for number in range(20)]
    base = _best(lambda: sum(len({name: name.lower() for name in names}) // 20 for _ in range(_EVENTS)))
    parsed = _best(lambda: read(None))
    skipped = _best(lambda: read(frozenset({b"Hangup"})))
    print(f"events of {len(stream) // _EVENTS} bytes; calibration {base:,.0f}/s = 1.00")
    print(f"parsed  {parsed:>10,.0f}/s  ratio {parsed / base:.3f}")
    print(f"skipped {skipped:>10,.0f}/s  ratio {skipped / base:.3f}")


if __name__ == "__main__":
    main()
