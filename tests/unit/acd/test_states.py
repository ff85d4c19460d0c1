from __future__ import annotations

from typing import get_args

import pytest

from acd import events as ev
from acd.actions import OF_CONTACTS, OF_OFFERS
from acd.model import OfferKind, OfferState, Phase
from acd.states import BY_KIND, CONTACT_TABLE, OFFER_TABLE

pytestmark = pytest.mark.unit


def test_every_row_names_an_action_and_every_action_stands_in_a_row() -> None:
    """The tables are the whole truth: no row leads nowhere, no action is out of reach."""
    assert set(CONTACT_TABLE.values()) == set(OF_CONTACTS)
    assert {*OFFER_TABLE.values(), *BY_KIND.values()} == set(OF_OFFERS)


@pytest.mark.parametrize("kind", OfferKind)
def test_every_kind_of_leg_can_be_picked_up_fail_and_end(kind: OfferKind) -> None:
    """What a leg is for decides what its fate means: none is treated as another."""
    of_agents_talks = {"accept", "fail", "leg_gone"}
    instead = {action for other, action in BY_KIND if other is kind}

    if kind is OfferKind.CALLBACK:  # not taken, it is a contact like any other
        of_agents_talks.remove("fail")
    assert instead == (set() if kind is OfferKind.CONTACT else of_agents_talks)


def test_every_row_is_about_an_event_that_exists() -> None:
    """A row for a kind of input that nobody sends would be a promise that nobody keeps."""
    kinds = set(get_args(ev.Event))

    assert {kind for _, kind in (*CONTACT_TABLE, *OFFER_TABLE)} <= kinds


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.CLOSED])
def test_a_caller_who_hangs_up_is_let_go_in_every_phase(phase: Phase) -> None:
    """Wherever a contact is, the end of its leg is taken in."""
    assert CONTACT_TABLE[phase, ev.ContactGone] == "leave"


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.CLOSED])
def test_what_is_known_of_a_caller_is_taken_in_in_every_phase(phase: Phase) -> None:
    """Facts come when they come: none is refused because the caller has moved on."""
    assert CONTACT_TABLE[phase, ev.ContactClassified] == "classify"
    assert CONTACT_TABLE[phase, ev.LanguageChosen] == "choose_language"
    assert CONTACT_TABLE[phase, ev.MessageLeft] == "keep_message"


def test_an_exit_is_only_taken_by_one_who_waits() -> None:
    """A visit while a bell rings, or from anywhere else, takes nothing."""
    assert [phase for phase, kind in CONTACT_TABLE if kind is ev.ContactVisited] == [Phase.WAITING]


@pytest.mark.parametrize("state", OfferState)
def test_an_offer_can_end_in_every_state(state: OfferState) -> None:
    """No state of an offer holds its agent for ever once the switch says that it is over."""
    assert (state, ev.OfferFailed) in OFFER_TABLE
