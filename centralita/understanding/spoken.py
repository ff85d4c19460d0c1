"""
Callers' own words: understanding them, keeping them, learning from them, put together.

What the pages and the API are told of it is here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from acd.model import ContactId
from centralita.home import Home
from centralita.store.said import Group, SaidRows
from centralita.understanding.models import Models
from centralita.understanding.phrases import Phrases, Publish
from centralita.understanding.service import Ports as UnderstandingPorts
from centralita.understanding.service import Understanding, examples_of
from centralita.understanding.training import Trainer
from centralita.understanding.utterances import Ports as UtterancePorts
from centralita.understanding.utterances import Utterances, Writer
from centralita.web.utterances_ports import Json, SaidQuery
from config.schema import Centre
from cti.spawn import Spawn
from ivr.ports import Understood, Utterance


class Edition(Protocol):
    """One version of the configuration."""

    @property
    def version(self) -> str: ...

    @property
    def config(self) -> Centre: ...


@dataclass(frozen=True, slots=True)
class Ports:
    home: Home
    file: Path
    """The configuration's main file."""
    edition: Callable[[str], Edition]
    """By which a contact came; the live one for "", or if that one is not kept any more."""
    publish: Publish
    """Have the file read and taken up now; why it was not."""
    writer: Writer
    engine: AsyncEngine
    """Of the database, for reading."""
    now_ms: Callable[[], int]
    """UTC."""


class Spoken:
    """
    Args:
        ports: What it needs of the server.
    """

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._rows = SaidRows(ports.engine)
        self._phrases = Phrases(ports.file, ports.publish)
        self.utterances = Utterances(UtterancePorts(ports.writer, self._keep_days, ports.now_ms))
        self.understanding = Understanding(
            Models(ports.home.path / "intents"),
            Trainer(ports.home.log / "intents.log"),
            UnderstandingPorts(
                lambda version: ports.edition(version).version,
                lambda version: examples_of(ports.edition(version).config),
                self._today,
            ),
        )

    def start(self, spawn: Spawn) -> None:
        """From now on it is learned what is published, and kept what is said; the database is open."""
        spawn(self.understanding.run(), name="understanding")
        spawn(self.utterances.run(), name="said")
        spawn(self.utterances.keep_tidy(), name="said tidy")

    def published(self) -> None:
        """There is another live configuration."""
        self.understanding.published()

    async def close(self) -> None:
        """Write what has just been said; before the database is closed."""
        await self.utterances.flush()

    async def understand(self, text: str, language: str, config_version: str) -> Understood:
        """See `Understanding.understand`."""
        return await self.understanding.understand(text, language, config_version)

    def said(self, contact_id: ContactId, utterance: Utterance) -> None:
        """See `Utterances.said`."""
        self.utterances.said(contact_id, utterance)

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        self.utterances.forget(contact_ids)

    def alarms(self) -> list[str]:
        """What a person should mend; empty when all is well."""
        return self.understanding.alarms()

    async def groups(self, query: SaidQuery) -> Sequence[Json]:
        """For the API. Raises HistoryUnavailableError."""
        await self.utterances.flush()
        return [group_json(group) for group in await self._rows.groups(query)]

    def intents(self) -> Sequence[Json]:
        """For the API."""
        return [
            {
                "id": name,
                "label": intent.label,
                "examples": {language: len(phrases) for language, phrases in intent.examples.items()},
            }
            for name, intent in self._config().intents.items()
        ]

    async def add(self, intent: str, language: str, phrase: str) -> Json:
        """For the API. Raises PhraseRefusedError."""
        return asdict(await self._phrases.add(intent, language, phrase))

    def _config(self) -> Centre:
        return self._ports.edition("").config

    def _keep_days(self) -> int:
        speech = self._config().speech
        return 0 if speech is None else speech.keep_said

    def _today(self) -> date:
        zone = next((hours.zone for hours in self._config().hours.values()), "UTC")
        return datetime.fromtimestamp(self._ports.now_ms() / 1_000, ZoneInfo(zone)).date()


def group_json(group: Group) -> dict[str, Any]:
    """As the API tells it: `centralita.contract.answers_said.SaidGroup`."""
    meanings = sorted(group.understood.items(), key=lambda item: (-item[1][0], item[0]))
    nodes = sorted(group.nodes.items(), key=lambda item: (-item[1], item[0]))
    return {
        "text": group.text,
        "language": group.language,
        "count": group.count,
        "outcomes": dict(group.outcomes),
        "understood": [
            {"meaning": meaning, "count": count, "sure": round(sure, 3)}
            for meaning, (count, sure) in meanings
        ],
        "nodes": [{"node": node, "count": count} for node, count in nodes],
        "confidence": round(group.confidence, 3),
        "last_ms": group.last_ms,
        "contacts": list(group.contacts),
    }
