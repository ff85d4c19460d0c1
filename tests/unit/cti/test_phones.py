"""Registrations and own calls, as Asterisk 22 tells them."""

from __future__ import annotations

import pytest

from acd import events as ev
from acd.model import AgentId
from cti.asterisk.ami.codec import Message
from cti.asterisk.phones import EVENTS, PhoneBook

pytestmark = pytest.mark.unit

ANA, BETO, FIJA = AgentId("ana"), AgentId("beto"), AgentId("fija")


def event(name: str, *more: tuple[str, str]) -> Message:
    return Message({"Event": name, **dict(more)}, {})


def contact(status: str, uri: str = "sip:ana@10.0.0.7", aor: str = "ana") -> Message:
    return event("ContactStatus", ("AOR", aor), ("URI", uri), ("ContactStatus", status))


def channel(name: str, uniqueid: str, channel_name: str = "PJSIP/ana-0000000a") -> Message:
    return event(name, ("Channel", channel_name), ("Uniqueid", uniqueid))


class Book(PhoneBook):
    def __init__(self) -> None:
        self.told: list[ev.Event] = []
        self.doubts = 0
        super().__init__(self.told.append, self._doubt)
        self.phones = {"ana": ANA, "fija": FIJA}

    def _doubt(self) -> None:
        self.doubts += 1

    def reads(self, *messages: Message) -> list[ev.Event]:
        """What these messages lead to."""
        self.told.clear()
        for message in messages:
            assert message.event in EVENTS, f"{message.event} is not asked for"
            self.take(message)
        return list(self.told)


def test_a_call_of_the_agents_own_is_told_when_it_begins_and_when_the_last_one_ends() -> None:
    """Two calls on one phone are one veto."""
    book = Book()

    assert book.reads(channel("Newchannel", "17.1")) == [ev.PhoneInUse(ANA, in_use=True)]
    assert book.reads(channel("Newchannel", "17.2", "PJSIP/ana-0000000b")) == []
    assert book.in_use() == (ANA,)
    assert book.reads(channel("Hangup", "17.1")) == []
    assert book.reads(channel("Hangup", "17.2"), channel("Hangup", "17.2")) == [
        ev.PhoneInUse(ANA, in_use=False)
    ]
    assert book.in_use() == ()


def test_our_own_legs_are_no_calls_of_the_agents_own() -> None:
    """Known by the id that we gave, also after a restart, when nobody remembers the offer."""
    book = Book()

    assert book.reads(channel("Newchannel", "c1f-o2"), channel("Hangup", "c1f-o2")) == []
    book.note_call("c1f-o3", "PJSIP/ana-0000000c")
    assert book.in_use() == ()


@pytest.mark.parametrize(
    "name", ["PJSIP/anabel-0000000a", "PJSIP/llamantes-0000000a", "Local/ana-1", "ana", ""]
)
def test_channels_of_others_are_nobodys_own_call(name: str) -> None:
    """Callers, trunks, and phones whose name only begins alike."""
    book = Book()

    assert book.reads(channel("Newchannel", "17.1", name), channel("Hangup", "17.1", name)) == []


def test_a_phone_with_a_dash_in_its_name_is_recognised() -> None:
    """Only what Asterisk appends is cut off."""
    book = Book()
    book.phones = {"sala-2": ANA}

    assert book.reads(channel("Newchannel", "17.1", "PJSIP/sala-2-0000000a")) == [
        ev.PhoneInUse(ANA, in_use=True)
    ]


def test_after_a_reconnect_the_list_and_the_events_since_are_the_truth() -> None:
    """Calls that ended unseen are forgotten; one that began while the list was made counts."""
    book = Book()
    book.reads(channel("Newchannel", "17.1"))
    book.forget_calls()
    book.reads(channel("Newchannel", "17.3", "PJSIP/fija-0000000b"))
    book.note_call("17.2", "PJSIP/ana-0000000c")
    book.note_call("17.3", "PJSIP/fija-0000000b")

    assert book.in_use() == (ANA, FIJA)
    assert book.reads(channel("Hangup", "17.1")) == []
    assert book.reads(channel("Hangup", "17.2")) == [ev.PhoneInUse(ANA, in_use=False)]


def test_registrations_come_at_once_and_a_removal_is_only_a_doubt() -> None:
    """A phone that registers anew is told as created and removed in any order: told, it would sign off."""
    book = Book()

    assert book.reads(contact("Reachable")) == [ev.PhoneReachable(ANA, reachable=True)]
    assert book.reads(contact("Removed"), contact("Unreachable")) == []
    assert book.doubts == 2
    assert book.registered() == (ANA,)
    book.tell_phones({})
    assert book.told == [ev.PhoneReachable(ANA, reachable=False)]
    assert book.reads(contact("Reachable", aor="nadie")) == []


def test_a_fresh_list_tells_only_what_is_news() -> None:
    """Who is there and was there is not told again."""
    book = Book()
    book.set_registrations({"ana": {"sip:ana@a"}})
    book.tell_phones({"ana": {"sip:ana@b"}, "fija": {"sip:fija@c"}})

    assert book.told == [ev.PhoneReachable(FIJA, reachable=True)]


def test_a_phone_that_is_nobodys_is_remembered_and_not_told() -> None:
    """The fallback's telephone belongs to no agent; should it become somebody's, it is known to be there."""
    book = Book()

    assert book.reads(contact("Reachable", aor="guardia")) == []
    assert book.registered() == ()
    book.assign({BETO: "guardia"}, frozenset())
    assert book.registered() == (BETO,)


def test_a_phone_at_a_fixed_address_is_always_there() -> None:
    """It does not register, so no list of registrations and no reload can make it vanish."""
    book = Book()
    book.fixed = frozenset({"fija"})

    assert book.registered() == (FIJA,)
    assert book.reads(contact("Removed", "sip:fija@10.0.0.9:5060", "fija")) == []
    book.tell_phones({"ana": {"sip:ana@a"}})
    assert book.told == [ev.PhoneReachable(ANA, reachable=True)]


def test_a_list_of_registrations_replaces_what_was_believed() -> None:
    """After an outage the list is the truth: who is not in it is not there."""
    book = Book()
    book.reads(contact("Reachable"))
    book.set_registrations({"fija": {"sip:fija@10.0.0.9"}, "ana": set()})

    assert book.registered() == (FIJA,)


def test_with_another_configuration_the_new_owner_is_told_how_the_phone_stands() -> None:
    """A phone goes from Ana to Beto in the middle of its call; an unchanged one is not told of."""
    book = Book()
    book.set_registrations({"ana": {"sip:ana@a"}, "fija": {"sip:fija@a"}})
    book.reads(channel("Newchannel", "17.1"))
    book.told.clear()

    book.assign({BETO: "ana", FIJA: "fija", ANA: "nueva"}, frozenset())
    assert book.told == [
        ev.PhoneReachable(BETO, reachable=True),
        ev.PhoneInUse(BETO, in_use=True),
        ev.PhoneReachable(ANA, reachable=False),
        ev.PhoneInUse(ANA, in_use=False),
    ]
    assert book.reads(channel("Hangup", "17.1")) == [ev.PhoneInUse(BETO, in_use=False)]


def test_a_phone_that_gets_or_loses_its_fixed_address_is_told() -> None:
    """From then on its registration counts, or does not."""
    book = Book()
    book.assign({ANA: "ana", FIJA: "fija"}, {"fija"})
    assert book.told == [ev.PhoneReachable(FIJA, reachable=True), ev.PhoneInUse(FIJA, in_use=False)]
    book.told.clear()

    book.assign({ANA: "ana", FIJA: "fija"}, frozenset())
    assert book.told == [ev.PhoneReachable(FIJA, reachable=False), ev.PhoneInUse(FIJA, in_use=False)]
