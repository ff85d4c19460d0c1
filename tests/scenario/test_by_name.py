"""Promises made by name, through the real configuration, the real rules and the real engine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from acd import events as ev
from acd.commands import OfferContact
from acd.engine import Decision, Engine
from acd.model import AgentId, Channel, ContactId, Presence, QueueId
from acd.state import Contact
from centralita.callers import Visit
from centralita.classify import Classifications, Ports, Rules
from centralita.facts import Facts
from centralita.store.customers import CustomerRecord
from centralita.store.parties import CallerIdentity, Lookup, caller_identity
from config.build import routing
from config.loader import check_text

pytestmark = pytest.mark.unit

CENTRE = """\
schema: acd/1
name: Aduanas del Pacífico
languages: [en, es]
skills: {lang.es: 0..10, lang.en: 0..10}
agents:
  emma: {name: Emma, phone: emma, skills: {lang.en: 10}, sign_in: command}
  rosa: {name: Rosa, phone: rosa, skills: {lang.es: 10}, sign_in: command}
  sofia: {name: Sofía, phone: sofia, skills: {lang.es: 8, lang.en: 8}, sign_in: command}
phones: {emma: {}, rosa: {}, sofia: {}}
segments: [base, privado, vip]
classify:
  - id: prefijo              # lo que el número hace suponer / what the number suggests
    when: known(call.from)
    set: {language: "prefix_language(call.from)"}
  - id: los-angeles          # de quien no hay ficha / of whom there is no record
    when: prefix(call.from, "+1213") and not customer.known
    set: {need: [lang.es >= 5/10, lang.en >= 5/10]}
  - id: linea-vip            # el número marcado basta / the number dialled is enough
    when: call.to == "911"
    set: {segment: vip, head_start: 5m}
  - id: cliente              # quien llama desde el número de un cliente / from a customer's number
    when: customer.known and call.trust >= matched
    set: {head_start: 2m}
  - id: datos                # solo quien dio su clave / only who gave their PIN
    when: call.trust >= pin and call.to != "911"
    set: {segment: privado}
entry: {"900": {flow: eeuu}, "911": {flow: eeuu}}
flows: {eeuu: {start: cola, nodes: {cola: {enqueue: eeuu}}}}
queues:
  eeuu:
    need: ["lang(language) >= 5/10"]
    on: {closed: hang_up, full: {limit: 50, to: hang_up}, nobody_signed_in: keep_waiting,
         nobody_could_ever: hang_up, waited: {1h: hang_up}}
"""
QUEUE = QueueId("eeuu")
CUSTOMER = CustomerRecord("k1", "C-7", "Marta", "base", "en", {})


@dataclass
class Records:
    """What the database says of each caller: it answers at once."""

    numbers: dict[ContactId, CallerIdentity] = field(default_factory=dict)
    customers: dict[ContactId, CustomerRecord] = field(default_factory=dict)

    def identity(self, contact_id: ContactId) -> CallerIdentity | None:
        return self.numbers[contact_id]

    def look_up(self, contact_id: ContactId, now_ms: int, *, history: bool) -> Lookup | None:
        found = Lookup(asked_s=asyncio.get_running_loop().time())
        found.learn(self.customers.get(contact_id))
        return found


class Centre:
    """The configuration above, live; nobody is ready until somebody says so."""

    def __init__(self) -> None:
        centre = check_text(CENTRE, Path("/nowhere/centro.yaml")).config
        self.now_ms = 1_000_000
        self.engine = Engine()
        self.records = Records()
        rules = Rules.of(centre)
        self.sorter = Classifications(
            Ports(lambda: self.engine.state, self._ask, lambda version: rules, lambda: self.now_ms),
            Facts(self.records, lambda: self.now_ms),
        )
        self.happens(ev.ConfigPublished(routing(centre, "v1")))
        for agent in centre.agents:
            self.happens(ev.PhoneReachable(AgentId(agent), reachable=True))

    def happens(self, event: ev.Event) -> Decision:
        return self.engine.handle(event, self.now_ms)

    async def _ask(self, event: ev.Event) -> Decision:
        return self.happens(event)

    async def calls(
        self, name: str, number: str, dialled: str = "900", customer: CustomerRecord | None = None
    ) -> Contact:
        """Somebody calls and comes to the queue, as the shell brings them there."""
        contact_id = ContactId(name)
        self.records.numbers[contact_id] = caller_identity(number, presentation_allowed=True)
        if customer is not None:
            self.records.customers[contact_id] = customer
        self.happens(ev.ContactStarted(contact_id, Channel("pbx", name), dialled))
        visit = Visit("pbx", name, f"SIP/{name}", dialled, "", "", False, number, "", False)
        await self.sorter.classify(contact_id, visit, QUEUE)
        self.happens(ev.ContactEnqueued(contact_id, QUEUE))
        return self.engine.state.contacts[contact_id]

    def gets(self, agent: str) -> list[str]:
        """Who is offered to somebody who becomes ready now."""
        decision = self.happens(ev.PresenceSet(AgentId(agent), Presence.READY))
        return [c.contact_id for c in decision.commands if isinstance(c, OfferContact)]


async def test_an_unknown_caller_from_los_angeles_needs_spanish_and_english() -> None:
    """Area code 213, no record: neither who speaks only one of them is asked, who speaks both is."""
    centre = Centre()
    contact = await centre.calls("c1", "+12135550100")

    assert {(need.skill, need.at_least) for need in contact.needs} == {("lang.en", 5), ("lang.es", 5)}
    assert [centre.gets(agent) for agent in ("emma", "rosa", "sofia")] == [[], [], ["c1"]]


@pytest.mark.parametrize(
    ("number", "customer"),
    [("+12125550100", None), ("+12135550100", CUSTOMER)],
    ids=["New York", "a customer from 213"],
)
async def test_who_is_known_or_calls_from_elsewhere_needs_english_alone(
    number: str, customer: CustomerRecord | None
) -> None:
    """The supposition is for those of whom nothing is known, and for that area only."""
    centre = Centre()
    contact = await centre.calls("c1", number, customer=customer)

    assert {need.skill for need in contact.needs} == {"lang.en"}
    assert centre.gets("emma") == ["c1"]


@pytest.mark.parametrize("number", ["+12125550100", ""])
async def test_the_number_that_was_dialled_sets_the_segment_alone(number: str) -> None:
    """A VIP line: whoever calls there, even with no number at all, is first, without any record."""
    centre = Centre()
    await centre.calls("c1", "+12125550199")
    contact = await centre.calls("c2", number, dialled="911")

    assert (contact.segment, contact.sorted_by[-1]) == ("vip", "linea-vip")
    assert centre.engine.state.position(contact.id) == 1
    assert centre.gets("sofia") == ["c2"]


async def test_a_caller_id_that_matches_a_customer_gives_a_place_and_opens_nothing() -> None:
    """Numbers can be forged: two minutes of head start, but what a PIN opens stays shut."""
    centre = Centre()
    await centre.calls("c1", "+12125550199")
    contact = await centre.calls("c2", "+12125550100", customer=CUSTOMER)

    assert (contact.head_start_ms, centre.engine.state.position(contact.id)) == (120_000, 1)
    assert "cliente" in contact.sorted_by and "datos" not in contact.sorted_by
    assert contact.segment == ""
    (kept,) = centre.sorter.live(contact.id)
    results = {rule["rule"]: rule for rule in kept["trace"]["rules"]}  # type: ignore[index]
    clause = results["datos"]["clauses"][0]
    assert (results["datos"]["result"], clause["facts"]) == ("false", {"call.trust": "matched"})
