"""Archives that somebody else made."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from centralita.models_command.errors import ModelError
from centralita.models_command.unpack import Limits, is_archive, scratch, unpack
from tests.unit.models_command.scene import VOSK, tarred, zipped

pytestmark = pytest.mark.unit

EVIL = [
    "../evil",
    "a/../../evil",
    "/tmp/evil",
    "..",
    "a\\..\\..\\evil",
    "C:evil",
]


def all_files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("kind", ["zip", "gz", "bz2", "xz", ""])
def test_zip_and_tar_of_every_compression_come_out_whole(tmp_path: Path, kind: str) -> None:
    """By what is in the file, not by its name."""
    file = tmp_path / "model"
    archive = zipped(file, VOSK) if kind == "zip" else tarred(file, VOSK, kind=kind)
    assert is_archive(archive)

    unpack(archive, tmp_path / "out")

    assert all_files(tmp_path / "out") == dict(sorted(VOSK.items()))


@pytest.mark.parametrize("name", EVIL)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    """Whoever makes such an archive wants something else than speech: nothing is written outside."""
    make = zipped if kind == "zip" else tarred
    archive = make(tmp_path / "a", {"good": b"x", name: b"evil"})
    before = set(tmp_path.iterdir())

    with pytest.raises(ModelError, match="fuera de su carpeta"):
        unpack(archive, tmp_path / "out")

    assert set(tmp_path.iterdir()) - before == {tmp_path / "out"}
    assert not Path("/tmp/evil").exists()


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE],
    ids=["sym", "hard", "chr", "fifo"],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    """Through a link the next entry would be written anywhere."""
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as out:
        entry = tarfile.TarInfo("model")
        entry.type, entry.linkname = kind, "/etc"
        out.addfile(entry)

    with pytest.raises(ModelError, match="enlace"):
        unpack(archive, tmp_path / "out")

    assert list((tmp_path / "out").iterdir()) == []


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    """They are files with a mark there."""
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as out:
        entry = zipfile.ZipInfo("model")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(entry, "/etc")

    with pytest.raises(ModelError, match="enlace"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_that_grows_without_end_is_stopped(tmp_path: Path, kind: str) -> None:
    """A thousand times its size: the bytes that come out are counted, not those that are promised."""
    make = zipped if kind == "zip" else tarred
    archive = make(tmp_path / "a", {"big": bytes(20 << 20)})
    assert archive.stat().st_size < 1 << 20

    with pytest.raises(ModelError, match="demasiado grande"):
        unpack(archive, tmp_path / "out", Limits(bytes_=4 << 20))


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    """No model has ten thousand."""
    archive = zipped(tmp_path / "a", {str(number): b"" for number in range(9)})

    with pytest.raises(ModelError, match="demasiados"):
        unpack(archive, tmp_path / "out", Limits(files=8))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_broken_archive_is_said_to_be_broken(tmp_path: Path, kind: str) -> None:
    """Cut short, or changed in the middle: download it again."""
    make = zipped if kind == "zip" else tarred
    archive = make(tmp_path / "a", {**VOSK, "noise": bytes(range(256)) * 400})
    data = bytearray(archive.read_bytes())
    if kind == "zip":
        data[40:60] = bytes(20)
    else:
        del data[len(data) // 2 :]
    archive.write_bytes(data)

    with pytest.raises(ModelError, match="dañado"):
        unpack(archive, tmp_path / "out")


def test_the_same_name_twice_does_not_write_over(tmp_path: Path) -> None:
    """What comes second would be something else than what was looked at."""
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as out:
        for data in (b"one", b"two"):
            entry = tarfile.TarInfo("same")
            entry.size = len(data)
            out.addfile(entry, io.BytesIO(data))

    with pytest.raises((ModelError, FileExistsError)):
        unpack(archive, tmp_path / "out")


def test_what_is_no_archive_is_said_so(tmp_path: Path) -> None:
    """A page of a web site, say, that was saved instead."""
    file = tmp_path / "model.zip"
    file.write_text("<html>")

    assert not is_archive(file)
    with pytest.raises(ModelError, match="zip ni tar"):
        unpack(file, tmp_path / "out")


def test_scratch_folders_leave_nothing(tmp_path: Path) -> None:
    """Whatever happens in them, and whatever was left by one that was killed."""
    place = tmp_path / "work"
    (place / "left").mkdir(parents=True)

    def work() -> None:
        with scratch(place) as folder:
            assert list(folder.iterdir()) == []
            (folder / "x").touch()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert not place.exists()
