"""`centralita explain`: reads the installation's database and journal, whether the centre runs or not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from centralita.explain.answer import Explainer
from centralita.explain.rerun import rerun
from centralita.explain.text import whole
from centralita.explain.words import Both
from centralita.home import Home
from centralita.store.database import open_engine
from centralita.store.history import History
from centralita.store.migrate import needs_migration
from centralita.web.ports import HistoryUnavailableError, UnknownContactError, UnknownThenError
from centralita.web.problems import did_you_mean


class CannotExplainError(Exception):
    """Said to a person in both languages; the text tells how to mend it."""

    def __init__(self, es: str, en: str) -> None:
        super().__init__(f"{es} / {en}")


@dataclass(frozen=True, slots=True)
class Question:
    contact: str
    agent: str | None = None
    offer: int | None = None
    """1 is the first; None asks for all."""
    again: bool = False
    """Run the journal's inputs once more."""
    language: str = "es"


def explain(home: Home, question: Question, *, as_json: bool) -> str:
    """
    The answer, as text or as JSON.

    Raises:
        CannotExplainError: There is no such contact, agent, offer or database.
    """
    return asyncio.run(_explain(home, question, as_json=as_json))


async def _explain(home: Home, question: Question, *, as_json: bool) -> str:
    _check_there(home)
    engine = open_engine(home.database_url)
    try:
        async with engine.connect() as connection:
            if await connection.run_sync(needs_migration):
                raise CannotExplainError(
                    f"{home.path}: la base de datos es de otra versión: arranque el centro una vez con esta.",
                    f"{home.path}: the database is of another version: start the centre once with this one.",
                )
        history = History(engine)
        told = await _told(history, question)
        stored = await history.offers(question.contact) if question.again else ()
    except HistoryUnavailableError as error:
        raise CannotExplainError(
            f"{home.path}: la base de datos no responde ({error}).",
            f"{home.path}: the database does not answer ({error}).",
        ) from error
    finally:
        await engine.dispose()
    reruns = _again(home.journal, stored, told["offers"])
    if as_json:
        return json.dumps({**told, "text": whole(told, question.language), **reruns.json}, ensure_ascii=False)
    return "\n".join([whole(told, question.language), *reruns.texts(question.language)])


async def _told(history: History, question: Question) -> dict[str, Any]:
    try:
        told = await Explainer(history).tell(question.contact, question.agent)
    except UnknownContactError as error:
        near = ", ".join(error.near)
        raise CannotExplainError(
            f"No hay nada guardado del contacto «{question.contact}»"
            + (f": ¿quiso decir {near}?" if near else ": búsquelo con GET /api/contacts."),
            f"Nothing is stored of contact '{question.contact}'"
            + (f": did you mean {near}?" if near else ": find it with GET /api/contacts."),
        ) from error
    except UnknownThenError as error:
        es, en = did_you_mean(question.agent or "", error.known)
        versions = ", ".join(error.versions) or "—"
        raise CannotExplainError(
            f"«{question.agent}» no estaba en la configuración con la que se ofreció ({versions}): {es}",
            f"'{question.agent}' was not in the configuration by which it was offered ({versions}): {en}",
        ) from error
    if question.offer is None:
        return told
    chosen = [offer for offer in told["offers"] if offer["place"] == question.offer]
    if not chosen:
        count = len(told["offers"])
        raise CannotExplainError(
            f"No hay oferta {question.offer}: el contacto tuvo {count}.",
            f"There is no offer {question.offer}: the contact had {count}.",
        )
    return {**told, "offers": chosen}


class _Reruns:
    def __init__(self, found: Sequence[tuple[int, Any]]) -> None:
        self._found = found

    @property
    def json(self) -> Mapping[str, Any]:
        return (
            {"reruns": [{"place": place, **one.as_json()} for place, one in self._found]}
            if self._found
            else {}
        )

    def texts(self, language: str) -> list[str]:
        title = Both("Oferta", "Offer").of(language)
        return [f"\n{title} {place}\n{one.text(language)}" for place, one in self._found]


def _again(journal: Path, stored: Sequence[Mapping[str, Any]], told: Sequence[Mapping[str, Any]]) -> _Reruns:
    """Of the offers that are told."""
    by_id = {offer["id"]: offer for offer in stored}
    return _Reruns(
        [
            (offer["place"], rerun(journal, by_id[offer["offer_id"]]))
            for offer in told
            if offer["offer_id"] in by_id and offer["explanation"] is not None
        ]
    )


def _check_there(home: Home) -> None:
    file = make_url(home.database_url).database
    if file is not None and not Path(file).exists():
        raise CannotExplainError(
            f"{home.path}: aquí no hay ningún centro; use --home.",
            f"{home.path}: there is no centre here; use --home.",
        )
