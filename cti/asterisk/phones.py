"""
What the switch's events say about agents' phones: registered or not, and in a call of their own.

Plain synchronous code over plain data, like the book of legs. A phone is known
by its SIP name (AOR and endpoint are called alike); whose it is can change
with the configuration while calls go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from acd import events as ev
from acd.model import AgentId

LEG_ID = re.compile(r"(c[0-9a-z]+)-o[0-9]+\Z")
"""Channel ids that we give to agents' legs: contact and offer."""
_CHANNEL = re.compile(r"PJSIP/(.+)-[0-9a-f]+\Z")


def phone_of(channel: str) -> str:
    """Endpoint of a channel, by its name; empty if it is no phone's."""
    found = _CHANNEL.match(channel)
    return "" if found is None else found[1]


class Message(Protocol):
    """A message of the switch."""

    @property
    def event(self) -> str: ...

    def get(self, name: str, default: str = "") -> str: ...


class PhoneBook:
    """
    Which phones can be rung.

    Args:
        tell: Takes each engine event, in order.
        in_doubt: Called when a registration seems to have gone: a phone that
            registers anew is told as removed and created in any order, so only a
            fresh list (`tell_phones`) says whether it really has.
    """

    def __init__(self, tell: Callable[[ev.Event], None], in_doubt: Callable[[], None]) -> None:
        self._tell = tell
        self._in_doubt = in_doubt
        self.phones: dict[str, AgentId] = {}
        """AOR -> agent."""
        self.fixed: frozenset[str] = frozenset()
        """AORs at a fixed address: Asterisk lists no registration for them, they count as there."""
        self._registrations: dict[str, set[str]] = {}
        self._calls: dict[str, set[str]] = {}
        """Phone -> uniqueids of its channels that are none of our legs."""
        self._phone_of: dict[str, str] = {}
        """The same the other way round."""

    def assign(self, phones: Mapping[AgentId, str], fixed: Collection[str]) -> None:
        """Other phones, or other owners; what that changes for an agent is told."""
        before, was_fixed = self.phones, self.fixed
        self.phones = {phone: agent for agent, phone in phones.items()}
        self.fixed = frozenset(fixed)
        for phone, agent in sorted(self.phones.items()):
            if before.get(phone) != agent or (phone in self.fixed) != (phone in was_fixed):
                self._tell(ev.PhoneReachable(agent, reachable=self._is_there(phone)))
                self._tell(ev.PhoneInUse(agent, in_use=bool(self._calls.get(phone))))

    def take(self, message: Message) -> None:
        """Read one event of the switch."""
        handler = _HANDLERS.get(message.event)
        if handler is not None:
            handler(self, message)

    def registered(self) -> tuple[AgentId, ...]:
        return tuple(sorted(agent for phone, agent in self.phones.items() if self._is_there(phone)))

    def in_use(self) -> tuple[AgentId, ...]:
        """Agents whose phone has a call that is none of ours."""
        return tuple(sorted(agent for phone, agent in self.phones.items() if self._calls.get(phone)))

    def set_registrations(self, registered: dict[str, set[str]]) -> None:
        """All registrations, from a list taken at connect: AOR -> URIs."""
        self._registrations = registered

    def tell_phones(self, registered: dict[str, set[str]]) -> None:
        """Tell whose phone is there, or gone, by a fresh list, where that is news."""
        before = set(self.registered())
        self.set_registrations(registered)
        there = set(self.registered())
        for agent in sorted(before ^ there):
            self._tell(ev.PhoneReachable(agent, reachable=agent in there))

    def forget_calls(self) -> None:
        """A list of all channels is about to be asked for: it and the events from now on are the truth."""
        self._calls.clear()
        self._phone_of.clear()

    def note_call(self, uniqueid: str, channel: str) -> None:
        """A channel is there, told by a list."""
        self._add(uniqueid, channel)

    def _is_there(self, phone: str) -> bool:
        return phone in self.fixed or bool(self._registrations.get(phone))

    def _add(self, uniqueid: str, channel: str) -> str | None:
        """The phone that is in use now and was not before."""
        phone = phone_of(channel)
        if not phone or LEG_ID.match(uniqueid):
            return None
        calls = self._calls.setdefault(phone, set())
        calls.add(uniqueid)
        self._phone_of[uniqueid] = phone
        return phone if len(calls) == 1 else None

    def _newchannel(self, message: Message) -> None:
        phone = self._add(message.get("Uniqueid"), message.get("Channel"))
        if phone in self.phones:
            self._tell(ev.PhoneInUse(self.phones[phone], in_use=True))

    def _hangup(self, message: Message) -> None:
        phone = self._phone_of.pop(message.get("Uniqueid"), None)
        if phone is None:
            return
        self._calls[phone].discard(message.get("Uniqueid"))
        if not self._calls[phone]:
            del self._calls[phone]
            if phone in self.phones:
                self._tell(ev.PhoneInUse(self.phones[phone], in_use=False))

    def _contact_status(self, message: Message) -> None:
        """A registration appeared, was refreshed, or seems to have gone."""
        aor = message.get("AOR")
        if message.get("ContactStatus") in ("Removed", "Unreachable"):
            self._in_doubt()
            return
        self._registrations.setdefault(aor, set()).add(message.get("URI"))
        agent = self.phones.get(aor)
        if agent is not None:
            self._tell(ev.PhoneReachable(agent, reachable=True))


_HANDLERS: dict[str, Callable[[PhoneBook, Message], None]] = {
    "Newchannel": PhoneBook._newchannel,
    "Hangup": PhoneBook._hangup,
    "ContactStatus": PhoneBook._contact_status,
}

EVENTS = frozenset(_HANDLERS)
