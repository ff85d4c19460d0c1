"""The small parts: filters, secrets, times, signatures, and what the configuration may say."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest

from acd.model import AgentId, ContactId, OfferId, QueueId, Target, TargetKind
from acd.records import ConsultStarted, SegmentConnected, WrapEnded, WrapStarted
from centralita.home import Home, load_secrets
from centralita.webhooks.command import WebhooksError, secret
from centralita.webhooks.filters import Endpoint, Filters, Sources
from centralita.webhooks.keys import Keys
from centralita.webhooks.pace import Pace, retry_after_ms
from centralita.webhooks.signing import signature
from centralita.webhooks.telling import shown_url
from config.webhooks import KNOWN_EVENTS
from cti.desktop.catalogue import EVENTS
from cti.desktop.known import Story
from tests.unit.config.good import GOOD, problems
from tests.unit.store.samples import call

pytestmark = pytest.mark.unit


def filters(**queues: str) -> Filters:
    return Filters(Sources(lambda _: {}, lambda _: Story(), queues.get, lambda: 7))


def told(chosen: Filters, endpoint: Endpoint, n: int = 1) -> list[str]:
    return [one.type for seq, _, records, _ in call(n) for one in chosen.choose(seq, records, [endpoint])]


def test_only_the_wanted_types() -> None:
    """Whole names and groups."""
    endpoint = Endpoint("crm", "https://x", ("contact.closed", "offer.*"))
    assert told(filters(), endpoint) == ["offer.announced", "offer.accepted", "contact.closed"]


def test_only_the_wanted_queues() -> None:
    """A contact belongs to none before it is in one; events that do not name it belong to the last."""
    mine = Endpoint("crm", "https://x", ("*",), frozenset({"ventas"}))
    other = Endpoint("crm", "https://x", ("*",), frozenset({"soporte"}))
    chosen = filters()

    assert told(chosen, mine) == ["contact.queued", "offer.announced", "offer.accepted", "contact.closed"]
    assert told(filters(), other) == []
    wrap = WrapEnded(AgentId("ana"), ContactId("c1"), 5, 5)
    assert [one.type for one in chosen.choose(9, [wrap], [mine])] == ["wrap.ended"]


def test_what_agents_do_goes_to_the_queue_of_the_contact_with_the_number_outside() -> None:
    """Events that name no queue belong to the contact's; a called customer without a queue to nobody's."""
    numbers = {"t1": "+34611222333"}
    chosen = Filters(Sources(lambda _: {}, lambda _: Story(), {"c5": "ventas"}.get, lambda: 7, numbers.get))
    mine = Endpoint("crm", "https://x", ("consult.*", "segment.*"), frozenset({"ventas"}))
    other = Endpoint("erp", "https://x", ("*",), frozenset({"soporte"}))
    ana, leg = AgentId("ana"), OfferId("c5-o2")
    asked = ConsultStarted(ContactId("c5"), ana, leg, Target(TargetKind.OUTSIDE, "t1"), 5)
    called = SegmentConnected(ContactId("c6"), ana, OfferId("c6-o1"), QueueId(""), 0, 5)
    sent = chosen.choose(1, [asked, called], [mine, other])

    assert [(one.endpoint, one.type) for one in sent] == [("crm", "consult.started")]
    assert json.loads(sent[0].body)["data"]["to"]["number"] == "+34611222333"


def test_after_a_restart_the_queue_is_known_from_the_engine() -> None:
    """Nothing has been told yet by this server of a contact that is on the line."""
    mine = Endpoint("crm", "https://x", ("wrap.*",), frozenset({"ventas"}))
    wrap = WrapStarted(AgentId("ana"), ContactId("c5"), 9, 5)

    assert filters(c5="ventas").choose(1, [wrap], [mine])
    assert not filters(c5="soporte").choose(1, [wrap], [mine])


def test_the_configuration_knows_every_event_there_is() -> None:
    """Or it would warn of one that exists."""
    assert set(KNOWN_EVENTS) == set(EVENTS)


def test_the_signature_is_that_of_the_documentation() -> None:
    """HMAC-SHA256 over the seconds, a dot and the body, in hexadecimal; one for each secret."""
    one, two = (hmac.new(key, b'1750000000.{"a":1}', hashlib.sha256).hexdigest() for key in (b"k1", b"k2"))
    assert signature(["k1", "k2"], 1_750_000_000, b'{"a":1}') == f"t=1750000000,v1={one},v1={two}"


def test_pauses_grow_to_an_hour_and_differ() -> None:
    """Jitter takes at most half; what the receiver asked for is the least; a day is the most."""
    pace = Pace()
    for attempts, full in ((1, 2_000), (2, 6_000), (5, 162_000), (9, 3_600_000), (1_000, 3_600_000)):
        found = [pace.retry_ms(attempts) for _ in range(50)]
        assert full // 2 <= min(found) < max(found) <= full
    assert pace.retry_ms(1, 600_000) == 600_000
    assert pace.retry_ms(1, 10**12) == 86_400_000
    assert pace.pause_ms(1) <= 500 and 15_000 <= pace.pause_ms(50) <= 30_000


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("120", 120_000),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 10_000),
        ("Wed, 21 Oct 2015 07:27:00 GMT", 0),
        ("pronto", None),
        ("-1", None),
        ("9" * 40, None),
    ],
)
def test_retry_after(value: str, wanted: int | None) -> None:
    """Seconds or a date; nonsense is no wish."""
    assert retry_after_ms(value, 1_445_412_470_000) == wanted


def test_secrets_are_made_kept_and_changed(tmp_path: Path) -> None:
    """Readable by the owner alone, kept beside the others', and seen by whoever has the file open already."""
    home = Home(tmp_path)
    load_secrets(home, ["ana"])
    server = Keys(home)
    (first,) = server.of("crm")
    site = server.site
    assert first.startswith("whsec_") and len(first) > 40
    assert load_secrets(home, ["ana"]).webhooks["keys"] == {"crm": [first]}

    second = Keys(home).rotate("crm")
    assert server.of("crm") == [second, first]
    third = Keys(home).rotate("crm")
    assert server.of("crm") == [third, second]
    Keys(home).finish("crm")
    assert server.of("crm") == [third]
    assert (server.site, server.of("otro") == [third]) == (site, False)
    assert home.secrets_file.stat().st_mode & 0o077 == 0
    assert json.loads(home.secrets_file.read_text())["phones"]["ana"]


def test_a_slip_of_the_pen_makes_no_secret(tmp_path: Path) -> None:
    """The command names the endpoint that was meant."""
    home = Home(tmp_path)
    Keys(home).ensure(["crm"])
    with pytest.raises(WebhooksError, match="¿quiso decir «crm»"):
        secret(home, "crn", rotate=True, finish=False)
    assert Keys(home).names() == ["crm"]

    old = secret(home, "crm", rotate=False, finish=False)
    new = secret(home, "crm", rotate=True, finish=False)
    assert new != old
    assert secret(home, "crm", rotate=False, finish=True) == new
    assert Keys(home).of("crm") == [new]


def test_a_shown_url_holds_no_secret() -> None:
    """What stands behind the question mark may be one."""
    assert shown_url("https://crm.example:8443/a?token=x") == "https://crm.example:8443/a?…"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("{url: 'https://crm.example/a', events: contact.closed}", None),
        ("{url: 'https://crm.example/a', events: ['contact.*', offer.ringing], queues: [ventas]}", None),
        ("{url: 'http://127.0.0.1:8000/a', events: '*', allow_private: yes}", None),
        ("{url: 'https://10.0.0.5/a', events: '*', allow_private: yes}", None),
        ("{url: 'https://10.0.0.5/a', events: '*'}", "webhook-private"),
        ("{url: 'https://[::1]/a', events: '*'}", "webhook-private"),
        ("{url: 'http://localhost/a', events: '*'}", "webhook-private"),
        ("{url: 'http://crm.example/a', events: '*'}", "webhook-http"),
        ("{url: 'https://user:pass@crm.example/a', events: '*'}", "bad-value"),
        ("{url: 'ftp://crm.example/a', events: '*'}", "bad-value"),
        ("{url: 'https://crm.example:99999/a', events: '*'}", "webhook-url"),
        ("{url: 'https://crm.example/a', events: contact.close}", "webhook-event"),
        ("{url: 'https://crm.example/a', events: []}", "bad-value"),
        ("{url: 'https://crm.example/a', events: '*', queues: [vantas]}", "unknown-queue"),
        ("{url: 'https://crm.example/a', events: '*', secret: x}", "unknown-key"),
    ],
)
def test_what_a_configuration_may_say(written: str, code: str | None) -> None:
    """Secrets are never in it, private places need leave, and a slip of the pen is named."""
    found = [problem.code for problem in problems(f"{GOOD}webhooks: {{crm: {written}}}\n")]
    assert (found[0] if found else None) == code
