"""How contacts went, in the words of their agents: said in the talk or after it, the last one counts."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from acd import events as ev
from acd.model import AgentId, Annotation, ContactId
from centralita.store.trails import Disposition
from centralita.web.ports import HistoryUnavailableError

KEPT_MAX = 5_000
"""Contacts whose dispositions are in memory, those that are over included; the database has them all."""


class Kept(Protocol):
    async def dispositions(self, ids: Sequence[ContactId]) -> Sequence[Disposition]:
        """Oldest first; may raise `HistoryUnavailableError`."""


class Dispositions:
    """
    See `web.ports.DispositionsPort`.

    Args:
        write: Takes what is to be kept with the next journal entry; never waits.
        ask: See `Runtime.ask`.
        now_ms: Engine time.
    """

    def __init__(
        self,
        write: Callable[[Disposition], None],
        ask: Callable[[ev.Event], Awaitable[object]],
        now_ms: Callable[[], int],
    ) -> None:
        self._write, self._ask, self._now_ms = write, ask, now_ms
        self._known: OrderedDict[ContactId, dict[str, Disposition]] = OrderedDict()

    async def set(
        self, contact_id: ContactId, agent: str, disposition: str, tags: Sequence[str], note: str
    ) -> None:
        """
        Say how it went; what this agent has said of the contact before is replaced.

        Raises:
            InboxFull: The server cannot keep up.
        """
        said = Disposition(contact_id, agent, disposition, tuple(tags), note, self._now_ms())
        self._learn(said)
        self._write(said)
        await self._ask(ev.ContactAnnotated(contact_id, Annotation.DISPOSITION, AgentId(agent)))

    def of(self, contact_id: ContactId) -> list[Mapping[str, object]]:
        """For screens, as `cti.desktop.shapes_known.DisposedData`, oldest first."""
        return [told(said) for said in self._known.get(contact_id, {}).values()]

    def forget(self, contact_ids: Iterable[ContactId]) -> None:
        """Their customer is erased."""
        for contact_id in contact_ids:
            self._known.pop(contact_id, None)

    async def restore(self, kept: Kept, contact_ids: Sequence[ContactId]) -> None:
        """After a restart: read back what was said of the contacts on the line."""
        try:
            found = await kept.dispositions(contact_ids)
        except HistoryUnavailableError:
            return
        for said in found:
            if said.agent not in self._known.get(said.contact_id, {}):
                self._learn(said)

    def _learn(self, said: Disposition) -> None:
        theirs = self._known.setdefault(said.contact_id, {})
        theirs.pop(said.agent, None)
        theirs[said.agent] = said
        self._known.move_to_end(said.contact_id)
        if len(self._known) > KEPT_MAX:
            self._known.popitem(last=False)


def told(said: Disposition) -> Mapping[str, object]:
    """As it is told."""
    return {
        "agent": said.agent,
        "disposition": said.disposition,
        "tags": list(said.tags),
        "note": said.note,
        "at_ms": said.at_ms,
    }
