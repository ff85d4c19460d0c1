"""What the API of what callers said needs from the rest of the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Json = Mapping[str, Any]
OUTCOMES = ("taken", "confirmed", "denied", "missed")
"""What came of it, as `ivr.ports.Utterance` has it."""


@dataclass(frozen=True, slots=True)
class SaidQuery:
    """What is asked of what was said; None does not matter."""

    since_ms: int | None = None
    language: str | None = None
    outcome: str | None = None
    intent: str | None = None
    limit: int = 50


class PhraseRefusedError(Exception):
    """
    A phrase is not added, and nothing has changed.

    Args:
        status: As HTTP has it: 404 unknown, 409 not now, 422 it cannot be.
        code: For programs.
        es: Why, and how to mend it.
        en: The same in English.
    """

    def __init__(self, status: int, code: str, es: str, en: str) -> None:
        super().__init__(en)
        self.status, self.code, self.es, self.en = status, code, es, en


class SaidPort(Protocol):
    """What callers said, and the examples by which it is understood."""

    async def groups(self, query: SaidQuery) -> Sequence[Json]:
        """
        What was said most often first; see `centralita.contract.answers_said.SaidGroup`.

        Raises:
            HistoryUnavailableError: The database does not answer.
        """

    def intents(self) -> Sequence[Json]:
        """Of the live configuration: `id`, `label` and `examples`, how many by language."""

    async def add(self, intent: str, language: str, phrase: str) -> Json:
        """
        One more example, live at once: `added`, `examples`, `version`.

        Raises:
            PhraseRefusedError: Says why.
        """


class NothingSaid:
    """Of a server that hears nobody."""

    async def groups(self, query: SaidQuery) -> Sequence[Json]:
        return ()

    def intents(self) -> Sequence[Json]:
        return ()

    async def add(self, intent: str, language: str, phrase: str) -> Json:
        raise PhraseRefusedError(
            404,
            "unknown_intent",
            f"No hay ningún motivo «{intent}».",
            f"There is no intent '{intent}'.",
        )
