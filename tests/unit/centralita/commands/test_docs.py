"""The page about commands tells of all there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from centralita.commands import after, refusals
from centralita.web.orders import BY_SCREEN

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).parents[4] / "docs" / "commands.md").read_text("utf-8")
SPANISH, ENGLISH = PAGE.split("## English")


@pytest.mark.parametrize("half", [SPANISH, ENGLISH], ids=["es", "en"])
def test_every_command_and_every_refusal_is_on_the_page(half: str) -> None:
    """In both languages; and no word on the page's tables is of a command that is gone."""
    told = set(re.findall(r"`([a-z_]+)`", half))
    codes = {why.code for why in _all_reasons()}

    assert set(BY_SCREEN) <= told
    assert codes - {"busy", "unknown_agent"} <= told
    rows = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", half, re.MULTILINE)
    assert {word for row in rows for word in re.findall(r"[a-z_]+", row)} <= set(BY_SCREEN) | codes | {
        "command", "number_not_allowed", "no_trunk", "unknown_disposition", "command_id_reused",
    }  # fmt: skip


def _all_reasons() -> list[refusals.Why]:
    """Those with a name of their own, those of the engine, and those about somebody."""
    named = [value for module in (refusals, after) for value in vars(module).values()]
    about = [why for _, why in refusals._ABOUT]
    return [why for why in [*named, *refusals.REFUSALS.values(), *about] if isinstance(why, refusals.Why)]
