"""From facts to the distributor: the rules of a contact's configuration, and the answer to "why so?"."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from acd import events as ev
from acd.model import AgentId, ContactId, SkillId, SkillNeed
from acd.records import ContactClosed, Record
from acd.state import Contact, State
from centralita.callers import Visit
from centralita.facts import CallFacts, Facts, Gathered
from centralita.store.traces import Trace
from config.rules.classify import Classification, Classifier
from config.rules.facts import Fact, facts_of
from config.rules.trace import RuleTrace
from config.schema import Centre

_log = structlog.get_logger("classify")

POP_WAIT_MS = 50
"""How long a call waits for the customer's record when no rule asks for it: the pop shows it."""
TRACES_MAX = 10
"""Of one contact, in memory."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one configuration, and the facts worth looking up for them."""

    classifier: Classifier
    needed: tuple[Fact, ...]

    @classmethod
    def of(cls, centre: Centre) -> Rules:
        """
        Compile them.

        Raises:
            RuleError: A rule is wrong. A loaded configuration has none.
        """
        classifier = Classifier(centre)
        names = set(classifier.needed)
        if "call.trust" in names:
            # Whether a caller is matched depends on it.
            names.add("customer.known")
        return cls(classifier, tuple(fact for name, fact in facts_of(centre).items() if name in names))


@dataclass(frozen=True, slots=True)
class Ports:
    state: Callable[[], State]
    ask: Callable[[ev.Event], Awaitable[object]]
    rules: Callable[[str], Rules]
    """By version of the configuration."""
    now_ms: Callable[[], int]


class Classifications:
    """Runs the rules and keeps what they did until it is written."""

    def __init__(self, ports: Ports, facts: Facts) -> None:
        self._ports = ports
        self._facts = facts
        self._live: dict[ContactId, list[Trace]] = {}
        self._unwritten: dict[ContactId, list[Trace]] = {}

    async def classify(self, contact_id: ContactId, visit: Visit, queue: str = "") -> None:
        """
        Tell the distributor what the rules make of this caller, if that is something new.

        Takes no longer than the time limits of the facts that the rules ask for.

        Args:
            contact_id: Known to the distributor; of another nothing is said.
            visit: What the switch tells of the caller.
            queue: The one about to be joined; empty: still in the menu.
        """
        contact = self._contact(contact_id)
        if contact is None:
            return
        rules = self._ports.rules(contact.config_version)
        language = contact.language if contact.language_chosen else ""
        call = CallFacts(visit.entry, visit.withheld, language, queue)
        await self._facts.recognise(contact_id, POP_WAIT_MS)
        gathered = await self._facts.gather(contact_id, call, rules.needed)
        result = rules.classifier.classify(gathered.values)
        self._note(contact_id, result, gathered)
        contact = self._contact(contact_id)
        if contact is not None and _differs(contact, result):
            await self._ports.ask(_event(contact_id, result))

    def follow(self, records: Iterable[Record]) -> tuple[Trace, ...]:
        """
        Keep step with the engine: forget who has gone.

        Returns:
            The traces to write together with these records.
        """
        due: list[Trace] = []
        for record in records:
            contact_id = getattr(record, "contact_id", None)
            if contact_id is not None:
                due += self._unwritten.pop(contact_id, ())
            if isinstance(record, ContactClosed):
                self._live.pop(record.contact_id, None)
        return tuple(due)

    def live(self, contact_id: str) -> Sequence[Mapping[str, object]]:
        """How a contact on the line was sorted, oldest first, as the history will tell it."""
        return [
            {"at_ms": kept.at_ms, "rules": list(kept.rules), "trace": kept.trace}
            for kept in self._live.get(ContactId(contact_id), ())
        ]

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        for contact_id in contact_ids:
            self._live.pop(contact_id, None)
            self._unwritten.pop(contact_id, None)

    def _contact(self, contact_id: ContactId) -> Contact | None:
        return self._ports.state().contacts.get(contact_id)

    def _note(self, contact_id: ContactId, result: Classification, gathered: Gathered) -> None:
        if gathered.late:
            _log.warning("facts.late", contact=contact_id, sources=gathered.late, **_ms(gathered))
        if not result.trace or self._contact(contact_id) is None:
            return
        kept = self._live.setdefault(contact_id, [])
        trace = _trace(result, gathered)
        if (kept and kept[-1].trace["rules"] == trace["rules"]) or len(kept) >= TRACES_MAX:
            return
        found = Trace(contact_id, self._ports.now_ms(), result.rule_ids, trace)
        kept.append(found)
        self._unwritten.setdefault(contact_id, []).append(found)


def _differs(contact: Contact, result: Classification) -> bool:
    known = (
        contact.segment,
        contact.head_start_ms,
        contact.preferred,
        contact.added_needs,
        contact.sorted_by,
    )
    if known != (
        result.segment or "",
        result.head_start_ms,
        result.preferred,
        _needs(result),
        result.rule_ids,
    ):
        return True
    # What the caller has chosen stays, whatever rules say.
    return not contact.language_chosen and contact.language != (result.language or "")


def _event(contact_id: ContactId, result: Classification) -> ev.ContactClassified:
    return ev.ContactClassified(
        contact_id,
        result.language or "",
        result.segment or "",
        result.head_start_ms,
        result.rule_ids,
        tuple(AgentId(name) for name in result.preferred),
        _needs(result),
    )


def _needs(result: Classification) -> tuple[SkillNeed, ...]:
    return tuple(SkillNeed(SkillId(skill), at_least) for skill, at_least in result.needs)


def _ms(gathered: Gathered) -> dict[str, int]:
    return {f"{source}_ms": ms for source, ms in gathered.timings_ms.items()}


def _trace(result: Classification, gathered: Gathered) -> dict[str, Any]:
    return {
        "segment": result.segment,
        "language": result.language,
        "head_start_ms": result.head_start_ms,
        "preferred": list(result.preferred),
        "needs": [f"{skill} >= {at_least}/10" for skill, at_least in result.needs],
        "late": list(gathered.late),
        "timings_ms": dict(gathered.timings_ms),
        "rules": [_rule(rule) for rule in result.trace],
    }


def _rule(rule: RuleTrace) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "result": rule.result,
        "clauses": [
            {"text": clause.text, "result": clause.result, "facts": dict(clause.facts)}
            for clause in rule.clauses
        ],
        "set": dict(rule.set),
    }
