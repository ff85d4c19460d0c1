"""One route of the REST API as the contract tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from centralita.web.api import LIMIT, LIMIT_MAX
from centralita.web.params import MS_MAX, TEXT_MAX

Schema = Mapping[str, Any]
Answers = Mapping[int, Any]
"""HTTP status -> type of the body; several with `|`."""

TEXT: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": TEXT_MAX,
    "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$",
}
MS: Schema = {"type": "integer", "minimum": 0, "maximum": MS_MAX}
LIMIT_: Schema = {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT}
NUMBER: Schema = {"type": "string", "pattern": r"^\+[0-9]{7,15}$"}
DURATION: Schema = {"type": "string", "pattern": r"^[0-9]{1,5}(ms|s|m)$"}
ANY: Schema = {"type": "string"}
YES_NO: Schema = {"type": "string", "enum": ["true", "false"]}


def words(known: Sequence[str]) -> Schema:
    return {"type": "string", "enum": list(known)}


@dataclass(frozen=True, slots=True)
class Param:
    schema: Schema
    es: str
    en: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    es: str
    en: str
    answers: Answers
    query: Mapping[str, Param] = field(default_factory=dict)
    body: Any = None
    """Type of the JSON body; None: it takes none."""
    body_needed: bool = False
    problems: Sequence[int] = ()
    """Besides those of every route: 400, 401 and 403."""
    secured: bool = True

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path
