"""
What callers mean by their own words: intents by the examples of the configuration, and numbers and dates.

What is published is learned in the background, within seconds; until then, and whenever it cannot be
learned, phrases are compared with the examples. A call keeps the examples of the version by which it came.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import structlog

from asr.intents import Examples, Matcher
from asr.intents_model import Phrases, key
from centralita.understanding.models import Models
from centralita.understanding.training import Result, Trainer
from config.build_services import intents
from config.schema import Centre
from ivr import slots
from ivr.ports import Understood

_log = structlog.get_logger("understanding")

MATCHERS_MAX = 40
"""Sets of phrases in memory: languages, times the versions by which callers on the line came."""
VERSIONS_MAX = 40
"""Versions of the configuration whose examples are in memory."""
_WHY = {
    Result.NO_LIBRARY: (
        "falta scikit-learn: instálelo (pip install scikit-learn) y reinicie",
        "scikit-learn is missing: install it (pip install scikit-learn) and restart",
    ),
    Result.FAILED: ("vea log/intents.log", "see log/intents.log"),
}


@dataclass(frozen=True, slots=True)
class Ports:
    version: Callable[[str], str]
    """The version that a call by this one gets: itself, or the live one if it is "" or not kept any more."""
    examples: Callable[[str], Examples]
    """Of such a version."""
    today: Callable[[], date]
    """Where the centre is: "mañana" is the day after."""


@dataclass(frozen=True, slots=True)
class _Wording:
    """Of one version of the configuration."""

    examples: Examples
    keys: Mapping[str, str]
    """By language, the name of its set of phrases."""


class Understanding:
    """
    Args:
        models: Where they lie.
        trainer: Makes them.
        ports: What it needs of the server.
    """

    def __init__(self, models: Models, trainer: Trainer, ports: Ports) -> None:
        self._models, self._trainer, self._ports = models, trainer, ports
        self._wordings: OrderedDict[str, _Wording] = OrderedDict()
        self._matchers: OrderedDict[str, Matcher] = OrderedDict()
        self._results: dict[str, Result] = {}
        self._wanted: dict[str, Phrases] = {}
        self._work = asyncio.Event()

    async def run(self) -> None:
        """Learn what is asked for, one set of phrases after the other, until cancelled."""
        self.published()
        while True:
            await self._work.wait()
            self._work.clear()
            while self._wanted:
                found = next(iter(self._wanted))
                await self._learn(found, self._wanted[found])
                del self._wanted[found]

    def published(self) -> None:
        """There is another live configuration: what is new in it is learned, what failed is tried again."""
        for key_, result in list(self._results.items()):
            if result in _WHY:
                del self._results[key_]
        wording = self._wording("")
        for language in wording.keys:
            self._matcher(wording, language)

    async def understand(self, text: str, language: str, config_version: str) -> Understood:
        """
        What these words mean, in a fraction of a millisecond.

        Args:
            text: As it was recognised.
            language: In which.
            config_version: By which the caller came.
        """
        matcher = self._matcher(self._wording(config_version), language)
        intent, sure = ("", 0.0) if matcher is None else matcher.classify(text)
        return Understood(intent, sure, slots.read(text, language, self._ports.today()))

    def alarms(self) -> list[str]:
        """What a person should mend; empty when all is well."""
        keys = self._wording("").keys
        found = [(language, self._results.get(keys[language])) for language in sorted(keys)]
        return [_alarm(language, result) for language, result in found if result in _WHY]

    def learned(self, language: str) -> bool:
        """Whether what is published in this language has been learned; else phrases are only compared."""
        matcher = self._matchers.get(self._wording("").keys.get(language, ""))
        return matcher is not None and matcher.model is not None

    def _wording(self, version: str) -> _Wording:
        real = self._ports.version(version)
        wording = self._wordings.get(real)
        if wording is None:
            examples = self._ports.examples(real)
            keys = {language: key(phrases) for language, phrases in examples.items()}
            wording = self._wordings[real] = _Wording(examples, keys)
            if len(self._wordings) > VERSIONS_MAX:
                self._wordings.popitem(last=False)
        self._wordings.move_to_end(real)
        return wording

    def _matcher(self, wording: _Wording, language: str) -> Matcher | None:
        """For now by likeness, if its model is not in memory; it is fetched, or learned, meanwhile."""
        key_ = wording.keys.get(language)
        if key_ is None:
            return None
        matcher = self._matchers.get(key_)
        if matcher is None:
            matcher = self._matchers[key_] = Matcher(wording.examples[language])
            if len(self._matchers) > MATCHERS_MAX:
                self._matchers.popitem(last=False)
        self._matchers.move_to_end(key_)
        if matcher.model is None and self._results.get(key_, Result.LEARNED) is Result.LEARNED:
            self._wanted.setdefault(key_, wording.examples[language])
            self._work.set()
        return matcher

    async def _learn(self, key_: str, phrases: Phrases) -> None:
        model = await asyncio.to_thread(self._models.read, key_)
        result = Result.LEARNED
        if model is None:
            result = await self._trainer.train(phrases, self._models.path(key_))
            _log.info("understanding.trained", key=key_, result=result.name.lower(), intents=len(phrases))
            if result is Result.LEARNED:
                model = await asyncio.to_thread(self._models.read, key_)
                await asyncio.to_thread(self._models.prune)
        if model is None and result is Result.LEARNED:
            result = Result.FAILED
        self._results[key_] = result
        if model is not None:
            self._matchers[key_] = Matcher(phrases, model)


def examples_of(config: Centre) -> Examples:
    """By language: intent -> phrases, of a checked configuration."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for intent in intents(config):
        for language, phrases in intent.examples.items():
            found.setdefault(language, {})[intent.id] = phrases
    return found


def _alarm(language: str, result: Result | None) -> str:
    assert result is not None
    es, en = _WHY[result]
    return (
        f"No se pudieron aprender las frases de los motivos en «{language}», se comparan tal cual: {es} / "
        f"The phrases of intents in '{language}' could not be learned, they are compared as they are: {en}"
    )
