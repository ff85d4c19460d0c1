"""Figures where no centre runs: counted here, by what the server's own process does, from what is stored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from acd.model import Routing
from acd.stats.kpi_counts import QueueGoals
from centralita.clock import wall_clock_ms
from centralita.home import Home
from centralita.kpis.ask import NoFiguresError
from centralita.kpis.job import Job
from centralita.kpis.service import CONTACTS_MAX, ZONE, goals_of, zone_of
from centralita.kpis.worker import answer
from centralita.versions import Versions
from centralita.web.kpis_asked import asked
from centralita.web.kpis_ports import TooMuchError
from centralita.web.ports import HistoryUnavailableError
from centralita.web.problems import ProblemError
from config import build
from config.problems import ConfigError

DATABASE = "centralita.db"


def can_count(home: Home) -> bool:
    """Whether a centre has ever run here."""
    return (home.path / DATABASE).exists()


def count(home: Home, query: Mapping[str, str]) -> Mapping[str, Any]:
    """
    One report; blocks until it is counted. There is nobody on the line.

    Args:
        home: Of a centre that does not run.
        query: Parameters of the API.

    Raises:
        NoFiguresError: The question makes no sense, or the database does not answer.
    """
    standing = _standing(home)
    try:
        question = asked(query, standing)
        job = Job(home.database_url, question, standing.now_ms(), contacts_max=CONTACTS_MAX)
        found: Mapping[str, Any] = json.loads(answer(job))
    except ProblemError as error:
        raise NoFiguresError(f"{error.es} / {error.en}") from error
    except TooMuchError as error:
        raise NoFiguresError(
            f"serían {error.contacts} contactos y un informe lee {error.at_most}: acerque --from a --to / "
            f"these would be {error.contacts} contacts and a report reads {error.at_most}"
        ) from error
    except HistoryUnavailableError as error:
        raise NoFiguresError(
            f"{home.path / DATABASE}: no se puede leer ({error}); si es de otra versión, arranque el centro "
            f"una vez con esta / cannot be read ({error}); if it is of another version, start the centre once"
        ) from error
    return found


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the running server would know."""

    measured: QueueGoals = field(default_factory=QueueGoals)
    midnight: str = ZONE

    def now_ms(self) -> int:
        return wall_clock_ms()

    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.midnight)

    def goals(self) -> QueueGoals:
        return self.measured


def _standing(home: Home) -> _Standing:
    """By the configuration that took effect last; by the defaults if it cannot be read any more."""
    versions = Versions(home.versions, _beside(home))
    try:
        version = versions.live()
        loaded = None if version is None else versions.load(version)
    except (OSError, ConfigError):
        loaded = None
    if loaded is None:
        return _Standing()
    routing: Routing = build.routing(loaded.config, loaded.version)
    return _Standing(goals_of(routing), zone_of([hours.zone for hours in loaded.config.hours.values()]))


def _beside(home: Home) -> Path:
    """Scripts and recordings lay beside the configuration of the last run."""
    try:
        return Path(home.read_centre()["config"]).parent
    except (OSError, KeyError, ValueError):
        return home.config
