"""What Asterisk says about a call when it asks us to take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote

_NONCE = "n"
_WITHOUT_SECRET = ("agi_request", "agi_network_script")


@dataclass(frozen=True, slots=True)
class AgiRequest:
    """One call at our door. What came from the caller (numbers, names) is hostile text until cleaned."""

    path: str
    """`main` of `agi://host:port/main?entry=900`."""
    query: Mapping[str, str]
    """Percent-decoded; of a repeated name the last. Without the nonce."""
    uniqueid: str
    channel: str
    caller_number: str
    """"" when withheld or unknown."""
    caller_name: str
    """"" when withheld or unknown."""
    callingpres: int
    """Presentation as Q.931 has it: 0-3 allowed, 32-35 withheld, 67 unavailable."""
    dnid: str
    """The number that was dialled, "" when unknown."""
    extension: str
    language: str
    env: Mapping[str, str]
    """All of the environment, by full name, without the nonce."""


def parse_request(values: Mapping[str, str]) -> tuple[AgiRequest, str]:
    """
    The request, and apart from it the nonce of its URL ("" when there is none).

    Args:
        values: The AGI environment, by full name.
    """
    script = values.get("agi_network_script", "")
    path, _, query_text = script.partition("?")
    query = _query(query_text)
    nonce = query.pop(_NONCE, "")
    # Handlers log and forward what they are given: the secret is not among it.
    env = dict(values) | {name: values[name].partition("?")[0] for name in _WITHOUT_SECRET if name in values}
    request = AgiRequest(
        path=unquote(path).strip("/"),
        query=MappingProxyType(query),
        uniqueid=values.get("agi_uniqueid", ""),
        channel=values.get("agi_channel", ""),
        caller_number=_known(values.get("agi_callerid", "")),
        caller_name=_known(values.get("agi_calleridname", "")),
        callingpres=_number(values.get("agi_callingpres", "")),
        dnid=_known(values.get("agi_dnid", "")),
        extension=values.get("agi_extension", ""),
        language=values.get("agi_language", ""),
        env=MappingProxyType(env),
    )
    return request, nonce


def _query(text: str) -> dict[str, str]:
    # Not urllib's parse_qsl: it turns "+" into a space, and "+34600123456" is a number.
    pairs = (item.partition("=") for item in text.split("&") if item)
    return {unquote(name): unquote(value) for name, _, value in pairs}


def _known(text: str) -> str:
    return "" if text == "unknown" else text


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
