"""The published contract: what `make contract` writes to docs/contract, and the server serves."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from centralita.contract.messages import asyncapi, json_schema
from centralita.contract.rest import openapi
from centralita.contract.schema import Schema

FOLDER = Path("docs/contract")
DOCUMENTS: Mapping[str, Callable[[], Schema]] = {
    "asyncapi.json": asyncapi,
    "openapi.json": openapi,
    "events.json": json_schema,
}


@cache
def text(name: str) -> str:
    """
    One document as it is published.

    Raises:
        KeyError: There is none of this name.
    """
    return json.dumps(DOCUMENTS[name](), ensure_ascii=False, indent=2) + "\n"


def write(folder: Path = FOLDER) -> None:
    """All of them, into a folder that is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DOCUMENTS:
        (folder / name).write_text(text(name), encoding="utf-8")
