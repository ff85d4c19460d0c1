"""
The composition root: the only file that knows every adapter.

Run as `python -m centralita.app` by the supervisor: everything is imported
first, then one line is awaited on standard input, so that a standby can take
over within a fraction of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from acd import events as ev
from acd.commands import Command
from acd.model import AgentId, ContactId, Direction
from acd.records import Record
from centralita.agent_commands import AgentCommands
from centralita.callers import Callers, Visit
from centralita.callers import Ports as CallerPorts
from centralita.classify import POP_WAIT_MS, Classifications
from centralita.classify import Ports as ClassifyPorts
from centralita.clock import Clock, wall_clock_ms
from centralita.commands.ports import Ports as CommandPorts
from centralita.commands.settings import LiveSettings, answers_of
from centralita.customers import Customers
from centralita.customers import Ports as CustomerPorts
from centralita.desktops import Desktops
from centralita.dialled import Called, Dialled
from centralita.explain.answer import Explainer
from centralita.facts import Facts
from centralita.following import Following
from centralita.following import Ports as FollowingPorts
from centralita.handlers import handlers
from centralita.home import ENVIRONMENT, Home
from centralita.kpis.clerk import Clerk
from centralita.kpis.service import Ports as ReportPorts
from centralita.kpis.service import Reports
from centralita.live import Beside, Picture
from centralita.live_config import LiveConfig, Phones
from centralita.live_config import Ports as ConfigPorts
from centralita.logs import configure_logs
from centralita.memory import Books, Memory, resumed
from centralita.people.oidc import settings_of as oidc_settings
from centralita.people.opening import Opening
from centralita.process import tls, until_stopped
from centralita.redis_stream import Ports as RedisPorts
from centralita.redis_stream import RedisStream
from centralita.returns import Returns
from centralita.runtime import Outputs, Runtime
from centralita.store.history import History
from centralita.store.journal import Journal
from centralita.store.outbox import Delivery
from centralita.store.parties import Parties, caller_identity
from centralita.store.people import PeopleStore
from centralita.store.projection import Projection
from centralita.tasks import cancel_all, spawn
from centralita.visits import visit_of
from centralita.waits.estimator import Estimator
from centralita.waits.estimator import Ports as WaitsPorts
from centralita.waits.keeper import Keeper, training_argv
from centralita.waits.keeper import Ports as KeeperPorts
from centralita.waits.models import Models
from centralita.web.agent_phone import agent_phone
from centralita.web.app import make_app, make_runner
from centralita.web.ports import AgentPhone, WebPhone, WebPorts
from centralita.web.privacy import masked
from centralita.web.web_phone import web_phone
from centralita.webhooks.filters import Sources
from centralita.webhooks.service import Webhooks
from config.rules.facts import facts_of
from cti.asterisk.agi.request import AgiRequest
from cti.asterisk.agi.scripts import ScriptRunner
from cti.asterisk.agi.server import AgiServer
from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.caller import AgiLine
from cti.asterisk.instance import AMI_USER, Changes
from cti.asterisk.originate import Outside
from cti.asterisk.ports import Engine as SwitchEngine
from cti.asterisk.ports import Manager
from cti.asterisk.switch import AsteriskSwitch
from cti.desktop.hub import EventHub
from cti.desktop.known import Story
from cti.desktop.log import EventLog
from cti.desktop.privacy import Privacy

_log = structlog.get_logger("app")

POP_LEAD_MS = 25
"""How long the bell waits for the pop to have left, at most."""
RESTORE_MS = 1_000
"""How long a bell waits, at most, for the names and numbers of callers after a restart."""
SWITCH_MS = 2_000
"""How long a caller hears music, at most, until the switch has been listed after a start."""


class Server:
    """
    One running server.

    Args:
        home: The installation.
        facts: What the supervisor decided: `centre.json`.
    """

    def __init__(self, home: Home, facts: dict[str, Any]) -> None:
        self._home, self._facts = home, facts
        ports = facts["ports"]
        self._journal = Journal(home.journal)
        recovered = self._journal.recover(wall_clock_ms())
        engine, behind = resumed(recovered)
        self._clock = Clock(recovered.last_ms)
        self._projection = Projection(home.database_url, spawn)
        self._history = History(self._projection.engine)
        self._parties = Parties(
            self._history,
            self._projection.committed,
            spawn,
            shown=lambda: self._hub.clients > 0 or self._webhooks.active or self._redis.personal,
        )
        self._memory = Memory(
            self._projection, self._history, lambda: self._runtime.state, behind, self._to_webhooks
        )
        self._following = Following.of(
            FollowingPorts(
                self._projection,
                self._history,
                self._parties,
                self._memory.keep,
                lambda event: self._runtime.ask(event),  # noqa: PLW0108  # it is made below
                lambda: self._runtime.state,
                self._clock.now_ms,
                wall_clock_ms,
                spawn,
            )
        )
        self._picture = Picture()
        self._events = EventLog(home.events, wall_clock_ms())
        self._hub = EventHub(
            self._parties.enrich,
            self._live,
            story=self._story,
            outside=self._outside_number,
            log=self._events,
            privacy=self._privacy(),
        )
        self._hub.take_up(
            None if recovered.state is None else recovered.snapshot_seq,
            [(seq, at_ms, records) for seq, at_ms, records, _ in behind],
        )
        self._runtime = Runtime(
            engine,
            self._journal,
            self._clock,
            Outputs(self._remember, self._execute),
        )
        self._config = LiveConfig(
            home,
            facts,
            ConfigPorts(
                self._reload,
                self._runtime.ask,
                lambda: self._runtime.state,
                wall_clock_ms,
                self._hub.refresh,
            ),
        )
        self._classifications = Classifications(
            ClassifyPorts(
                lambda: self._runtime.state,
                self._runtime.ask,
                lambda version: self._config.of(version).rules,
                self._clock.now_ms,
            ),
            Facts(self._parties, self._clock.now_ms),
        )
        self._books = Books(self._parties, self._classifications, self._following, Returns(self._parties))
        self._customers = Customers(
            CustomerPorts(
                self._projection,
                self._history,
                self._parties,
                self._books.forget,
                lambda: facts_of(self._config.live.config),
                wall_clock_ms,
                self._following.attached.learn,
            )
        )
        self._reports = Reports(
            ReportPorts(
                home.database_url,
                self._projection.committed,
                lambda: self._runtime.state,
                self._clock.now_ms,
                self._config.zones,
            ),
            Clerk(home.log / "kpis.log"),
        )
        self._desktops = Desktops(lambda: self._runtime.state, self._runtime.ask, spawn)
        self._dialled = Dialled(lambda: self._config.live.config.trunks)
        phones = self._config.phones()
        self._switch = AsteriskSwitch(
            facts["switch"],
            Manager("127.0.0.1", ports["ami"], AMI_USER, facts["ami"]["secret"]),
            phones.of,
            SwitchEngine(
                self._runtime.post,
                self._runtime.ask,
                self._before_ring,
                self._shown_caller,
                wall_clock_ms,
                self._clock.now_ms,
                self._caller_found,
                self._outside,
            ),
            spawn,
            fixed=phones.fixed,
            answers=phones.answers,
        )
        self._webhooks = Webhooks.of(
            home,
            self._projection,
            Sources(self._parties.enrich, self._story, self._queue_of, wall_clock_ms, self._outside_number),
            lambda: self._config.live.config.webhooks,
        )
        self._redis = RedisStream.of(
            os.environ, RedisPorts(self._events, self._hub.missed, wall_clock_ms, spawn)
        )
        models = Models(home.path / "waits")
        self._waits = Estimator(WaitsPorts(lambda: self._runtime.state, self._clock.now_ms, models.read))
        self._waits_keeper = Keeper(
            models,
            training_argv(home.path, Path(facts["config"])),
            home.log / "waits.log",
            KeeperPorts(lambda: self._config.live.version, self._waits.refresh, wall_clock_ms),
        )
        self._people = Opening(
            home,
            PeopleStore(self._projection.engine, self._projection),
            lambda: self._config.live.config.agents,
            wall_clock_ms,
            oidc=oidc_settings(os.environ),
        )
        self._restored = asyncio.Event()
        self._callers = Callers(
            CallerPorts(
                lambda: self._runtime.state,
                self._runtime.ask,
                self._arrived,
                self._switch.is_gone,
                lambda version: self._config.of(version).published,
                self._clock.now_ms,
                self._classify,
                lambda contact_id: self._books.returns.earlier(contact_id, self._clock.now_ms()),
                self._waits.at_door,
                self._waits.to_tell,
                self._following.trails.passed,
            )
        )
        self._commands = AgentCommands(
            CommandPorts(
                lambda: self._runtime.state,
                self._runtime.ask,
                self._desktops,
                self._following.notes,
                self._following.dispositions,
                LiveSettings(lambda: self._config.live.config, lambda: self._config.of("").published),
                self._dialled,
                Called(self._parties),
                self._switch.name,
                self._clock.now_ms,
                self._waits.at_door,
            )
        )
        self._scripts = ScriptRunner(Path(facts["config"]).parent / "scripts", spawn=spawn)
        self._agi = AgiServer(
            "127.0.0.1", ports["agi"], facts["agi_nonce"], {"main": self._visit}, spawn=spawn
        )
        self._web: web.AppRunner | None = None

    async def start(self) -> tuple[asyncio.Task[None], ...]:
        """Calls first, everything else after. Returns the tasks without which a server is worth nothing."""
        vital = [
            spawn(self._runtime.run(), name="runtime"),
            spawn(self._runtime.keep_synced(), name="journal sync"),
        ]
        routing = self._config.routing()
        self._config.restore()
        if self._runtime.state.routing != routing:
            self._runtime.post(ev.ConfigPublished(routing))
        await self._agi.start()
        vital += self._switch.start()
        spawn(self._catch_up(), name="projection start")
        self._people.start(spawn)
        await self._start_web()
        self._desktops.start()
        self._config.start()
        spawn(self._waits_keeper.run(), name="waits keeper")
        _log.info("server.started", contacts=len(self._runtime.state.contacts), skew_ms=self._clock.skew_ms)
        return tuple(vital)

    async def stop(self) -> None:
        """Close what listens, write what is in memory. Calls stay on the switch."""
        await self._reports.close()
        if self._web is not None:
            await self._web.cleanup()
        await self._agi.close()
        await self._switch.close()
        await self._webhooks.close()
        await self._redis.close()
        await self._people.close()
        await self._projection.close(within_ms=2_000)
        await cancel_all()
        self._events.close()
        self._journal.close()

    async def _catch_up(self) -> None:
        """Project what the database has not seen, and read back who is on the line."""
        await self._memory.catch_up(self._books, self._clock.now_ms())
        self._restored.set()
        # Who came back before this has been told of callers without names and numbers.
        self._hub.refresh()
        self._redis.start()
        spawn(self._following.attached.keep_tidy(), name="attached tidy")
        await self._webhooks.start()

    async def _start_web(self) -> None:
        http = self._facts["http"]
        ports = WebPorts(
            live=self._live,
            ready=self._ready,
            agents=self._commands,
            history=self._history,
            explain=Explainer(self._history),
            customers=self._customers,
            config=self._config,
            kpis=self._reports,
            classifications=self._classifications.live,
            stream=self._hub,
            waits=self._waits.report,
            webhooks=self._webhooks,
            attached=self._following.attached,
            followed=self._following,
            token=http["token"],
            allowed_hosts=frozenset(http["hosts"]),
            allowed_origins=frozenset(http["origins"]),
            web_phone=self._web_phone,
            agent_phone=self._agent_phone,
            disposition_lists=self._disposition_lists,
            office=self._people.office,
        )
        self._web = make_runner(make_app(ports))
        await self._web.setup()
        await web.TCPSite(
            self._web, http["bind"], self._facts["ports"]["http"], ssl_context=tls(http), reuse_address=True
        ).start()

    def _ready(self) -> tuple[bool, str]:
        if not self._switch.ready:
            return False, "Asterisk todavía no responde / Asterisk does not answer yet"
        return True, ""

    async def _reload(self, changes: Changes, phones: Phones) -> None:
        await self._switch.apply(changes, phones.of, fixed=phones.fixed, answers=phones.answers)

    def _remember(self, seq: int, now_ms: int, records: Sequence[Record]) -> None:
        self._memory.remember(seq, now_ms, records, self._books)
        self._waits.follow(records)
        self._dialled.follow(records)
        self._commands.last.follow(records)
        self._hub.publish(seq, records)

    def _story(self, contact_id: ContactId) -> Story:
        return self._following.story(self._runtime.state, contact_id, self._clock.now_ms())

    async def _classify(self, contact_id: ContactId, visit: Visit, queue: str) -> None:
        await self._classifications.classify(contact_id, visit, queue)
        await self._following.attached.known(contact_id, POP_WAIT_MS)

    def _to_webhooks(self, seq: int, records: Sequence[Record]) -> Sequence[Delivery]:
        return self._webhooks.follow(seq, records)

    def _queue_of(self, contact_id: ContactId) -> str | None:
        contact = self._runtime.state.contacts.get(contact_id)
        return None if contact is None or contact.rules is None else contact.rules.id

    def _privacy(self) -> Privacy:
        return Privacy(lambda contact_id: handlers(self._runtime.state, contact_id), masked)

    def _live(self) -> Any:
        def number(contact_id: ContactId) -> str | None:
            identity = self._parties.identity(contact_id)
            return identity.number if identity is not None else None

        beside = Beside(
            seq=self._journal.seq,
            number=number,
            customer=self._parties.customer_name,
            alarms=self._alarms(),
            opening=self._config.live.openings.of,
            names={AgentId(name): agent.name for name, agent in self._config.live.config.agents.items()},
            queue_wait=self._waits.of_queue,
            answers=lambda agent: answers_of(self._config.live.config, agent),
            waits=self._waits.of_contacts(),
        )
        return self._picture.read(self._runtime.state, self._clock.now_ms(), beside)

    def _web_phone(self) -> WebPhone | None:
        entries = self._config.live.config.entry.items()
        return web_phone(self._facts, {number: entry.flow or entry.script or "" for number, entry in entries})

    def _disposition_lists(self) -> dict[str, list[str]]:
        queues = self._config.live.config.queues.items()
        return {name: list(queue.dispositions) for name, queue in queues if queue.dispositions}

    def _agent_phone(self, agent: str) -> AgentPhone | None:
        config = self._config.live.config
        known = config.agents.get(agent)
        if known is None:
            return None
        return agent_phone(self._home.read_centre(), known.phone, config.phones[known.phone].kind)

    def _alarms(self) -> list[str]:
        found = [self._projection.why, self._journal.why, self._events.why, self._redis.why]
        found += self._config.alarms()
        found += [*self._switch.trunk_trouble().values(), *self._webhooks.alarms()]
        return [why for why in found if why]

    def _execute(self, command: Command) -> None:
        self._switch.execute(command)

    async def _before_ring(self) -> None:
        """Right after a restart, wait until it is known again who the callers are; then for the pop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RESTORE_MS / 1000):
                await self._restored.wait()
        await self._hub.handed_over(POP_LEAD_MS)

    def _shown_caller(self, contact_id: ContactId) -> tuple[str, str]:
        identity = self._parties.identity(contact_id)
        return (identity.name, identity.shown) if identity is not None else ("", "")

    def _arrived(self, contact_id: ContactId, visit: Visit) -> None:
        self._switch.book.caller(contact_id, visit.uniqueid, visit.channel)
        self._following.trails.arrived(contact_id, visit.entry, visit.trunk)
        self._caller_found(contact_id, visit.number, visit.name, visit.withheld, visit.trunk)

    def _caller_found(
        self, contact_id: ContactId, number: str, name: str, withheld: bool, trunk: str
    ) -> None:
        contact = self._runtime.state.contacts.get(contact_id)
        if contact is not None and contact.direction is Direction.OUTBOUND:
            # Its leg shows our own number; whom we called is known by what was dialled.
            return
        line = self._config.live.config.trunks.get(trunk)
        region = None if line is None else line.country
        self._parties.arrived(contact_id, caller_identity(number, not withheld, name, region=region))

    def _outside(self, token: str) -> Outside | None:
        way = self._dialled.way(token)
        return None if way is None else Outside(way.trunk, way.dial, way.shown)

    def _outside_number(self, token: str) -> str | None:
        way = self._dialled.way(token)
        return None if way is None else way.dial

    async def _visit(self, request: AgiRequest, call: AgiCall) -> None:
        # Before the first list of the switch nobody would count as signed in.
        await self._switch.wait_ready(SWITCH_MS)
        visit = visit_of(request, self._switch.name)
        await self._callers.visit(visit, AgiLine(call, partial(self._run_script, visit.uniqueid)))

    async def _run_script(self, uniqueid: str, call: AgiCall, script: Path) -> None:
        async def finished() -> None:
            contact_id = self._switch.book.callers.get(uniqueid)
            if contact_id is not None:
                await self._runtime.ask(ev.ContactFinished(contact_id))

        result = await self._scripts.run(script.name, call, before_hangup=finished)
        _log.info("script.ended", script=script.name, end=result.end.value, exit_code=result.exit_code)


def main() -> None:
    home = Home(Path(os.environ[ENVIRONMENT]))
    configure_logs(home.log / "server.log")
    if sys.stdin.readline().strip() != "go":
        return
    asyncio.run(until_stopped(lambda: Server(home, home.read_centre())))


if __name__ == "__main__":
    main()
