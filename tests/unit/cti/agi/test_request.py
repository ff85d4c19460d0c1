"""What Asterisk says about a call, as a value without our secret."""

from __future__ import annotations

import pytest

from cti.asterisk.agi.request import parse_request
from tests.unit.cti.agi.peer import ENVIRONMENT, NONCE

pytestmark = pytest.mark.unit


def test_a_request_has_the_facts_of_the_call() -> None:
    """Path, query and the caller's data, percent-decoded; a plus sign of a number stays a plus."""
    request, nonce = parse_request(ENVIRONMENT)

    assert nonce == NONCE
    assert request.path == "main"
    assert request.query == {"entry": "900", "contact": "+34 600", "empty": "", "flag": ""}
    assert (request.uniqueid, request.channel) == ("1700000000.1", "PJSIP/trunk-00000001")
    assert (request.caller_number, request.caller_name) == ("600123456", 'José: "q"')
    assert (request.callingpres, request.dnid, request.extension) == (3, "900", "in")
    assert request.language == "es"
    assert request.env["agi_priority"] == "7"


def test_the_nonce_is_nowhere_in_the_request() -> None:
    """What handlers get, log and forward does not hold the secret, in any field."""
    request, _ = parse_request(ENVIRONMENT)

    assert NONCE not in repr(request)
    assert request.env["agi_request"] == "agi://127.0.0.1:4573/main"


@pytest.mark.parametrize("pres", ["", "unknown", "-1", "²", "x"])
def test_an_odd_caller_is_no_error(pres: str) -> None:
    """Unknown parts are empty, an unreadable presentation is 0: a call is never refused for them."""
    odd = {
        "agi_callerid": "unknown",
        "agi_calleridname": "unknown",
        "agi_dnid": "unknown",
        "agi_callingpres": pres,
    }
    request, nonce = parse_request(odd)

    assert (request.caller_number, request.caller_name, request.dnid) == ("", "", "")
    assert request.callingpres == 0
    assert (request.path, request.query, nonce) == ("", {}, "")


@pytest.mark.parametrize(
    ("script", "path", "query", "nonce"),
    [
        ("main", "main", {}, ""),
        ("/a/b/?x=1&x=2&n=%41%zz", "a/b", {"x": "2"}, "A%zz"),
        ("main?&&=&a", "main", {"": "", "a": ""}, ""),
        ("main?a=b=c?d", "main", {"a": "b=c?d"}, ""),
    ],
)
def test_odd_urls_are_read_without_an_error(
    script: str, path: str, query: dict[str, str], nonce: str
) -> None:
    """Whatever the dialplan writes after the host gives a request; of repeated names the last counts."""
    request, found = parse_request({"agi_network_script": script})

    assert (request.path, dict(request.query), found) == (path, query, nonce)
