"""What callers mean, by the version of the configuration by which they came."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from asr.intents import Examples
from asr.intents_model import Model, Phrases, key, save
from asr.intents_train import TooFewError, train
from bench.intents import read
from centralita.tasks import spawn
from centralita.understanding.models import KEPT, Models
from centralita.understanding.service import Ports, Understanding, examples_of
from centralita.understanding.training import Result, Trainer
from config.loader import check_text
from ivr.actions import Limits
from ivr.ports import Understood
from tests.support.polling import eventually
from tests.unit.config.good import FILE
from tests.unit.understanding.scene import text_with_intents

pytestmark = pytest.mark.unit

SPANISH = read("es")
TODAY = date(2026, 5, 4)
UNSEEN = "creo que hay un error en lo que me han cobrado"
LIMITS = Limits()


class Config:
    """Versions of a configuration."""

    def __init__(self) -> None:
        self.versions: dict[str, Examples] = {"v1": {"es": SPANISH.examples}}
        self.live = "v1"

    def ports(self) -> Ports:
        return Ports(
            version=lambda version: version if version in self.versions else self.live,
            examples=lambda version: self.versions[version],
            today=lambda: TODAY,
        )


class Counted(Trainer):
    """Learns here, which is faster than in a process of its own; counts, and fails when told to."""

    notes: dict[str, Any]

    def __init__(self, log: Path, learned: Model) -> None:
        super().__init__(log)
        self.__dict__["notes"] = {"trained": [], "fails": None, "learned": learned}

    @property
    def trained(self) -> list[str]:
        found: list[str] = self.notes["trained"]
        return found

    def fail(self, result: Result | None) -> None:
        self.notes["fails"] = result

    async def train(self, phrases: Phrases, path: Path) -> Result:
        self.trained.append(path.stem)
        if self.notes["fails"] is not None:
            return Result(self.notes["fails"])
        try:
            same = key(phrases) == key(SPANISH.examples)
            save(self.notes["learned"] if same else train(phrases), path)
        except TooFewError:
            return Result.TOO_FEW
        return Result.LEARNED


@pytest.fixture(scope="module")
def learned() -> Model:
    """Of the Spanish examples."""
    return train(SPANISH.examples)


@pytest.fixture
def config() -> Config:
    return Config()


@pytest.fixture
def trainer(tmp_path: Path, learned: Model) -> Counted:
    return Counted(tmp_path / "intents.log", learned)


@pytest.fixture
async def understanding(tmp_path: Path, config: Config, trainer: Counted) -> AsyncIterator[Understanding]:
    """Running; what is published is learned."""
    found = Understanding(Models(tmp_path / "models"), trainer, config.ports())
    task = spawn(found.run(), name="test.understanding")
    yield found
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def until_learned(found: Understanding, language: str = "es") -> None:
    await eventually(lambda: found.learned(language), 60, "it is learned")


async def test_what_is_published_is_learned_by_itself(understanding: Understanding, trainer: Counted) -> None:
    """Within seconds: before that phrases are compared, and what is only alike is asked back."""
    before = await understanding.understand("oiga que no entiendo nada de mi factura de este mes", "es", "v1")
    assert before.intent == "factura" and before.sure < LIMITS.intent_accept

    await until_learned(understanding)

    found = await understanding.understand(UNSEEN, "es", "v1")
    assert found.intent == "factura" and found.sure >= LIMITS.intent_confirm
    assert trainer.trained == [key(SPANISH.examples)]
    assert understanding.alarms() == []


async def test_an_example_is_understood_from_the_first_moment(understanding: Understanding) -> None:
    """Nobody has to wait for a training to be understood who says what is written."""
    found = await understanding.understand("Me voy a otra compañía.", "es", "v1")

    assert (found.intent, found.sure) == ("baja", 1.0)


async def test_numbers_and_dates_are_taken_from_the_words(understanding: Understanding) -> None:
    """Beside the intent, also of words that mean nothing, and in languages without examples."""
    found = await understanding.understand("mi pedido uno dos tres cuatro cinco no ha llegado", "es", "v1")
    assert found.slots["digits"] == "12345"
    assert (await understanding.understand("ayer", "es", "v1")).slots["date"] == "2026-05-03"
    assert (await understanding.understand("one two three four", "en", "v1")).slots["digits"] == "1234"
    assert await understanding.understand("", "es", "v1") == Understood()


async def test_a_call_keeps_the_examples_by_which_it_came(
    understanding: Understanding, config: Config
) -> None:
    """A new version means something else by the same words; who is on the line notices nothing."""
    config.versions["v2"] = {"es": {"otra": ["no entiendo mi factura"]}}
    config.live = "v2"
    understanding.published()

    assert (await understanding.understand("no entiendo mi factura", "es", "v1")).intent == "factura"
    assert (await understanding.understand("no entiendo mi factura", "es", "v2")).intent == "otra"
    assert (await understanding.understand("no entiendo mi factura", "es", "")).intent == "otra"
    assert (await understanding.understand("no entiendo mi factura", "es", "long gone")).intent == "otra"


async def test_a_version_that_is_not_kept_any_more_follows_the_live_one(
    understanding: Understanding, config: Config
) -> None:
    """Also when there is yet another live one later."""
    assert (await understanding.understand("no entiendo mi factura", "es", "v0")).intent == "factura"
    config.versions["v2"] = {"es": {"otra": ["no entiendo mi factura"]}}
    config.live = "v2"

    assert (await understanding.understand("no entiendo mi factura", "es", "v0")).intent == "otra"


async def test_the_same_phrases_are_learned_once(
    understanding: Understanding, config: Config, trainer: Counted, tmp_path: Path
) -> None:
    """Another version with the same examples, or a restart, finds the model there."""
    await until_learned(understanding)
    config.versions["v2"] = {"es": dict(reversed(SPANISH.examples.items()))}
    config.live = "v2"
    understanding.published()
    assert understanding.learned("es")

    after = Understanding(Models(tmp_path / "models"), trainer, config.ports())
    task = spawn(after.run(), name="test.again")
    await until_learned(after)
    task.cancel()

    assert len(trainer.trained) == 1


async def test_a_model_that_is_broken_is_learned_again(
    config: Config, trainer: Counted, tmp_path: Path
) -> None:
    """A power cut may leave anything in a file."""
    models = Models(tmp_path / "models")
    models.folder.mkdir()
    models.path(key(SPANISH.examples)).write_bytes(b"nonsense")
    found = Understanding(models, trainer, config.ports())
    task = spawn(found.run(), name="test.broken")

    await until_learned(found)

    task.cancel()
    assert len(trainer.trained) == 1


@pytest.mark.parametrize(
    ("result", "mend"), [(Result.FAILED, "log/intents.log"), (Result.NO_LIBRARY, "pip install scikit-learn")]
)
async def test_what_cannot_be_learned_is_told_and_compared(
    understanding: Understanding, config: Config, trainer: Counted, result: Result, mend: str
) -> None:
    """Once in the alarms, with how to mend it; the next publication tries again."""
    config.versions["v2"] = {"es": {**SPANISH.examples, "nueva": ["una cosa nueva", "algo", "lo nuevo"]}}
    config.live = "v2"
    trainer.fail(result)
    understanding.published()

    await eventually(understanding.alarms, 30, "an alarm")
    (alarm,) = understanding.alarms()
    assert mend in alarm and "«es»" in alarm
    assert (await understanding.understand("una cosa nueva", "es", "v2")).intent == "nueva"

    trainer.fail(None)
    understanding.published()
    await until_learned(understanding)
    assert understanding.alarms() == []


async def test_too_few_examples_are_nobody_s_fault(
    understanding: Understanding, config: Config, trainer: Counted
) -> None:
    """They are compared; there is no alarm, and it is not tried again and again."""
    config.versions["v2"] = {"es": {"a": ["uno", "dos"], "b": ["tres"]}}
    config.live = "v2"
    understanding.published()
    tried = key(config.versions["v2"]["es"])
    await eventually(lambda: tried in trainer.trained, 30, "it was tried")
    await until_asked_for_nothing(understanding)

    understanding.published()
    for _ in range(3):
        assert (await understanding.understand("uno", "es", "v2")).intent == "a"
    await until_asked_for_nothing(understanding)

    assert trainer.trained.count(tried) == 1
    assert understanding.alarms() == []


async def until_asked_for_nothing(found: Understanding) -> None:
    await eventually(lambda: not found._wanted, 60, "nothing is being learned")


async def test_learning_happens_in_a_process_of_its_own(tmp_path: Path, config: Config) -> None:
    """The real one, from the phrases of a configuration to understanding what was held back."""
    found = Understanding(Models(tmp_path / "models"), Trainer(tmp_path / "log" / "x.log"), config.ports())
    task = spawn(found.run(), name="test.process")

    await until_learned(found)

    task.cancel()
    understood = await found.understand(UNSEEN, "es", "v1")
    assert understood.intent == "factura" and understood.sure >= LIMITS.intent_confirm


async def test_a_training_that_hangs_is_ended(tmp_path: Path) -> None:
    """And leaves no process behind."""
    pid = tmp_path / "pid"
    script = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    trainer = Trainer(tmp_path / "log" / "x.log", (sys.executable, "-c", script), within_s=2.0)

    assert await trainer.train({"a": ["b"]}, tmp_path / "m.npz") is Result.FAILED

    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.parametrize("command", [("/no/such/program",), (sys.executable, "-c", "raise SystemExit(9)")])
async def test_a_training_that_cannot_be_started_or_crashes_is_a_failure(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """Not an exception."""
    assert await Trainer(tmp_path / "x.log", command).train({"a": ["b"]}, tmp_path / "m") is Result.FAILED


def test_old_models_are_thrown_away(tmp_path: Path) -> None:
    """The newest stay."""
    for number in range(KEPT + 3):
        file = tmp_path / f"{number}.npz"
        file.touch()
        os.utime(file, (number, number))

    Models(tmp_path).prune()

    assert {file.stem for file in tmp_path.iterdir()} == {str(number) for number in range(3, KEPT + 3)}


def test_the_examples_of_a_configuration() -> None:
    """By language and intent; a language that an intent lacks is left out."""
    found: Mapping[str, Phrases] = examples_of(check_text(text_with_intents(), FILE).config)

    assert set(found) == {"es", "en"}
    assert set(found["es"]) == {"factura", "averia", "cita"}
    assert found["en"] == {
        "factura": ("my bill is wrong", "I was charged twice", "the invoice"),
        "averia": ("it is broken",),
    }
