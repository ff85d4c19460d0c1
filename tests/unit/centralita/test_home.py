from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from centralita.home import Home, HomeBusy, load_secrets, write_private
from tests.support.polling import eventually

pytestmark = pytest.mark.unit


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "centro")
    home.make()
    return home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_home_is_for_its_owner_only_and_made_again_without_harm(home: Home) -> None:
    """One folder with everything in it; a second start finds it as it was."""
    (home.config / "centro.yaml").write_text("x")
    home.path.chmod(0o755)
    home.make()

    assert mode(home.path) == 0o700
    assert (home.config / "centro.yaml").read_text() == "x"
    places = (home.journal, home.sounds, home.asterisk, home.log, home.tls, home.centre_file, home.versions)
    assert all(place.is_relative_to(home.path) for place in places)
    assert home.database_url == f"sqlite+aiosqlite:///{home.path}/centralita.db"


def test_what_runs_here_is_told_to_the_same_user_only(home: Home) -> None:
    """Ports, pids and the token, written in one step; nothing runs, nothing to read."""
    with pytest.raises(FileNotFoundError):
        home.read_centre()
    home.write_centre({"pids": {"server": 7}})
    home.write_centre({"pids": {"server": 8}})

    assert home.read_centre() == {"pids": {"server": 8}}
    assert mode(home.centre_file) == 0o600
    assert list(home.centre_file.parent.iterdir()) == [home.centre_file]


def test_a_private_file_is_never_readable_by_others_not_even_while_it_is_written(tmp_path: Path) -> None:
    """The old content or the new one, whole; the mode is right from the first byte, whatever the umask."""
    file = tmp_path / "new" / "secret.json"
    before = os.umask(0)
    try:
        write_private(file, "one")
    finally:
        os.umask(before)
    file.chmod(0o644)
    write_private(file, "two")

    assert (file.read_text(), mode(file)) == ("two", 0o600)


def test_secrets_are_made_once_and_kept_over_restarts(home: Home) -> None:
    """Whoever is on the line was told the nonce; phones hold their passwords."""
    first = load_secrets(home, ["ana", "beto"])

    assert load_secrets(home, ["beto", "ana"]) == first
    assert mode(home.path / "secrets.json") == 0o600
    words = [first.http_token, first.ami, first.agi_nonce, first.caller, *first.phones.values()]
    assert len(set(words)) == len(words)
    assert min(map(len, words)) >= 16


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    """Random, and never in the repository."""
    made = []
    for name in ("a", "b"):
        home = Home(tmp_path / name)
        home.make()
        secrets = load_secrets(home, ["ana"])
        made += [secrets.http_token, secrets.ami, secrets.agi_nonce, secrets.caller, secrets.phones["ana"]]

    assert len(set(made)) == 10


def test_a_new_phone_gets_a_password_and_the_others_keep_theirs(home: Home) -> None:
    """Also a phone that leaves the configuration and comes back has its old one."""
    first = load_secrets(home, ["ana"])
    second = load_secrets(home, ["beto"])
    third = load_secrets(home, ["ana", "beto"])

    assert second.phones["ana"] == first.phones["ana"]
    assert third == second


def test_a_secret_that_an_older_version_did_not_have_is_added(home: Home) -> None:
    """What is missing is made, what is there stays."""
    first = load_secrets(home, ["ana"])
    file = home.path / "secrets.json"
    known = json.loads(file.read_text())
    del known["caller"]
    file.write_text(json.dumps(known))
    second = load_secrets(home, ["ana"])

    assert (second.ami, second.phones) == (first.ami, first.phones)
    assert second.caller and second.caller != first.caller
    assert load_secrets(home, ["ana"]) == second


def test_two_centres_never_share_a_home(home: Home) -> None:
    """The second is refused with a text that says what to do; the lock goes with its process, even killed."""
    program = (
        "import sys; from pathlib import Path; from centralita.home import Home; "
        f"Home(Path({str(home.path)!r})).lock(); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(HomeBusy, match=r"(?s)--home.*--home") as refused:
            home.lock()
        assert str(home.path) in str(refused.value)
        other.kill()

    def free() -> bool:
        try:
            os.close(home.lock())
        except HomeBusy:
            return False
        return True

    asyncio.run(eventually(free, 2))
