"""What keeps the state: journal, engine, configuration, database, books, and the stream that tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from acd.commands import Command
from acd.model import ContactId
from acd.records import Record
from acd.state import State
from centralita.callbacks.hours import Hours
from centralita.callbacks.ports import Ports as CallbackPorts
from centralita.callbacks.service import Callbacks
from centralita.classify import POP_WAIT_MS, Classifications
from centralita.classify import Ports as ClassifyPorts
from centralita.clock import Clock, wall_clock_ms
from centralita.commands.settings import LiveSettings
from centralita.dialled import Dialled
from centralita.facts import Facts
from centralita.following import Following
from centralita.following import Ports as FollowingPorts
from centralita.handlers import handlers
from centralita.home import Home
from centralita.live_config import LiveConfig, Phones
from centralita.live_config import Ports as ConfigPorts
from centralita.memory import Books, Memory, resumed
from centralita.returns import Returns
from centralita.runtime import Outputs, Runtime
from centralita.store.callbacks import CallbackRows
from centralita.store.history import History
from centralita.store.journal import Journal
from centralita.store.outbox import Delivery
from centralita.store.parties import Parties
from centralita.store.projection import Projection
from centralita.tasks import spawn
from centralita.visits import not_calling
from centralita.waits.estimator import Estimator
from centralita.waits.estimator import Ports as WaitsPorts
from centralita.waits.keeper import Keeper, training_argv
from centralita.waits.keeper import Ports as KeeperPorts
from centralita.waits.models import Models
from centralita.web.attached_ports import Attaching
from centralita.web.privacy import masked
from config.build_services import callback_sites
from config.dialling import Way
from cti.asterisk.instance import Changes
from cti.desktop.hub import EventHub
from cti.desktop.known import Story
from cti.desktop.log import EventLog
from cti.desktop.privacy import Privacy

KEPT_S = 30 * 86_400
"""How long what somebody said who wants to be called is kept with the contact."""


class Sides(Protocol):
    """What is asked of what stands on the core and is made after it; not before the server starts."""

    def execute(self, command: Command) -> None:
        """Have the switch do it."""

    async def reload(self, changes: Changes, phones: Phones) -> None:
        """Have the switch take up changed files."""

    async def published(self) -> None:
        """Take up what the live configuration says of what stands on the core."""

    def live(self) -> Any:
        """The whole live picture."""

    def deliveries(self, seq: int, records: Sequence[Record]) -> Sequence[Delivery]:
        """What records lead to outside; written with them."""

    def follow(self, records: Sequence[Record]) -> None:
        """Keep step with the engine."""

    @property
    def watched(self) -> bool:
        """Whether a program, beside the screens, sees who calls."""


class Core:
    """
    Args:
        home: The installation.
        facts: What the supervisor decided: `centre.json`.
        sides: What will stand on it.
    """

    def __init__(self, home: Home, facts: dict[str, Any], sides: Sides) -> None:
        self.home, self.facts, self._sides = home, facts, sides
        self.journal = Journal(home.journal)
        recovered = self.journal.recover(wall_clock_ms())
        engine, behind = resumed(recovered)
        self.clock = Clock(recovered.last_ms)
        self.projection = Projection(home.database_url, spawn)
        self.history = History(self.projection.engine)
        self.parties = Parties(
            self.history,
            self.projection.committed,
            spawn,
            shown=lambda: self.hub.clients > 0 or sides.watched,
        )
        self.memory = Memory(self.projection, self.history, self.state, behind, sides.deliveries)
        self.following = Following.of(
            FollowingPorts(
                self.projection,
                self.history,
                self.parties,
                self.memory.keep,
                lambda event: self.runtime.ask(event),  # noqa: PLW0108  # it is made below
                self.state,
                self.clock.now_ms,
                wall_clock_ms,
                spawn,
            )
        )
        self.events = EventLog(home.events, wall_clock_ms())
        self.hub = EventHub(
            self.parties.enrich,
            sides.live,
            story=self.story,
            outside=self.outside_number,
            log=self.events,
            privacy=Privacy(lambda contact_id: handlers(self.state(), contact_id), masked),
        )
        self.hub.take_up(
            None if recovered.state is None else recovered.snapshot_seq,
            [(seq, at_ms, records) for seq, at_ms, records, _ in behind],
        )
        self.runtime = Runtime(engine, self.journal, self.clock, Outputs(self._remember, sides.execute))
        self.config = LiveConfig(
            home,
            facts,
            ConfigPorts(sides.reload, self.runtime.ask, self.state, wall_clock_ms, self._published),
        )
        self.dialled = Dialled(lambda: self.config.live.config.trunks)
        self._promises()
        self.asked = Facts(self.parties, self.clock.now_ms, self.following)
        self.classifications = Classifications(
            ClassifyPorts(
                self.state,
                self.runtime.ask,
                lambda version: self.config.of(version).rules,
                self.clock.now_ms,
            ),
            self.asked,
        )
        self.books = Books(self.parties, self.classifications, self.following, Returns(self.parties))
        self._estimates()
        self.restored = asyncio.Event()
        """Set once it is known again who the callers are."""

    def _estimates(self) -> None:
        models = Models(self.home.path / "waits")
        self.waits = Estimator(WaitsPorts(self.state, self.clock.now_ms, models.read))
        self.waits_keeper = Keeper(
            models,
            training_argv(self.home.path, Path(self.facts["config"])),
            self.home.log / "waits.log",
            KeeperPorts(lambda: self.config.live.version, self.waits.refresh, wall_clock_ms),
        )

    def _promises(self) -> None:
        """Calls that customers are promised."""
        settings = LiveSettings(lambda: self.config.live.config, lambda: self.config.of("").published)
        ports = CallbackPorts(
            self.state,
            self.runtime.ask,
            self.projection,
            CallbackRows(self.projection.engine),
            self.dialled,
            self.parties,
            settings.is_open,
            lambda contact_id, entry, queue: self.classify(contact_id, not_calling(entry), queue),
            lambda contact_id, value: self.following.attached.put(
                Attaching("contact", contact_id), "callback", value, KEPT_S, "callback"
            ),
            lambda: callback_sites(self.config.live.config),
            lambda contact_id: self.waits.to_tell(contact_id),  # noqa: PLW0108  # it is made below
            self.facts["switch"],
            self.clock.now_ms,
            spawn,
        )
        self.callbacks, self.hours = Callbacks(ports), Hours(ports)

    def state(self) -> State:
        """The engine's, for reading."""
        return self.runtime.state

    async def catch_up(self) -> None:
        """Project what the database has not seen, and read back who is on the line."""
        await self.memory.catch_up(self.books, self.clock.now_ms())
        spawn(self.callbacks.book.restore(), name="callbacks restored")
        self.restored.set()
        # Who came back before this has been told of callers without names and numbers.
        self.hub.refresh()
        spawn(self.following.attached.keep_tidy(), name="attached tidy")

    def story(self, contact_id: ContactId) -> Story:
        """What has been with this contact so far."""
        return self.following.story(self.state(), contact_id, self.clock.now_ms())

    def queue_of(self, contact_id: ContactId) -> str | None:
        contact = self.state().contacts.get(contact_id)
        return None if contact is None or contact.rules is None else contact.rules.id

    def outside_number(self, token: str) -> str | None:
        """The number behind a token of an outside leg, while it is known."""
        way = self.way(token)
        return None if way is None else way.dial

    def way(self, token: str) -> Way | None:
        """How the number behind a token is called, whether an agent dialled it or it was promised a call."""
        return self.dialled.way(token) or self.callbacks.way(token)

    async def _published(self) -> None:
        """A configuration is live that was not: screens see all anew."""
        await self._sides.published()
        self.hub.refresh()

    async def classify(self, contact_id: ContactId, visit: Any, queue: str) -> None:
        """Sort the caller; what was attached to them is then known for the pop."""
        await self.classifications.classify(contact_id, visit, queue)
        await self.following.attached.known(contact_id, POP_WAIT_MS)

    def alarms(self) -> list[str]:
        """What is wrong here and a person should mend; empty when all is well."""
        return [*(why for why in (self.projection.why, self.journal.why, self.events.why) if why)]

    def _remember(self, seq: int, now_ms: int, records: Sequence[Record]) -> None:
        self.memory.remember(seq, now_ms, records, self.books)
        self.waits.follow(records)
        self.dialled.follow(records)
        self.callbacks.follow(records)
        self._sides.follow(records)
        self.hub.publish(seq, records)
