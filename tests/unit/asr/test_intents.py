"""Spoken intents: learned from examples, tried on phrases that were held back."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from asr import intents_worker
from asr.intents import Intents, Matcher
from asr.intents_model import Model, ModelUnreadableError, key, load, save
from asr.intents_text import TEXT_MAX, pieces, plain
from asr.intents_train import TooFewError, train
from bench.intents import Split, damage, read, score
from ivr.actions import Limits

pytestmark = pytest.mark.unit

LIMITS = Limits()


@pytest.fixture(scope="module", params=["es", "en"])
def learned(request: pytest.FixtureRequest) -> tuple[Split, Model]:
    split = read(request.param)
    return split, train(split.examples)


@pytest.fixture(scope="module")
def spanish() -> tuple[Split, Model]:
    split = read("es")
    return split, train(split.examples)


def test_phrases_that_were_never_shown_are_understood(learned: tuple[Split, Model]) -> None:
    """Nine of ten are right; what is taken without asking is right, and most are taken or asked back."""
    split, model = learned

    found = score(Matcher(split.examples, model), split.held_back)

    assert found.right >= 0.85
    assert found.taken >= 0.4
    assert found.taken_right >= 0.96
    assert found.taken + found.asked_back >= 0.8


def test_what_a_recogniser_has_damaged_is_understood(learned: tuple[Split, Model]) -> None:
    """Confused sounds, lost words and letters: three of four are still right, what is taken nearly always."""
    split, model = learned

    found = score(Matcher(split.examples, model), split.damaged())

    assert found.right >= 0.75
    assert found.taken_right >= 0.93


def test_what_is_none_of_the_reasons_is_not_taken_for_one(learned: tuple[Split, Model]) -> None:
    """At most one of ten is taken, and two of three are not even asked back."""
    split, model = learned

    found = score(Matcher(split.examples, model), [(text, "") for text in split.out_of_scope])

    assert found.taken <= 0.1
    assert 1 - found.taken - found.asked_back >= 0.65


def test_how_sure_an_answer_is_tells_how_often_it_is_right(learned: tuple[Split, Model]) -> None:
    """Of phrases that were held back or damaged, the surer third is right more often than the least sure."""
    split, model = learned
    found = sorted(
        (sure, intent == meant)
        for text, meant in [*split.held_back, *split.damaged()]
        for intent, sure in [Matcher(split.examples, model).classify(text)]
    )
    third = len(found) // 3

    least, most = (sum(right for _, right in some) / third for some in (found[:third], found[-third:]))

    assert most >= 0.97 > least
    assert all(0.0 <= sure <= 1.0 for sure, _ in found)


@pytest.mark.parametrize(
    "text", ["no entiendo mi factura", "¡No entiendo mi FACTURA!", "no  entiendo mi factúra"]
)
def test_an_example_is_what_it_stands_for(spanish: tuple[Split, Model], text: str) -> None:
    """Word by word, whatever the accents and signs, with or without a model: nothing is surer."""
    split, model = spanish

    assert Matcher(split.examples, model).classify(text) == ("factura", 1.0)
    assert Matcher(split.examples).classify(text) == ("factura", 1.0)


def test_until_it_is_learned_the_nearest_example_decides_and_is_asked_back(
    spanish: tuple[Split, Model],
) -> None:
    """A slip of one letter is taken; what is only alike is asked back, and what is not is nothing."""
    matcher = Matcher(spanish[0].examples)

    near, sure = matcher.classify("no entiendo mi facturra")
    assert near == "factura" and sure >= LIMITS.intent_accept
    alike, less_sure = matcher.classify("oiga que no entiendo nada de mi factura de este mes")
    assert alike == "factura" and LIMITS.intent_confirm <= less_sure < LIMITS.intent_accept
    assert matcher.classify("zzz kkk www") == ("", 0.0)


def test_likeness_alone_understands_most(learned: tuple[Split, Model]) -> None:
    """Where nothing can be learned (two reasons, no library): asked back, three of four right."""
    split, _ = learned

    found = score(Matcher(split.examples), split.held_back)
    strange = score(Matcher(split.examples), [(text, "") for text in split.out_of_scope])

    assert found.asked_back >= 0.75 and found.asked_right >= 0.75
    assert found.taken <= 0.05 and strange.taken == 0.0
    assert strange.asked_back <= 0.4


@pytest.mark.parametrize("text", ["", "   ", "¿?", "ㅎㅎㅎ", "\x00\x07"])
def test_nothing_said_is_nothing_meant(spanish: tuple[Split, Model], text: str) -> None:
    """Silence, signs and letters that no example has."""
    split, model = spanish

    assert Matcher(split.examples, model).classify(text)[1] == 0.0
    assert Matcher(split.examples).classify(text)[1] == 0.0


def test_a_language_without_examples_understands_nothing(spanish: tuple[Split, Model]) -> None:
    """And does not fail."""
    found = Intents({"es": spanish[0].examples}, {"es": spanish[1]})

    assert found.classify("quiero pagar un recibo pendiente", "es") == ("pagar", 1.0)
    assert found.classify("quiero pagar un recibo pendiente", "en") == ("", 0.0)


def test_a_text_as_long_as_a_book_costs_no_more_than_a_sentence(spanish: tuple[Split, Model]) -> None:
    """Only the first `TEXT_MAX` letters are looked at."""
    assert len(plain("factura " * 100_000)) <= TEXT_MAX
    assert Matcher(spanish[0].examples, spanish[1]).classify("factura " * 100_000)[0] == "factura"


def test_pieces_are_those_of_the_library() -> None:
    """A model would be worth nothing if what it is asked were cut otherwise than what it has seen."""
    from sklearn.feature_extraction.text import CountVectorizer  # noqa: PLC0415

    cut = CountVectorizer(analyzer="char_wb", ngram_range=(2, 5)).build_analyzer()
    for text in ("no entiendo mi factura", "a", "el de la", "averia"):
        assert sorted(pieces(text)) == sorted(cut(text))


def test_a_model_is_the_same_after_it_was_stored(spanish: tuple[Split, Model], tmp_path: Path) -> None:
    """And its file is readable by its owner only."""
    split, model = spanish
    file = tmp_path / "models" / "m.npz"

    save(model, file)
    again = load(file)

    assert file.stat().st_mode & 0o777 == 0o600
    for text, _ in split.held_back:
        (intent, sure), (read_back, as_sure) = model.classify(plain(text)), again.classify(plain(text))
        assert read_back == intent
        assert as_sure == pytest.approx(sure, abs=1e-5)


def test_a_broken_file_is_no_model_and_never_runs(tmp_path: Path) -> None:
    """Cut short, of another recipe, or with an object in it that would be run when it is read."""
    split = read("es")
    file = tmp_path / "m.npz"
    save(train(split.examples), file)
    whole = file.read_bytes()

    for wrong in (b"", whole[: len(whole) // 2], b"no model at all"):
        file.write_bytes(wrong)
        with pytest.raises(ModelUnreadableError):
            load(file)
    np.savez(file, recipe=np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ModelUnreadableError):
        load(file)
    np.savez(file, recipe=np.array("0"))
    with pytest.raises(ModelUnreadableError, match="recipe"):
        load(file)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.npz")


def test_the_name_of_a_model_is_that_of_its_phrases() -> None:
    """Order and spelling do not matter, one more phrase does."""
    phrases = {"pagar": ["quiero pagar", "Pagar."], "baja": ["me voy"]}

    assert key(phrases) == key({"baja": ("me voy",), "pagar": ("pagar", "Quiero  pagar")})
    assert key(phrases) != key({**phrases, "baja": ["me voy", "adiós"]})
    assert key(phrases) != key({"pagar": ["me voy"], "baja": ["quiero pagar", "Pagar."]})


@pytest.mark.parametrize(
    "phrases",
    [
        {},
        {"a": ["uno", "dos", "tres"]},
        {"a": ["uno", "dos", "tres"], "b": ["cuatro", "cinco", "seis"]},
        {"a": ["uno", "dos", "tres"], "b": ["cuatro", "cinco", "seis"], "c": ["siete", "ocho"]},
        {"a": ["uno", "dos", "tres"], "b": ["cuatro", "cinco", "seis"], "c": ["siete", "Siete!", "siete."]},
    ],
)
def test_too_few_examples_are_not_learned_from(phrases: Mapping[str, list[str]]) -> None:
    """Two reasons, or two phrases of one, say nothing of what belongs to none; spellings do not count."""
    with pytest.raises(TooFewError):
        train(phrases)


def test_the_least_that_can_be_learned_from() -> None:
    """Three reasons of three phrases: a model that knows its own words and is not sure of others."""
    model = train(
        {
            "factura": ["mi factura", "el recibo", "me han cobrado"],
            "averia": ["no funciona", "está roto", "se ha estropeado"],
            "cita": ["pedir cita", "reservar hora", "cambiar la visita"],
        }
    )

    assert model.classify("la factura")[0] == "factura"
    assert model.sure(0.99) > model.sure(0.4)


def test_training_is_done_in_a_process_of_its_own(tmp_path: Path) -> None:
    """It reads the phrases, writes the model, and says why it could not."""
    file = tmp_path / "m.npz"

    assert _worker(file, read("es").examples).returncode == 0
    assert load(file).classify("quiero pagar lo que debo")[0] == "pagar"
    few = tmp_path / "few.npz"
    assert _worker(few, {"a": ["uno"]}).returncode == intents_worker.TOO_FEW
    assert not few.exists()


def test_without_the_library_it_is_said_so(tmp_path: Path) -> None:
    """scikit-learn may be missing from an installation: that is an answer, not a traceback."""
    (tmp_path / "sklearn.py").write_text("raise ImportError('no such library')")

    run = _worker(tmp_path / "m.npz", read("es").examples, path=f"{tmp_path}:{Path.cwd()}")

    assert run.returncode == intents_worker.MISSING_LIBRARY
    assert b"Traceback" not in run.stderr


def test_damage_is_damage() -> None:
    """The data of the test above differs from what was held back, nearly always."""
    chance = random.Random(1)
    texts = [text for text, _ in read("es").held_back]

    assert sum(damage(text, chance) != plain(text) for text in texts) > 0.9 * len(texts)


def _worker(
    file: Path, phrases: Mapping[str, list[str]], path: str | None = None
) -> subprocess.CompletedProcess[bytes]:
    environ = {"PYTHONPATH": path or str(Path.cwd()), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", intents_worker.__name__, str(file)],
        input=json.dumps(phrases).encode(),
        capture_output=True,
        env=environ,
        check=False,
        timeout=120,
    )


def test_who_says_it_twice_means_it_once() -> None:
    """So do recognizers that write twice what was said once."""
    matcher = Matcher({"verano": ("agosto", "las vacaciones"), "otono": ("bla bla",)})

    assert matcher.classify("Agosto, agosto.") == ("verano", 1.0)
    assert matcher.classify("bla bla") == ("otono", 1.0)
