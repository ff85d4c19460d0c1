from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, replace

import msgspec
import pytest

from acd.quick import quick

pytestmark = pytest.mark.unit


@quick
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    count: int = 3


@dataclass(frozen=True, slots=True)
class Plain:
    name: str
    count: int = 3


ONE = Quick("ana", 5)


def test_what_is_made_quickly_is_an_ordinary_frozen_dataclass() -> None:
    """Names, defaults, equality, hash and text are those of the dataclass."""
    assert Quick(name="ana", count=5) == ONE != Quick("ana") == Quick("ana", 3)
    assert hash(ONE) == hash(Quick("ana", 5)) == hash(Plain("ana", 5))
    assert repr(ONE) == "Quick(name='ana', count=5)"
    assert type(ONE) is Quick
    assert replace(ONE, count=6) == Quick("ana", 6)


def test_it_cannot_be_changed_once_it_is_made() -> None:
    """Neither set nor deleted, and nothing new is added."""
    for name in ("name", "other"):
        with pytest.raises((FrozenInstanceError, TypeError)):
            setattr(ONE, name, "beto")
    with pytest.raises(FrozenInstanceError):
        del ONE.name


def test_what_is_missing_or_unknown_is_refused() -> None:
    """As any call with wrong arguments."""
    with pytest.raises(TypeError):
        Quick()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Quick("ana", age=5)  # type: ignore[call-arg]


def test_it_can_be_copied_pickled_and_written_down() -> None:
    """Snapshots and worker processes get it whole."""
    written = msgspec.json.encode(ONE)

    assert copy.deepcopy(ONE) == pickle.loads(pickle.dumps(ONE)) == ONE  # noqa: S301
    assert msgspec.json.decode(written, type=Quick) == ONE
