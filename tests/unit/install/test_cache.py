from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from centralita.install.cache import cache_dir, locked
from centralita.install.errors import InstallError

pytestmark = pytest.mark.unit


def test_the_cache_folder_follows_the_xdg_rule(tmp_path: Path) -> None:
    """XDG_CACHE_HOME where absolute, otherwise ~/.cache."""
    home = {"HOME": str(tmp_path / "home")}

    assert cache_dir({**home, "XDG_CACHE_HOME": str(tmp_path / "x")}) == tmp_path / "x" / "centralita"
    assert cache_dir({**home, "XDG_CACHE_HOME": "relative"}) == tmp_path / "home" / ".cache" / "centralita"
    assert cache_dir(home).is_dir()


def test_a_cache_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    """A file in the way: the person is told which variable names another folder."""
    (tmp_path / "file").touch()

    with pytest.raises(InstallError, match="XDG_CACHE_HOME"):
        cache_dir({"XDG_CACHE_HOME": str(tmp_path / "file")})


def test_the_second_to_come_waits_and_says_so(tmp_path: Path) -> None:
    """Two starts at once take turns, and the one that waits does not look dead."""
    order: list[str] = []
    waiting = threading.Event()

    def say(line: str) -> None:
        order.append("waits" if "waiting" in line else line)
        waiting.set()

    def second() -> None:
        with locked(tmp_path / "lock", say):
            order.append("second")

    with locked(tmp_path / "lock", say):
        other = threading.Thread(target=second)
        other.start()
        assert waiting.wait(10)
        order.append("first")
    other.join(10)

    assert order == ["waits", "first", "second"]


def test_the_death_of_a_holder_frees_the_lock(tmp_path: Path) -> None:
    """A killed start leaves nothing locked behind."""
    child = os.fork()
    if child == 0:
        with locked(tmp_path / "lock", lambda _: None):
            os._exit(0)
    os.waitpid(child, 0)

    with locked(tmp_path / "lock", pytest.fail):
        pass
