"""Which line a number goes by: held against the dialplan that telephones dial by."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.dialling import Way, way_out
from config.telephones import Trunk, TrunkLimits
from cti.asterisk import trunks

pytestmark = pytest.mark.unit

A = Trunk(host="a.example", caller_id="+34911000000", allow=["+34*", "112", "0900xxxxxx"])
B = Trunk(host="b.example", user="cuenta", allow=["+346xxxxxxxx", "9*"])
MUTE = Trunk(host="c.example", allow=["+1*", "+34*"], limits=TrunkLimits(out=0))


@pytest.mark.parametrize(
    ("number", "way"),
    [
        ("+34600111222", Way("a", "+34600111222", "+34911000000")),
        ("0034600111222", Way("a", "+34600111222", "+34911000000")),
        ("112", Way("a", "112", "+34911000000")),
        ("0900123456", Way("a", "0900123456", "+34911000000")),
        ("911234567", Way("b", "911234567", "cuenta")),
        ("090012345", None),
        ("1123", None),
        ("+34", None),
        ("9", None),
        ("+15550100200", None),
        ("34600111222", None),
        ("6001112x2", None),
        ("", None),
        ("+", None),
    ],
)
def test_the_first_line_that_allows_a_number_takes_it(number: str, way: Way | None) -> None:
    """In the order of the configuration; one that may make no calls takes none."""
    assert way_out({"mute": MUTE, "a": A, "b": B}, number) == way


DESTINATION = st.from_regex(r"\+?[0-9][0-9x]{0,4}\*?", fullmatch=True)


@given(
    rules=st.lists(DESTINATION, min_size=1, max_size=4),
    number=st.from_regex(r"(\+|00)?[0-9]{1,7}", fullmatch=True),
)
def test_a_command_may_dial_what_a_telephone_may(rules: list[str], number: str) -> None:
    """The same numbers as by the extensions of the dialplan that is written for the same rules."""
    extensions = [pattern for rule in rules for pattern, _ in trunks.patterns(rule)]

    found = way_out({"a": Trunk(host="a.example", allow=rules)}, number)

    assert (found is not None) == any(_matches(extension, number) for extension in extensions)


def _matches(extension: str, dialled: str) -> bool:
    """As Asterisk does: X is a digit, a dot one character or more, and only behind an underscore."""
    if not extension.startswith("_"):
        return extension == dialled
    meant = "".join({"X": "[0-9]", ".": ".+"}.get(letter, re.escape(letter)) for letter in extension[1:])
    return re.fullmatch(meant, dialled) is not None
