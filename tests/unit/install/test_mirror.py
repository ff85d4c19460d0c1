from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from centralita.install.errors import InstallError
from centralita.install.mirror import Entry, choose, codename, debian_archive, parse_targets, route_settings

pytestmark = pytest.mark.unit

DEBIAN = "http://espejo.example/debian"
needs_apt = pytest.mark.skipif(shutil.which("apt-get") is None, reason="not a Debian machine")


def _options(folder: Path, *, one_line: str = "", deb822: str = "") -> tuple[str, ...]:
    (folder / "sources.list.d").mkdir()
    (folder / "sources.list").write_text(one_line)
    if deb822:
        (folder / "sources.list.d" / "debian.sources").write_text(deb822)
    return (
        "-o", f"Dir::Etc::sourcelist={folder}/sources.list",
        "-o", f"Dir::Etc::sourceparts={folder}/sources.list.d",
        "-o", f"Dir::State::lists={folder}/lists",
    )  # fmt: skip


@needs_apt
def test_a_one_line_source_is_found(tmp_path: Path) -> None:
    """The old format, with options, a comment, a disc and Debian's other archives around it."""
    options = _options(
        tmp_path,
        one_line=f"deb cdrom:[Debian 12]/ {codename()} main\n"
        f"# deb http://no.example/debian {codename()} main\n"
        f"deb http://seguridad.example/debian-security {codename()}-security main\n"
        f"deb [arch=amd64] {DEBIAN} {codename()} main contrib # ours\n",
    )

    assert debian_archive(os.environ, options).uri.rstrip("/") == DEBIAN


@needs_apt
def test_a_deb822_source_is_found(tmp_path: Path) -> None:
    """The new format, with a switched-off stanza before it."""
    stanza = f"Types: deb\nSuites: {codename()} {codename()}-updates\nComponents: main\n"
    options = _options(
        tmp_path,
        deb822=f"{stanza}URIs: http://no.example/debian\nEnabled: no\n\n{stanza}URIs: {DEBIAN}\n",
    )

    assert debian_archive(os.environ, options).uri.rstrip("/") == DEBIAN


@needs_apt
def test_without_a_debian_entry_the_error_says_where_to_add_one(tmp_path: Path) -> None:
    """Only third parties configured: told so in both languages."""
    options = _options(tmp_path, one_line="deb http://otros.example/apt otros-bookworm main\n")

    with pytest.raises(InstallError, match=r"sources\.list\.d") as error:
        debian_archive(os.environ, options)

    assert "Debian's archive" in str(error.value)


@needs_apt
def test_a_broken_configuration_shows_what_apt_said(tmp_path: Path) -> None:
    """apt's own words reach the person."""
    options = _options(tmp_path, one_line="deb nonsense\n")

    with pytest.raises(InstallError, match=r"sources\.list"):
        debian_archive(os.environ, options)


def test_a_third_party_with_debians_suite_names_comes_second() -> None:
    """Debian's path decides among entries that are called alike."""
    other = Entry("https://otros.example/apt/", "bookworm", "main")
    ours = Entry(f"{DEBIAN}/", "bookworm", "main")

    assert choose([other, ours], "bookworm") == ours


@pytest.mark.parametrize(
    "entry",
    [
        Entry(DEBIAN, "bookworm-security", "main"),
        Entry(DEBIAN, "bookworm", "contrib"),
        Entry("cdrom://[Debian]/", "bookworm", "main"),
    ],
)
def test_entries_that_cannot_give_another_suite_are_passed_over(entry: Entry) -> None:
    """Security, other components and discs are not the archive."""
    assert choose([entry], "bookworm") is None


def test_lines_that_are_not_packages_are_dropped() -> None:
    """Translations and the like of apt's list, and repeated rows, do not count."""
    row = f"Packages|{DEBIAN}/|bookworm|main"

    assert parse_targets(f"Translations|x|y|z\n{row}\n{row}\n\n") == [Entry(f"{DEBIAN}/", "bookworm", "main")]


@needs_apt
def test_the_way_to_the_archive_is_kept_and_weakenings_are_not(tmp_path: Path) -> None:
    """Proxy and clocks of the host's apt are taken over; permission for unsigned archives never is."""
    settings = tmp_path / "apt.conf"
    settings.write_text(
        'Acquire::http::Proxy "http://proxy.example:3128";\nAcquire::Check-Valid-Until "false";\n'
        'Acquire::AllowInsecureRepositories "true";\nAPT::Get::AllowUnauthenticated "true";\n'
    )

    kept = route_settings({**os.environ, "APT_CONFIG": str(settings)})

    assert 'Acquire::http::Proxy "http://proxy.example:3128";' in kept
    assert "Check-Valid-Until" in kept
    assert "Insecure" not in kept
    assert "Unauthenticated" not in kept


def test_a_machine_without_apt_is_told_what_else_it_can_do() -> None:
    """Not a Debian machine: the way out is one's own Asterisk."""
    with pytest.raises(InstallError, match="ASTERISK_ROOT"):
        debian_archive({"PATH": "/nonexistent"})
