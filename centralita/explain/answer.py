"""
"Why Ana, and why not Beto?": the answer that was stored with each offer, as data and as text.

Nothing is worked out anew here. What was stored when the offer was made is the
answer, with the agents and skills of the configuration of that moment.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from centralita.explain.text import whole
from centralita.explain.words import lacking, need, rank, reason
from centralita.store.explanations import reason_against, roster_version, with_names
from centralita.store.rosters import Roster
from centralita.web.ports import UnknownContactError, UnknownThenError

Json = Mapping[str, Any]
NEAR = 3
"""Ids that are proposed for one that is not known."""


class Stored(Protocol):
    """What is remembered of contacts; every method may raise `HistoryUnavailableError`."""

    async def contact(self, contact_id: str) -> Json | None: ...

    async def offers(self, contact_id: str) -> Sequence[Json]: ...

    async def happenings(self, contact_id: str) -> Sequence[Json]: ...

    async def roster(self, version: str) -> Roster | None: ...

    async def contacts_near(self, contact_id: str) -> Sequence[str]: ...


class Explainer:
    """See `web.ports.ExplainPort`."""

    def __init__(self, stored: Stored) -> None:
        self._stored = stored

    async def explain(self, contact_id: str, agent: str | None, language: str) -> dict[str, Any]:
        """See `web.ports.ExplainPort`."""
        told = await self.tell(contact_id, agent)
        return {**told, "text": whole(told, language)}

    async def tell(self, contact_id: str, agent: str | None) -> dict[str, Any]:
        """
        The answer without its text.

        Raises:
            UnknownContactError: Nothing was ever stored of the contact.
            UnknownThenError: No offer of the contact was made in a configuration with this agent.
            HistoryUnavailableError: The database does not answer.
        """
        finished = await self._stored.contact(contact_id)
        offers = await self._stored.offers(contact_id)
        if finished is None and not offers:
            raise UnknownContactError(await self._near(contact_id))
        versions = {roster_version(offer["explanation"]) for offer in offers} - {None}
        rosters = {version: await self._stored.roster(version) for version in sorted(map(str, versions))}
        if agent is not None:
            _check(agent, offers, rosters)
        return {
            "contact_id": contact_id,
            "live": finished is None,
            "outcome": None if finished is None else finished["outcome"],
            "agent": agent,
            "offers": [
                {"place": place, **_told(offer, rosters, agent)}
                for place, offer in enumerate(offers, start=1)
            ],
            "diversions": [] if finished is None else list(finished["diversions"]),
            "happenings": list(await self._stored.happenings(contact_id)),
        }

    async def _near(self, contact_id: str) -> list[str]:
        known = await self._stored.contacts_near(contact_id)
        return difflib.get_close_matches(contact_id, known, n=NEAR, cutoff=0.6)


def _check(agent: str, offers: Sequence[Json], rosters: Mapping[str, Roster | None]) -> None:
    """An agent whom no offer of the contact could have gone to is a slip of the pen."""
    known = {offer["agent"] for offer in offers}
    for roster in rosters.values():
        known |= set(roster.agents) if roster is not None else set()
    for offer in offers:
        for group in (offer["explanation"] or {}).get("not_chosen", ()):
            known |= set(group.get("agents") or ())
    if offers and agent not in known:
        raise UnknownThenError(sorted(rosters), sorted(known))


def _told(offer: Json, rosters: Mapping[str, Roster | None], agent: str | None) -> dict[str, Any]:
    """One offer for a program: fields as stored, and each reason in both languages."""
    found: dict[str, Any] = {
        "offer_id": offer["id"],
        "agent": offer["agent"],
        "start_ms": offer["start_ms"],
        "end_ms": offer["end_ms"],
        "result": offer["result"],
        "journal_seq": offer["journal_seq"],
        "explanation": None,
        "agent_then": None,
        "why_not": None,
    }
    stored = offer["explanation"]
    if stored is None:
        return found
    roster = rosters.get(str(roster_version(stored)))
    named = with_names(stored, roster)
    found["explanation"] = named | {
        "not_chosen": [
            group | {"es": reason(group["reason"]).es, "en": reason(group["reason"]).en}
            for group in named["not_chosen"]
        ],
        "matched_told": [need(text).es for text in stored["matched"]],
        "rank_told": rank(stored["rank"])._asdict(),
    }
    if roster is not None:
        found["agent_then"] = roster.agents.get(offer["agent"])
    if agent is not None:
        found["why_not"] = _why_not(offer, roster, agent)
    return found


def _why_not(offer: Json, roster: Roster | None, agent: str) -> dict[str, Any]:
    """
    `code` tells how to read it: "chosen", "reason", "not_in_version" or "not_said".

    `then` are the agent's skills and site in that version.
    """
    stored = offer["explanation"]
    base: dict[str, Any] = {"agent": agent, "reason": None, "es": "", "en": "", "then": None}
    if roster is not None:
        base["then"] = roster.agents.get(agent)
    if offer["agent"] == agent:
        return base | {"code": "chosen"}
    against = reason_against(stored, roster, agent)
    if against is not None:
        told = lacking(against, (base["then"] or {}).get("skills", {})) or reason(against)
        return base | {"code": "reason", "reason": against, "es": told.es, "en": told.en}
    missing = roster is not None and agent not in roster.agents
    return base | {"code": "not_in_version" if missing else "not_said"}
