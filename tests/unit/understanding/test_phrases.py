"""Adding an example from the page: into the file, checked, live; or refused with nothing changed."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from centralita.publisher import CannotPublishError, Ports, Publisher, Refusal
from centralita.understanding import phrases as module
from centralita.understanding.masking import HIDDEN
from centralita.understanding.phrases import Phrases
from centralita.web.utterances_ports import PhraseRefusedError
from config.loader import Loaded, load
from tests.unit.understanding.scene import INTENTS, text_with_intents, write_centre

pytestmark = pytest.mark.unit


class Centre:
    """A configuration in a folder, published as the server does it."""

    def __init__(self, folder: Path, text: str | None = None) -> None:
        self.file = write_centre(folder, text)
        self.live: list[Loaded] = []
        self.disk_full = False
        self.publisher = Publisher(self.file, load(self.file), Ports(self._apply, lambda: 7))
        self.phrases = Phrases(self.file, self._publish)

    async def _apply(self, loaded: Loaded) -> None:
        if self.disk_full:
            raise CannotPublishError("No space left on device")
        self.live.append(loaded)

    async def _publish(self) -> Refusal | None:
        await self.publisher.look()
        return self.publisher.refusal

    def text(self) -> str:
        return self.file.read_bytes().decode()

    async def refused(self, intent: str, language: str, phrase: str) -> PhraseRefusedError:
        before = self.text()
        with pytest.raises(PhraseRefusedError) as refusal:
            await self.phrases.add(intent, language, phrase)
        assert self.text() == before
        assert refusal.value.es and refusal.value.en
        return refusal.value


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return Centre(tmp_path)


async def test_a_phrase_is_in_the_file_and_live(centre: Centre) -> None:
    """In its place, with everything around it as it was; who may read the file may go on doing so."""
    centre.file.chmod(0o640)
    before = centre.text()

    done = await centre.phrases.add("factura", "es", "  la factura   está mal ")

    assert centre.text() == before.replace(
        "        - el recibo viene mal\n", "        - el recibo viene mal\n        - la factura está mal\n"
    )
    assert centre.file.stat().st_mode & 0o777 == 0o640
    assert (done.added, done.examples) == (True, 4)
    assert [one.version for one in centre.live] == [done.version] == [load(centre.file).version]
    assert centre.live[0].config.intents["factura"].examples["es"][-1] == "la factura está mal"


async def test_an_example_that_is_there_is_not_added_twice(centre: Centre) -> None:
    """However it is written; nothing is published."""
    before = centre.text()

    done = await centre.phrases.add("factura", "es", "¡No entiendo mi FACTURA!")

    assert (done.added, done.examples, centre.text(), centre.live) == (False, 3, before, [])


async def test_a_hidden_number_does_not_become_an_example(centre: Centre) -> None:
    """Of what was said only the words count."""
    await centre.phrases.add("factura", "es", f"el recibo {HIDDEN} está mal")

    assert centre.live[-1].config.intents["factura"].examples["es"][-1] == "el recibo está mal"


@pytest.mark.parametrize(
    ("intent", "language", "phrase", "status", "code"),
    [
        ("fatura", "es", "una frase", 404, "unknown_intent"),
        ("factura", "fr", "une phrase", 404, "unknown_language"),
        ("factura", "es", "¿¡!?", 422, "no_phrase"),
        ("factura", "es", "x" * 201, 422, "no_phrase"),
        ("factura", "es", "no funciona internet", 409, "other_intent"),
    ],
)
async def test_what_cannot_be_added_says_why(
    centre: Centre, intent: str, language: str, phrase: str, status: int, code: str
) -> None:
    """And nothing has changed."""
    error = await centre.refused(intent, language, phrase)

    assert (error.status, error.code, centre.live) == (status, code, [])


async def test_a_file_that_somebody_is_in_the_middle_of_is_left_alone(centre: Centre) -> None:
    """Broken as it is, nothing could be published: that is said, with the place."""
    centre.file.write_text(centre.text() + "queues: 7\n")

    error = await centre.refused("factura", "es", "una frase nueva")

    assert (error.status, error.code) == (409, "config_broken")
    assert "centro.yaml:" in error.es


async def test_an_edit_in_the_same_moment_wins(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person has saved meanwhile is not overwritten."""
    checked = module._checked

    def slow(loaded: Loaded, file: Path, text: str) -> Loaded:
        found = checked(loaded, file, text)
        centre.file.write_text(centre.file.read_text() + "# mine\n")
        return found

    monkeypatch.setattr(module, "_checked", slow)
    with pytest.raises(PhraseRefusedError) as refusal:
        await centre.phrases.add("factura", "es", "una frase nueva")

    assert refusal.value.code == "changed"
    assert centre.text().endswith("# mine\n") and "una frase nueva" not in centre.text()


async def test_what_cannot_be_taken_up_is_taken_back(centre: Centre) -> None:
    """A disk that is full for sounds: the file is as it was, and so is what is live."""
    centre.disk_full = True

    error = await centre.refused("factura", "es", "una frase nueva")

    assert error.code == "not_published"
    assert "No space left" in error.es


async def test_a_file_that_may_not_be_written_says_so(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration that is kept under the control of somebody else."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", refuse)

    assert (await centre.refused("factura", "es", "una frase nueva")).code == "cannot_write"


async def test_intents_in_a_file_of_their_own(tmp_path: Path) -> None:
    """The phrase goes where the intent stands; the main file is not touched."""
    (tmp_path / "motivos").mkdir()
    part = tmp_path / "motivos" / "es.yaml"
    part.write_text(INTENTS)
    centre = Centre(tmp_path, text_with_intents("use: [motivos/es.yaml]\n"))
    main = centre.text()

    await centre.phrases.add("cita", "en", "book a visit")

    assert centre.text() == main
    assert "en: [book a visit]" in part.read_text()
    assert centre.live[-1].config.intents["cita"].examples["en"] == ["book a visit"]


async def test_ends_of_lines_and_a_byte_order_mark_stay(tmp_path: Path) -> None:
    """As the editor of another system has written them."""
    text = text_with_intents().replace("\n", "\r\n")
    centre = Centre(tmp_path, "\ufeff" + text)

    await centre.phrases.add("factura", "es", "una frase nueva")

    data = centre.file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and data.count(b"\xef\xbb\xbf") == 1
    assert data.count(b"\n") == data.count(b"\r\n") == text.count("\n") + 1


async def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    """Installations that keep the configuration elsewhere."""
    (tmp_path / "real").mkdir()
    real = write_centre(tmp_path / "real")
    link = tmp_path / "real" / "link.yaml"
    link.symlink_to(real)
    centre = Centre(tmp_path)
    centre.file = link
    phrases = Phrases(link, centre._publish)

    await phrases.add("factura", "es", "una frase nueva")

    assert link.is_symlink() and "una frase nueva" in real.read_text()


async def test_many_at_once_are_all_added(centre: Centre) -> None:
    """One after the other: none is lost."""
    texts = [f"frase número {word}" for word in ("uno", "dos", "tres", "cuatro", "cinco")]

    await asyncio.gather(*(centre.phrases.add("averia", "es", text) for text in texts))

    assert load(centre.file).config.intents["averia"].examples["es"][-5:] == texts
