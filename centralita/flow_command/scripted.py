"""
A world that is written down: what a conversation of `tests:` says is so, in place of telephones and servers.

It answers what the walk wants of the house; what the caller does is the script's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from asr.intents import Intents
from config.flow_vars import variable_types
from config.rules.branches import Branches
from config.rules.types import Type
from config.rules.variables import TYPES, variable_value
from config.schema import Centre
from config.talks import Situation, Talk
from ivr import slots
from ivr.actions import (
    Done,
    Failed,
    Fetch,
    Found,
    Input,
    Judge,
    Judged,
    KeepAnswer,
    Limits,
    NotFound,
    NotProven,
    Promise,
    Promised,
    Prove,
    Proven,
    Refused,
)
from ivr.flow import VarName
from ivr.interpreter import World
from ivr.ports import Understood

CUSTOMER = "customer"
Errand = Fetch | Prove | Judge | Promise | KeepAnswer


@dataclass(frozen=True, slots=True)
class House:
    """What all conversations of one configuration have in common."""

    centre: Centre
    branches: Branches
    intents: Intents
    today: date
    types: Mapping[str, Type]

    @classmethod
    def of(cls, centre: Centre, intents: Intents, today: date) -> House:
        types = {name: TYPES[word] for name, word in variable_types(centre).items()}
        return cls(centre, Branches(centre), intents, today, types)


@dataclass(slots=True)
class Scripted:
    """
    One conversation's world.

    Attributes:
        promised: The queues that have promised to call back.
        trust: How sure it is who calls, at this moment.

    """

    house: House
    talk: Talk
    flow: str
    trust: str
    promised: list[str] = field(default_factory=list)
    is_verified: bool = False

    def world(self, limits: Limits) -> World:
        """The moment, as the walk asks for it."""
        given = self.talk.given
        return World(
            is_open=lambda hours: given.hours.get(hours, "open") == "open",
            can_listen=lambda _language, _free_speech: not given.deaf,
            language=given.language or self.house.centre.languages[0],
            limits=limits,
        )

    def do(self, errand: Errand, values: Mapping[VarName, str], language: str) -> Input:
        """What comes of an errand; `values` are the walk's variables."""
        match errand:
            case Fetch(source=source):
                return self._fetched(source)
            case Prove(by=by, value=value):
                return self._proved(by, value)
            case Judge(node=node):
                facts = self._facts(values, language)
                return Judged(self.house.branches.first(self.flow, node, facts))
            case Promise(queue=queue, number=number):
                if not number and self.talk.given.from_ is None:
                    return Refused("withheld")
                self.promised.append(queue)
                return Promised()
            case KeepAnswer():
                return Done()

    def understand(self, text: str, language: str) -> Understood:
        """What free words mean, as the running centre understands them."""
        intent, sure = self.house.intents.classify(text, language)
        return Understood(intent, sure, slots.read(text, language, self.house.today))

    def _fetched(self, source: str) -> Input:
        given = self.talk.given
        if source == CUSTOMER:
            record = {VarName(name): _text(value) for name, value in given.customer.items() if name != "pin"}
            return Found(record) if record else NotFound()
        match given.lookups.get(source, "failure"):
            case "not_found":
                return NotFound()
            case dict() as found:
                return Found({VarName(name): value for name, value in found.items()})
            case _:
                return Failed("scripted")

    def _proved(self, by: str, value: str) -> Input:
        known = self.talk.given.customer.get(by)
        if known is None:
            return Failed("no record")
        if _text(known) != value:
            return NotProven()
        self.trust, self.is_verified = "pin", True
        return Proven()

    def _facts(self, values: Mapping[VarName, str], language: str) -> Mapping[str, object]:
        given = self.talk.given
        facts: dict[str, object | None] = {
            "call.from": given.from_,
            "call.to": self.talk.entry,
            "call.language": language or given.language,
            "call.trust": self.trust,
            "call.withheld": given.from_ is None,
            "customer.known": bool(given.customer),
            "ivr.verified": self.is_verified,
            "ivr.intent": values.get(VarName("intent")),
        }
        facts |= {f"customer.{name}": value for name, value in given.customer.items()}
        for name, of in self.house.types.items():
            text = values.get(VarName(name))
            facts[f"ivr.{name}"] = None if text is None else variable_value(text, of)
        return {name: value for name, value in facts.items() if value is not None}


def trust_of(given: Situation) -> str:
    """How sure it is who calls: as it is written, else a number counts, and more with a record."""
    if given.trust is not None:
        return given.trust
    if given.from_ is None:
        return "none"
    return "matched" if given.customer else "presented"


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
