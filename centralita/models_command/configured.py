"""What the configuration expects of models: which languages are heard with what, and all that may be said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from asr.models import FOLDER, folder_of
from centralita.home import Home
from config import build
from config.build_services import speech
from config.loader import load
from config.schema import Centre
from ivr.flow import Menu
from ivr.phrases import DIGIT_NAMES, NO, YES


@dataclass(frozen=True, slots=True)
class Wanted:
    """One language of the configuration."""

    language: str
    engine: str
    model: str
    """As it is written."""
    folder: Path


@dataclass(frozen=True, slots=True)
class Configured:
    """
    What a configuration says of speech.

    Args:
        config: Checked.
        models: Folder of the installation's models.
    """

    config: Centre
    models: Path

    @classmethod
    def of(cls, home: Home, file: Path) -> Configured:
        """Raises ConfigError."""
        return cls(load(file).config, home.path / FOLDER)

    def wanted(self) -> list[Wanted]:
        """In the order of the file."""
        engines = speech(self.config).engines.items()
        return [
            Wanted(lang, engine.kind, engine.model, folder_of(self.models, engine.model))
            for lang, engine in engines
        ]

    def phrases(self, language: str) -> tuple[str, ...]:
        """All that may be said to menus, and the words by which everybody answers."""
        found = [
            phrase
            for flow in build.plan(self.config).flows.values()
            for node in flow.nodes.values()
            if isinstance(node, Menu) and node.spoken is not None
            for phrases in node.phrases.values()
            for phrase in phrases.get(language, ())
        ]
        digits = (name for names in DIGIT_NAMES.get(language, {}).values() for name in names)
        return tuple(dict.fromkeys((*found, *digits, *YES.get(language, ()), *NO.get(language, ()))))
