from __future__ import annotations

from pathlib import Path

import pytest

from centralita.install.asterisk import AsteriskInstall, ensure_asterisk, locate
from centralita.install.errors import InstallError

pytestmark = pytest.mark.unit


def _tree(root: Path, *, loader: bool) -> Path:
    for folder in (
        "usr/sbin",
        "usr/lib/x86_64-linux-gnu/asterisk/modules",
        "usr/share/asterisk/documentation",
    ):
        (root / folder).mkdir(parents=True)
    (root / "usr/sbin/asterisk").write_text("#!/bin/sh\nexit 3\n")
    (root / "usr/sbin/asterisk").chmod(0o755)
    if loader:
        (root / "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2").touch()
    return root


def test_a_tree_with_its_own_loader_is_started_through_it(tmp_path: Path) -> None:
    """A fetched tree uses none of the host's libraries."""
    install = locate(_tree(tmp_path, loader=True))
    libraries = tmp_path / "usr/lib/x86_64-linux-gnu"

    assert install.argv("-V") == [
        str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries),
        str(tmp_path / "usr/sbin/asterisk"), "-V",
    ]  # fmt: skip


def test_ones_own_build_is_started_as_it_is(tmp_path: Path) -> None:
    """A build against the host's libraries needs no loader."""
    install = locate(_tree(tmp_path, loader=False))

    assert install.argv("-V") == [str(tmp_path / "usr/sbin/asterisk"), "-V"]
    assert install.share_dir == tmp_path / "usr/share/asterisk"


def test_a_folder_without_asterisk_lists_where_it_was_looked_for(tmp_path: Path) -> None:
    """The person sees the places and the variable that named the folder."""
    environ = {"ASTERISK_ROOT": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    with pytest.raises(InstallError, match="ASTERISK_ROOT") as error:
        ensure_asterisk(environ=environ, say=lambda _: None)

    assert str(tmp_path / "usr/sbin/asterisk") in str(error.value)


def test_a_build_that_lacks_modules_names_them(tmp_path: Path) -> None:
    """ASTERISK_ROOT is a person's choice: what is missing is said, nothing else is used instead."""
    environ = {
        "ASTERISK_ROOT": str(_tree(tmp_path, loader=False)),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    with pytest.raises(InstallError, match=r"module chan_pjsip\.so") as error:
        ensure_asterisk(environ=environ, say=lambda _: None)

    assert "le falta" in str(error.value)
    assert not list((tmp_path / "cache" / "centralita").glob("*.json"))


def test_the_loader_comes_first_then_the_program() -> None:
    """`argv` is ready for exec."""
    install = AsteriskInstall(None, Path("/usr/sbin/asterisk"), ("ld", "--x"), Path("/m"), Path("/s"), "22")

    assert install.argv("-f") == ["ld", "--x", "/usr/sbin/asterisk", "-f"]
