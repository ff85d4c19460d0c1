"""Branches of flows: conditions in the rule language, judged by what is known at that moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from acd.model import ContactId
from acd.state import State
from centralita.callers import Visit
from centralita.facts import CallFacts, Facts
from config.rules.branches import Branches
from config.rules.facts import Fact, facts_of
from config.schema import Centre

_log = structlog.get_logger("judging")


@dataclass(frozen=True, slots=True)
class Branching:
    """All branches of one configuration, and the facts that each of them asks for."""

    branches: Branches
    needed: Mapping[tuple[str, str], tuple[Fact, ...]]
    """By flow and node."""

    @classmethod
    def of(cls, centre: Centre) -> Branching:
        """
        Compile them.

        Raises:
            RuleError: A condition is wrong. A loaded configuration has none.
        """
        branches, known = Branches(centre), facts_of(centre)["customer.known"]
        # Whether a caller is matched depends on it.
        needed = {
            at: (*facts, known) if any(fact.name == "call.trust" for fact in facts) else facts
            for at, facts in branches.needed.items()
        }
        return cls(branches, needed)


@dataclass(frozen=True, slots=True)
class Judging:
    """
    Args:
        facts: Who gathers them, each source within its own time limit.
        state: The engine's, for reading.
    """

    facts: Facts
    state: Callable[[], State]

    async def judge(
        self,
        contact_id: ContactId,
        visit: Visit,
        branching: Branching,
        at: tuple[str, str],
        values: Mapping[str, str],
    ) -> int | None:
        """
        The first condition that holds, counted from 0; None: none does. What is unknown never holds.

        Args:
            contact_id: On the line.
            visit: What the switch tells of the caller.
            branching: Of the contact's configuration.
            at: Flow and node; of one that is no longer there nothing holds.
            values: Of the flow's variables, by name.
        """
        contact = self.state().contacts.get(contact_id)
        language = contact.language if contact is not None and contact.language_chosen else ""
        queue = contact.rules.id if contact is not None and contact.rules is not None else ""
        call = CallFacts(visit.entry, visit.withheld, language, queue)
        gathered = await self.facts.gather(contact_id, call, branching.needed.get(at, ()), values)
        if gathered.late:
            _log.warning("facts.late", contact=contact_id, sources=gathered.late)
        return branching.branches.first(*at, gathered.values)
