from __future__ import annotations

from pathlib import Path

import pytest

from centralita.install.asterisk import configuration_dir
from centralita.install.needs import APPLICATIONS, dialplan_words, modules_wanted, needs

pytestmark = pytest.mark.unit


def test_modules_are_read_in_their_order_and_comments_are_not() -> None:
    """Both ways of writing an assignment count; noload and comments do not."""
    text = "[modules]\nautoload=no\nload=a.so\n;load=b.so\nload => c.so ; why\nnoload=d.so\nrequire = e.so\n"

    assert modules_wanted(text) == ("a.so", "c.so", "e.so")


def test_the_words_of_a_dialplan_are_found_wherever_they_stand() -> None:
    """Applications behind labels and priorities, functions that are read, nested or written."""
    text = (
        "[c]\nexten => in,1,Answer(0,i)\n same => n(again),Set(CHANNEL(language)=es)\n"
        " same => n,Wait(${RAND(1,${LEN(${X})})})\n;same => n,Nunca()\nexten=>_X.,n,NoOp(${X})\n"
    )

    assert dialplan_words(text) == ({"Answer", "Set", "Wait", "NoOp"}, {"CHANNEL", "RAND", "LEN"})


def test_a_new_word_in_the_dialplan_is_a_new_need(tmp_path: Path) -> None:
    """Nobody has to remember to tell the probe what the dialplan began to use."""
    (tmp_path / "modules.conf").write_text("load=app_echo.so\n")
    (tmp_path / "extensions.conf").write_text("[c]\nexten => s,1,Milliwatt(o)\n same => n,Set(X=${MD5(a)})\n")

    found = needs(tmp_path)

    assert found.modules == ("app_echo.so",)
    assert set(found.applications) == {*APPLICATIONS, "Milliwatt"}
    assert "MD5" in found.functions


def test_what_we_deploy_is_what_the_probe_reads() -> None:
    """The list of modules stands in one place, the deployed modules.conf, and is not empty."""
    assert "chan_pjsip.so" in needs(configuration_dir()).modules
