"""What is sent to a source of the configuration for one caller. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from config.build_services import Lookup

_PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HOST = re.compile(r"https?://[^/?#{}]+(?=[/?#]|\Z)")
POST = "POST"
_DOTS = frozenset({".", ".."})
"""As a part of a path they would lead elsewhere, and no encoding changes that (RFC 3986, 5.2.4)."""


class BadArgumentError(ValueError):
    """What is to be sent is missing or can never be sent; says which, never its value."""


@dataclass(frozen=True, slots=True)
class Request:
    url: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)


def request_for(source: Lookup, arguments: Mapping[str, str]) -> Request:
    """
    The request for these values. A value stays a value: it can never change host, path or parameters.

    Raises:
        BadArgumentError: See there.
    """
    if _HOST.match(source.url) is None:
        raise BadArgumentError("host")
    url = _PLACE.sub(lambda found: _encoded(found[1], arguments), source.url)
    if source.method != POST:
        return Request(url)
    filled = {
        name: _PLACE.sub(lambda found: _value(found[1], arguments), text)
        for name, text in source.body.items()
    }
    return Request(url, None if not filled else json.dumps(filled, ensure_ascii=False).encode())


def _encoded(name: str, arguments: Mapping[str, str]) -> str:
    value = _value(name, arguments)
    if value in _DOTS:
        raise BadArgumentError(name)
    return quote(value, safe="")


def _value(name: str, arguments: Mapping[str, str]) -> str:
    value = arguments.get(name)
    if value is None:
        raise BadArgumentError(name)
    return value
