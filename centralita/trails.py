"""
The way of a contact: by which number and line it came, what was keyed in menus, who handed it over.

Kept here while the contact is on the line, and in a table that can be erased for ever
after. Neither the distributor nor the journal ever hears of a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from acd.model import ContactId, TargetKind
from acd.records import ContactClosed, ContactEscalatedTo, ContactTransferred, Record
from centralita.store.trails import Handed, Trail
from centralita.web.ports import HistoryUnavailableError
from ivr.interpreter import Passed

PATH_MAX = 60
"""Nodes kept of one contact; of a longer way the newest."""
HANDED_MAX = 50
LIVE_MAX = 20_000
"""Contacts kept at once; the oldest is forgotten beyond it."""
_CARD = re.compile(r"[0-9](?:[ .-]?[0-9]){11,18}")
"""As many digits as a payment card has (ISO/IEC 7812-1: up to 19; none in use has fewer than 12)."""
_KEYED_CARD = re.compile(r"[0-9•]{12,}")
_HIDDEN, _SHOWN = "•", 4


class Kept(Protocol):
    """Where it is read back from. May raise `HistoryUnavailableError`."""

    async def trails(self, ids: Sequence[ContactId]) -> Sequence[Trail]: ...

    async def handed(self, ids: Sequence[ContactId]) -> Sequence[Handed]: ...


@dataclass(slots=True)
class _Way:
    entry: str = ""
    trunk: str = ""
    path: list[dict[str, object]] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)


def without_card(text: str) -> str:
    """What was keyed, with all but the last four digits of anything that could be a card's hidden."""

    def hidden(found: re.Match[str]) -> str:
        digits = "".join(letter for letter in found.group() if letter.isdigit())
        return _HIDDEN * (len(digits) - _SHOWN) + digits[-_SHOWN:]

    return _CARD.sub(hidden, text)


class Trails:
    """
    The ways of the contacts on the line.

    Args:
        write: Takes what is to be kept; never waits.
        now_ms: Engine time.
    """

    def __init__(self, write: Callable[[Trail], None], now_ms: Callable[[], int]) -> None:
        self._write, self._now_ms = write, now_ms
        self._live: dict[ContactId, _Way] = {}

    def arrived(self, contact_id: ContactId, entry: str, trunk: str) -> None:
        """Call before the contact's first event is handled. A repeat changes nothing."""
        if contact_id in self._live:
            return
        self._way(contact_id).entry, self._live[contact_id].trunk = entry, trunk
        self._keep(contact_id)

    def passed(self, contact_id: ContactId, flow: str, nodes: Sequence[Passed]) -> None:
        """The caller has come by these nodes of a menu, in this order."""
        if not nodes:
            return
        path = self._way(contact_id).path
        for node in nodes:
            step = self._step(flow, node)
            if path and _goes_on(path[-1], step):
                path[-1] = step
            else:
                path.append(step)
        _hide_card(path)
        del path[:-PATH_MAX]
        self._keep(contact_id)

    def said(self, contact_id: ContactId, node: str, text: str, sure: float) -> None:
        """
        In which words the choice was made at a node that the caller has passed.

        Args:
            contact_id: Who said it.
            node: As "flow/node".
            text: With long numbers hidden already.
            sure: How sure it is that it was understood, 0 to 1.
        """
        way = self._live.get(contact_id)
        for step in reversed(way.path if way is not None else ()):
            if f"{step['flow']}/{step['node']}" == node:
                step["said"], step["sure"] = text, sure
                self._keep(contact_id)
                return

    def ivr(self, contact_id: ContactId) -> Mapping[str, object] | None:
        """For screens, a part of `cti.desktop.shapes_known.IvrData`; None when nothing is known."""
        way = self._live.get(contact_id)
        return None if way is None else ivr_of(way.entry, way.trunk, way.path)

    def intent(self, contact_id: ContactId) -> str:
        """Why a contact on the line calls, by what was chosen last; empty: not known."""
        way = self._live.get(contact_id)
        return "" if way is None else str(ivr_of(way.entry, way.trunk, way.path)["intent"])

    def handed(self, contact_id: ContactId) -> list[Mapping[str, object]]:
        """For screens, as `cti.desktop.shapes_known.HandedData`, oldest first."""
        way = self._live.get(contact_id)
        return [] if way is None else [handed_of(handed) for handed in way.handed]

    def follow(self, records: Iterable[Record]) -> None:
        """Keep step with the engine; also with what it did before a restart."""
        for record in records:
            match record:
                case ContactEscalatedTo(contact_id=contact_id, agent_id=agent, to=queue, at_ms=at_ms):
                    self._hand(Handed(contact_id, agent, queue, "escalated", at_ms))
                case ContactTransferred(contact_id=contact_id, agent_id=agent, to=to, at_ms=at_ms):
                    name = "" if to.kind is TargetKind.OUTSIDE else to.name
                    kind = "attended" if record.attended else "blind"
                    self._hand(Handed(contact_id, agent, name, kind, at_ms))
                case ContactClosed(contact_id=contact_id):
                    self._live.pop(contact_id, None)
                case _:
                    pass

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        for contact_id in contact_ids:
            self._live.pop(contact_id, None)

    async def restore(self, kept: Kept, contact_ids: Sequence[ContactId]) -> None:
        """After a restart: read back the ways of the contacts on the line."""
        try:
            trails, handed = await kept.trails(contact_ids), await kept.handed(contact_ids)
        except HistoryUnavailableError:
            return
        for trail in trails:
            way = self._way(trail.contact_id)
            way.entry, way.trunk = way.entry or trail.entry, way.trunk or trail.trunk
            path = [dict(step) for step in trail.path]
            # Who went on in the meantime began where the last server knew them to be.
            if path and way.path and _goes_on(path[-1], way.path[0]):
                path.pop()
            way.path[:0] = path
        for each in handed:
            self._hand(each)

    def _way(self, contact_id: ContactId) -> _Way:
        way = self._live.get(contact_id)
        if way is None:
            way = self._live[contact_id] = _Way()
            if len(self._live) > LIVE_MAX:
                del self._live[next(iter(self._live))]
        return way

    def _hand(self, handed: Handed) -> None:
        known = self._way(handed.contact_id).handed
        if handed not in known:
            known.append(handed)
            known.sort(key=lambda each: each.at_ms)
            del known[:-HANDED_MAX]

    def _keep(self, contact_id: ContactId) -> None:
        way = self._live[contact_id]
        self._write(Trail(contact_id, way.entry, way.trunk, tuple(way.path)))

    def _step(self, flow: str, node: Passed) -> dict[str, object]:
        return {
            "flow": flow,
            "node": node.node,
            "key": without_card(node.key),
            "label": node.label,
            "is_reason": node.is_reason,
            "at_ms": self._now_ms(),
        }


def ivr_of(entry: str, trunk: str, path: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """A way as it is told: a part of `cti.desktop.shapes_known.IvrData`."""
    keyed = [step for step in path if step["key"]]
    reasons = [step for step in keyed if step["is_reason"]]
    reason = reasons[-1] if reasons else {}
    return {
        "entry": entry,
        "trunk": trunk,
        "path": [{name: step[name] for name in ("flow", "node", "key", "label", "at_ms")} for step in path],
        "inputs": {f"{step['flow']}/{step['node']}": step["key"] for step in keyed},
        "intent": reason.get("label", ""),
        "said": reason.get("said", ""),
        "sure": reason.get("sure", 0.0),
    }


def _goes_on(before: Mapping[str, object], step: Mapping[str, object]) -> bool:
    """The same visit to a node: now answered, or come to again after a restart."""
    return not before["key"] and (before["flow"], before["node"]) == (step["flow"], step["node"])


def _hide_card(path: Sequence[dict[str, object]]) -> None:
    """A card's number keyed digit by digit, through menus that lead back to themselves."""
    keyed = [step for step in path if step["key"]]
    letters = "".join(key if len(key := str(step["key"])) == 1 else " " for step in keyed)
    for found in _KEYED_CARD.finditer(letters):
        for step in keyed[found.start() : found.end() - _SHOWN]:
            step["key"] = _HIDDEN


def handed_of(handed: Handed) -> Mapping[str, object]:
    """A hand-over as it is told."""
    return {"agent": handed.agent, "to": handed.to, "kind": handed.kind, "at_ms": handed.at_ms}
