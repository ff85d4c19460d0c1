"""Calls in progress keep the configuration that they came by."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr.sounds import SoundStore
from asr.synthesis import installed_synthesisers
from centralita.editions import Editions, load_or_last_good
from centralita.versions import Versions
from config.loader import load
from config.problems import ConfigError
from tests.support.scene import config_text, write_config

pytestmark = pytest.mark.unit


def _write(folder: Path, ring_s: int) -> Path:
    return write_config(folder, config_text({"ana": "{ventas: 8}"}, ring_s=ring_s))


def _editions(tmp_path: Path, file: Path, versions: Versions) -> Editions:
    sounds = SoundStore(tmp_path / "sounds", installed_synthesisers(1))
    return Editions(versions, file.parent, sounds, load(file))


async def test_a_caller_keeps_the_edition_of_the_call_and_a_new_one_gets_the_live_one(tmp_path: Path) -> None:
    """An edit while somebody is in the menu changes nothing for them."""
    file = _write(tmp_path / "config", 3)
    versions = Versions(tmp_path / "versions", file.parent)
    editions = _editions(tmp_path, file, versions)
    old = editions.live
    editions.publish(editions.make(load(_write(tmp_path / "config", 7))))
    assert editions.live.version != old.version
    assert editions.of(old.version) is old
    assert editions.of("") is editions.live
    editions.prune({old.version})
    assert editions.of(old.version) is old
    editions.prune(set())
    assert editions.of(old.version) is editions.live


async def test_a_restarted_server_reads_the_editions_of_its_callers_back(tmp_path: Path) -> None:
    """Who was in the menu when the server died goes on in the same menu."""
    file = _write(tmp_path / "config", 3)
    versions = Versions(tmp_path / "versions", file.parent)
    first = load(file)
    versions.keep(first)
    _write(tmp_path / "config", 7)
    editions = _editions(tmp_path, file, versions)
    editions.restore({first.version, "", "ffffffffffff"})
    assert editions.of(first.version).loaded.config == first.config
    assert editions.of("ffffffffffff") is editions.live


def test_a_broken_file_at_the_start_leaves_the_last_good_version(tmp_path: Path) -> None:
    """A mistake in the file costs the edit, never the centre; without a good one it is an error."""
    file = _write(tmp_path / "config", 3)
    versions = Versions(tmp_path / "versions", file.parent)
    text = file.read_text(encoding="utf-8")
    file.write_text("schema: acd/1\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        load_or_last_good(file, versions)
    file.write_text(text, encoding="utf-8")
    good, problems = load_or_last_good(file, versions)
    assert problems == ()
    versions.keep(good)
    file.write_text("agents: [", encoding="utf-8")
    still, problems = load_or_last_good(file, versions)
    assert still.version == good.version
    assert problems[0].file == str(file)
