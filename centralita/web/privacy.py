"""What an agent may see of contacts: who calls, of their own; of all others only that somebody does."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from centralita.people.rights import Who
from centralita.web.ports import ContactQuery, HistoryUnavailableError, Json, WebPorts
from centralita.web.rights import not_your_contact, not_yours


def masked(live: Mapping[str, Any], agent: str) -> dict[str, Any]:
    """
    The live picture as one agent may see it.

    Args:
        live: See `live_shape.Live`.
        agent: By name; "" for who may see nobody's data.
    """
    own = own_contacts(live, agent)
    contacts = [each if each["id"] in own else _bare(each) for each in live["contacts"]]
    return {**live, "contacts": contacts, "alarms": []}


def own_contacts(live: Mapping[str, Any], agent: str) -> Collection[str]:
    """Ids of the contacts on the line that are offered to this agent or in their hands."""
    if not agent:
        return frozenset()
    found = {each["contact_id"] for each in live["agents"] if each["id"] == agent and each["contact_id"]}
    return found | {each["id"] for each in live["contacts"] if each["agent"] == agent}


def own_query(query: ContactQuery, who: Who) -> ContactQuery:
    """
    What an agent asks of finished contacts, of their own only.

    Raises:
        ProblemError: 403: it is about another agent.
    """
    if who.sees is None:
        return query
    if not who.sees or query.agent not in (None, who.sees):
        raise not_yours(query.agent or "")
    return replace(query, agent=who.sees)


async def check_contact(ports: WebPorts, who: Who, contact_id: str) -> None:
    """
    Whether it may see this contact, on the line or finished; one that is not there is not refused here.

    Raises:
        ProblemError: 403: it is not theirs, or nobody can tell now.
    """
    agent = who.sees
    if agent is None or contact_id in own_contacts(ports.live(), agent):
        return
    try:
        found = await ports.history.contact(contact_id)
    except HistoryUnavailableError as error:
        raise not_your_contact() from error
    on_the_line = any(each["id"] == contact_id for each in ports.live()["contacts"])
    if found is None and not on_the_line:
        return
    if found is None or not _handled_by(found, agent):
        raise not_your_contact()


def _bare(contact: Mapping[str, Any]) -> dict[str, Any]:
    return {**contact, "number": None, "customer": ""}


def _handled_by(contact: Json, agent: str) -> bool:
    """Whether a finished contact, whole, was ever offered to this agent or with them."""
    for name in ("offers", "segments"):
        parts = contact.get(name)
        if isinstance(parts, list | tuple) and any(part.get("agent") == agent for part in parts):
            return bool(agent)
    return False
