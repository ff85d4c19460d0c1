"""What commands ask of the live configuration."""

from __future__ import annotations

import pytest

from acd.model import AgentId, QueueId
from centralita.callers import Published
from centralita.commands.settings import LiveSettings, answers_of
from config import build
from config.loader import check_text
from config.schema import Centre
from ivr.prompts import Catalogue
from tests.unit.centralita.test_callers import Sounds
from tests.unit.config.good import FILE, GOOD

pytestmark = pytest.mark.unit


def centre(old: str = "", new: str = "") -> Centre:
    return check_text(GOOD.replace(old, new, 1), FILE).config


@pytest.mark.parametrize(
    ("phone", "answers"),
    [
        ("{}", "by_hand"),
        ("{answer: by_hand}", "by_hand"),
        ("{answer: talk}", "command"),
        ("{answer: header}", "command"),
        ("{kind: browser}", "screen"),
    ],
)
def test_a_phone_picks_up_as_its_configuration_says(phone: str, answers: str) -> None:
    """A browser always by its own page; a SIP phone by hand, unless it is known to do better."""
    assert answers_of(centre("ana: {},", f"ana: {phone},"), "ana") == answers


def test_an_agent_who_has_left_picks_up_by_hand() -> None:
    """The configuration has changed in the middle of a call."""
    assert answers_of(centre(), "carla") == "by_hand"


def test_a_queue_is_open_by_its_hours_and_takes_its_dispositions() -> None:
    """As of the moment of the question; a queue without hours is always open and takes any word."""
    now = centre("    hours: oficina\n", "    hours: oficina\n    dispositions: [venta]\n")
    holds = {"oficina": False}
    published = Published(build.plan(now), Catalogue({}, ("es",), Sounds()), {}, lambda hours: holds[hours])
    settings = LiveSettings(lambda: now, lambda: published)
    closed = settings.is_open(QueueId("ventas"))
    holds["oficina"] = True

    assert (closed, settings.is_open(QueueId("ventas"))) == (False, True)
    assert settings.is_open(QueueId("general"))
    assert list(settings.dispositions(QueueId("ventas"))) == ["venta"]
    assert list(settings.dispositions(QueueId("general"))) == []
    assert list(settings.dispositions(QueueId("nadie"))) == []
    assert settings.answers(AgentId("eva")) == "screen"
