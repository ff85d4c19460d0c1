"""
What the database is told of each journal entry: its records, and beside them what no record may hold.

Until the database is open everything waits in memory. After that, whatever the
last server had journalled but not projected comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acd import events as ev
from acd.engine import Engine
from acd.model import ContactId, Routing
from acd.records import Record
from acd.state import State
from centralita.classify import Classifications
from centralita.following import Following
from centralita.returns import Returns
from centralita.store.history import History
from centralita.store.journal import Recovered, replay
from centralita.store.parties import Parties
from centralita.store.projection import Projection
from centralita.store.rosters import applied, roster_of
from centralita.store.rows import Aside

Tell = Callable[[int, Sequence[Record]], Sequence[Aside]]
"""(journal seq, records) -> what others outside are to be told, written with the records."""
Behind = tuple[int, int, Sequence[Record], Sequence[Aside]]


@dataclass(frozen=True, slots=True)
class Books:
    """Who keeps what of the contacts on the line."""

    parties: Parties
    classifications: Classifications
    following: Following
    returns: Returns

    def follow(self, records: Sequence[Record]) -> list[Aside]:
        """Keep step with the engine; returns what is to be written together with the records."""
        self.returns.follow(records)
        asides: list[Aside] = [*self.parties.follow(records), *self.classifications.follow(records)]
        self.following.follow(records)
        return asides

    def forget(self, contact_ids: frozenset[ContactId]) -> None:
        """A customer is erased; these are their contacts on the line."""
        self.classifications.forget(contact_ids)
        self.following.forget(contact_ids)
        self.returns.forget()


def resumed(recovered: Recovered) -> tuple[Engine, list[Behind]]:
    """The engine as it was, and the entries that the database may not have seen, with their rosters."""
    routings: dict[str, Routing] = {}
    for entry in recovered.entries:
        if isinstance(entry.event, ev.ConfigPublished):
            routings[entry.event.routing.version] = entry.event.routing
    # Before the replay, which goes on from this very state.
    first = () if recovered.state is None else (roster_of(recovered.state.routing),)
    engine, replayed = replay(recovered)
    behind: list[Behind] = [
        (seq, at_ms, records, applied(records, routings)) for seq, at_ms, records in replayed
    ]
    if behind:
        seq, at_ms, records, asides = behind[0]
        behind[0] = seq, at_ms, records, (*first, *asides)
    return engine, behind


class Memory:
    """
    Args:
        projection: The writer.
        history: For what is read back after a restart.
        state: The engine's, for reading.
        behind: See `resumed`; it is kept up to date while the database is not open.
        tell: See `Tell`.
    """

    def __init__(
        self,
        projection: Projection,
        history: History,
        state: Callable[[], State],
        behind: list[Behind],
        tell: Tell = lambda _seq, _records: (),
    ) -> None:
        self._projection, self._history, self._state = projection, history, state
        self._behind: list[Behind] | None = behind
        self._replayed = len(behind)
        self._tell = tell
        self._aside: list[Aside] = []

    def remember(self, seq: int, now_ms: int, records: Sequence[Record], books: Books) -> None:
        """Keep what one entry led to. Never waits, never raises."""
        routing = self._state().routing
        rosters = applied(records, {routing.version: routing})
        kept, self._aside = self._aside, []
        asides: list[Aside] = [*rosters, *kept, *books.follow(records), *self._tell(seq, records)]
        if self._behind is None:
            self._projection.put(seq, now_ms, records, asides)
        else:
            self._behind.append((seq, now_ms, records, asides))

    def keep(self, found: Aside) -> None:
        """Written with the next entry: whoever keeps something tells the distributor next."""
        self._aside.append(found)

    async def catch_up(self, books: Books, now_ms: int) -> None:
        """Open the database, tell it what it has not seen, and read back who is on the line."""
        await self._projection.start()
        done = self._projection.last_seq()
        behind, self._behind = self._behind, None
        for place, (seq, at_ms, records, asides) in enumerate(behind or ()):
            if place < self._replayed:
                books.following.replay(records)
            if seq > done:
                # The server before may have died between the journal and the database.
                told = self._tell(seq, records) if place < self._replayed else ()
                self._projection.put(seq, at_ms, records, [*asides, *told])
        live = sorted(self._state().contacts)
        await books.parties.restore(live)
        await books.following.restore(live)
        await books.returns.restore(self._history, now_ms)
