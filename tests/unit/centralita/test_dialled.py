"""Numbers that agents dial: how they are called, and how long it is kept."""

from __future__ import annotations

import pytest

from acd import events as ev
from centralita import dialled
from centralita.commands.refusals import Why
from centralita.dialled import Called, Dialled, Found
from centralita.store.parties import Parties, Trust
from config.dialling import Way
from config.telephones import Trunk
from tests.unit.acd.desk import C1, C2, Desk

pytestmark = pytest.mark.unit

SPAIN = Trunk(host="a.example", caller_id="911000000", allow=["+34*", "112"])
FRANCE = Trunk(host="b.example", country="FR", user="cuenta", allow=["+33*"])


def numbers(**trunks: Trunk) -> Dialled:
    return Dialled(lambda: trunks)


@pytest.mark.parametrize(
    ("number", "way", "customer"),
    [
        ("+34911234567", Way("es", "+34911234567", "911000000"), "+34911234567"),
        ("0034911234567", Way("es", "+34911234567", "911000000"), "+34911234567"),
        ("911234567", Way("es", "+34911234567", "911000000"), "+34911234567"),
        ("112", Way("es", "112", "911000000"), "112"),
        ("+33140000000", Way("fr", "+33140000000", "cuenta"), "+33140000000"),
        ("0140000000", Way("fr", "+33140000000", "cuenta"), "+33140000000"),
    ],
)
def test_a_number_is_called_as_it_is_dialled_or_in_full(number: str, way: Way, customer: str) -> None:
    """A national number by the country of a line, where no line takes it as it stands."""
    assert numbers(es=SPAIN, fr=FRANCE).find(number) == Found(way, customer)


def test_what_a_telephone_could_dial_goes_the_same_way() -> None:
    """As it stands first: a later line that takes it so goes before an earlier one that takes it in full."""
    local = Trunk(host="c.example", allow=["9xxxxxxxx"])

    assert numbers(es=SPAIN, local=local).find("911234567") == Found(
        Way("local", "911234567", ""), "+34911234567"
    )


def test_an_international_number_is_dialled_as_at_home_where_no_line_takes_it_in_full() -> None:
    """So comes the number of who calls: a line that allows what people there dial can call it back."""
    spain = Trunk(host="c.example", allow=["9xxxxxxxx"])
    france = Trunk(host="b.example", country="FR", allow=["0xxxxxxxxx"])

    assert numbers(es=spain, fr=france).find("+34911234567") == Found(
        Way("es", "911234567", ""), "+34911234567"
    )
    assert numbers(es=spain, fr=france).find("+33140000000") == Found(
        Way("fr", "0140000000", ""), "+33140000000"
    )
    assert isinstance(numbers(es=spain).find("+33140000000"), Why)


@pytest.mark.parametrize("number", ["+15550100200", "091", "+", "1" * 30])
def test_what_no_line_allows_is_refused_with_the_rules(number: str) -> None:
    """Of every line that calls out at all."""
    muted = Trunk(host="d.example")
    found = numbers(es=SPAIN, muted=muted, fr=FRANCE).find(number)
    assert isinstance(found, Why)

    assert found.code == "number_not_allowed"
    assert "es: +34*, es: 112, fr: +33*" in found.en
    assert "muted" not in found.en


def test_without_a_line_nothing_is_called() -> None:
    """Neither without any, nor with lines that only take calls."""
    for trunks in ({}, {"muda": Trunk(host="d.example")}):
        found = numbers(**trunks).find("112")
        assert isinstance(found, Why) and found.code == "no_trunk"


def test_a_way_is_kept_until_the_contact_is_over() -> None:
    """Behind a token of its own for each call."""
    kept, way = numbers(es=SPAIN), Way("es", "112", "")
    one, two, other = kept.keep(C1, way), kept.keep(C1, way), kept.keep(C2, way)
    desk = Desk()
    desk.comes(C1)
    kept.follow(desk.happens(ev.ContactGone(C1)).records)

    assert len({one, two, other}) == 3
    assert [kept.way(token) for token in (one, two, other, "made up")] == [None, None, way, None]
    kept.forget(other)
    assert kept.way(other) is None


def test_what_is_kept_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes first."""
    monkeypatch.setattr(dialled, "KEPT_MAX", 2)
    kept, way = numbers(es=SPAIN), Way("es", "112", "")
    tokens = [kept.keep(C1, way) for _ in range(3)]

    assert [kept.way(token) for token in tokens] == [None, way, way]


def test_the_customer_who_is_called_is_the_party_of_the_contact() -> None:
    """Known by the number like a caller; a short number is shown and belongs to nobody."""
    parties = Parties(None, None, print)  # type: ignore[arg-type]
    called = Called(parties)
    called.called(C1, "+34911234567")
    called.called(C2, "112")
    whole, short = parties.identity(C1), parties.identity(C2)
    called.not_called(C1)

    assert whole is not None and (whole.number, whole.trust) == ("+34911234567", Trust.PRESENTED)
    assert short is not None and (short.number, short.shown) == (None, "112")
    assert parties.identity(C1) is None
