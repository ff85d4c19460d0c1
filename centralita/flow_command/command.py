"""The command `centralita flow`: conversations tried, flows drawn."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from asr.intents import Intents
from asr.intents_model import Model, Phrases
from centralita.clock import wall_clock_ms
from centralita.drawings import drawing
from centralita.flow_command.scripted import House
from centralita.flow_command.talks import Failure, Result, Step, run_talk
from centralita.understanding.service import examples_of
from config import build
from config.flow_graph import graph
from config.flow_text import dot, mermaid
from config.loader import Loaded, load
from config.problems import KeyPath
from config.schema import Centre
from config.talks import Talk
from config.use import read_whole

FORMATS = ("mermaid", "dot", "json")
_MARKS = {
    "node": "·",
    "hears": "oye / hears",
    "says": "dice / says",
    "keys": "pulsa / keys",
    "silence": "calla / silence",
    "hangs_up": "cuelga / hangs up",
    "does": "→",
}


class FlowError(RuntimeError):
    """The text says why and what to do, Spanish first."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of all conversations that were asked for."""

    results: tuple[Result, ...]

    @property
    def ok(self) -> bool:
        return all(result.ok for result in self.results)


def try_talks(
    file: Path, say: Callable[[str], None], *, only: str | None = None, verbose: bool = False
) -> Tried:
    """
    Run the conversations of a configuration and tell what came of each.

    Args:
        file: The configuration.
        say: Gets the output, line by line.
        only: The conversation of this name, or those whose name holds this; None: all.
        verbose: Also of those that go as written, every step.

    Raises:
        ConfigError: The configuration cannot be used.
        FlowError: There is nothing to try.
    """
    loaded = load(file)
    chosen = _chosen(loaded.config.tests, only)
    house = House.of(loaded.config, intents_of(loaded.config), _today(loaded.config))
    plan = build.plan(loaded.config)
    mark = _marker(loaded)
    results: list[Result] = []
    for index, talk in chosen:
        result = run_talk(house, plan, talk)
        results.append(result)
        for line in _lines(result, verbose=verbose):
            say(line)
        if result.failure is not None:
            say(_where(result.failure, index, mark))
    good = sum(result.ok for result in results)
    say(f"{good}/{len(results)} conversaciones como están escritas / talks as they are written")
    return Tried(tuple(results))


def draw(file: Path, *, flow: str | None = None, form: str = "mermaid") -> str:
    """
    A configuration's flows as text.

    Args:
        file: The configuration.
        flow: Only this one; None: all of them.
        form: One of `FORMATS`.

    Raises:
        ConfigError: The configuration cannot be used.
        FlowError: There is no such flow.
    """
    centre = load(file).config
    if flow is not None and flow not in centre.flows:
        names = ", ".join(centre.flows)
        raise FlowError(f"No hay un flujo «{flow}»; existen: {names} / there is no such flow")
    drawn = [graph(centre, name) for name in ([flow] if flow is not None else centre.flows)]
    if form == "json":
        return json.dumps([drawing(one) for one in drawn], ensure_ascii=False, indent=1) + "\n"
    write = mermaid if form == "mermaid" else dot
    sign = "%%" if form == "mermaid" else "//"
    return "\n".join(f"{sign} {one.flow}\n{write(one)}" for one in drawn)


def intents_of(centre: Centre) -> Intents:
    """The intents of a configuration, learned as a running centre learns them."""
    examples = examples_of(centre)
    models = {lang: model for lang, phrases in examples.items() if (model := _learned(phrases)) is not None}
    return Intents(examples, models)


def _learned(phrases: Phrases) -> Model | None:
    # The library is large and loaded only where there is something to learn.
    try:
        from asr.intents_train import TooFewError, train  # noqa: PLC0415
    except ImportError:
        return None
    try:
        return train(phrases)
    except TooFewError:
        return None


def _today(centre: Centre) -> dt.date:
    """Where the centre is: by its first opening hours."""
    zone = next((hours.zone for hours in centre.hours.values()), "Europe/Madrid")
    return dt.datetime.fromtimestamp(wall_clock_ms() / 1_000, ZoneInfo(zone)).date()


def _chosen(talks: Sequence[Talk], only: str | None) -> list[tuple[int, Talk]]:
    numbered = list(enumerate(talks))
    if not numbered:
        raise FlowError(
            "Esta configuración no tiene conversaciones en «tests»: docs/flows.md dice cómo se escriben. / "
            'This configuration has no talks under "tests": docs/flows.md shows how they are written.'
        )
    same = [one for one in numbered if one[1].name == only]
    chosen = same or [one for one in numbered if only is None or only.casefold() in one[1].name.casefold()]
    if not chosen:
        names = ", ".join(f"«{talk.name}»" for talk in talks[:12])
        raise FlowError(f"Ninguna se llama así; hay: {names} / none has this name")
    return chosen


def _marker(loaded: Loaded) -> Callable[[KeyPath], str]:
    """Where something of the configuration stands, as file:line."""
    main, text = next(iter(loaded.texts.items()))
    tree = read_whole(text, main).tree

    def mark(path: KeyPath) -> str:
        file, line, _ = tree.mark(path)
        return f"{file}:{line}"

    return mark


def _lines(result: Result, *, verbose: bool) -> Iterator[str]:
    yield f"{'✓' if result.ok else '✗'} {result.talk.name}"
    if not result.ok or verbose:
        yield from (f"    {_told(step)}" for step in result.steps)


def _where(failure: Failure, index: int, mark: Callable[[KeyPath], str]) -> str:
    path: KeyPath = ("ends",) if failure.line is None else ("talk", failure.line)
    es, en = failure.said
    return f"  ✗ {mark(('tests', index, *path))}: {es} / {en}"


def _told(step: Step) -> str:
    text = f"«{step.text}»" if step.mark in {"says", "hears"} and step.text else step.text
    return f"{_MARKS[step.mark]} {text}".rstrip()
