"""The telephone side: the switch, callers at the door, and what agents order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import structlog

from acd import events as ev
from acd.commands import Command
from acd.model import ContactId, Direction
from acd.records import Record
from centralita.agent_commands import AgentCommands
from centralita.callers import Callers, Visit
from centralita.callers import Ports as CallerPorts
from centralita.clock import wall_clock_ms
from centralita.commands.ports import Ports as CommandPorts
from centralita.commands.settings import LiveSettings
from centralita.conversing import Conversing
from centralita.core import Core
from centralita.desktops import Desktops
from centralita.dialled import Called
from centralita.live_config import Phones
from centralita.store.parties import caller_identity
from centralita.tasks import spawn
from centralita.visits import visit_of
from cti.asterisk.agi.request import AgiRequest
from cti.asterisk.agi.scripts import ScriptRunner
from cti.asterisk.agi.server import AgiServer
from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.instance import AMI_USER, Changes
from cti.asterisk.originate import Outside
from cti.asterisk.ports import Engine as SwitchEngine
from cti.asterisk.ports import Manager
from cti.asterisk.switch import AsteriskSwitch

_log = structlog.get_logger("switching")

POP_LEAD_MS = 25
"""How long the bell waits for the pop to have left, at most."""
RESTORE_MS = 1_000
"""How long a bell waits, at most, for the names and numbers of callers after a restart."""
NUMBERS_MS = 30_000
"""The same for a customer who is to be called back, until the number is known."""
MESSAGE_MS = 2_000
"""How long the end of a caller waits, at most, until a message of theirs has been looked at."""
SWITCH_MS = 2_000
"""How long a caller hears music, at most, until the switch has been listed after a start."""


class Switching:
    """
    Args:
        core: On which all of it stands.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        facts, phones = core.facts, core.config.phones()
        self.switch = AsteriskSwitch(
            facts["switch"],
            Manager("127.0.0.1", facts["ports"]["ami"], AMI_USER, facts["ami"]["secret"]),
            phones.of,
            SwitchEngine(
                self._told,
                core.runtime.ask,
                self._before_ring,
                self._shown_caller,
                wall_clock_ms,
                core.clock.now_ms,
                self._caller_found,
                self._outside,
                lambda: core.callbacks.book.known(NUMBERS_MS),
            ),
            spawn,
            fixed=phones.fixed,
            answers=phones.answers,
        )
        self.conversing = Conversing(core, self.switch.book.callers.get)
        self.desktops = Desktops(core.state, core.runtime.ask, spawn)
        self.commands = self._agent_commands()
        self._callers = self._at_the_door()
        self._scripts = ScriptRunner(Path(facts["config"]).parent / "scripts", spawn=spawn)
        self._agi = AgiServer(
            "127.0.0.1", facts["ports"]["agi"], facts["agi_nonce"], {"main": self._visit}, spawn=spawn
        )

    async def start(self) -> tuple[asyncio.Task[None], ...]:
        """Listen for callers, connect to the switch; the tasks without which there are no calls."""
        await self.conversing.start()
        await self._agi.start()
        return self.switch.start()

    async def close(self) -> None:
        """Calls stay on the switch."""
        await self._agi.close()
        await self.conversing.close()
        await self.switch.close()

    def follow(self, records: Sequence[Record]) -> None:
        """Keep step with the engine."""
        self.commands.last.follow(records)
        self._callers.follow(records)

    def execute(self, command: Command) -> None:
        self.switch.execute(command)

    async def reload(self, changes: Changes, phones: Phones) -> None:
        await self.switch.apply(changes, phones.of, fixed=phones.fixed, answers=phones.answers)

    def _agent_commands(self) -> AgentCommands:
        core = self._core
        return AgentCommands(
            CommandPorts(
                core.state,
                core.runtime.ask,
                self.desktops,
                core.following.notes,
                core.following.dispositions,
                LiveSettings(lambda: core.config.live.config, lambda: core.config.of("").published),
                core.dialled,
                Called(core.parties),
                self.switch.name,
                core.clock.now_ms,
                core.waits.at_door,
            )
        )

    def _at_the_door(self) -> Callers:
        core = self._core
        return Callers(
            CallerPorts(
                core.state,
                core.runtime.ask,
                self._arrived,
                self.switch.is_gone,
                lambda version: core.config.of(version).published,
                core.clock.now_ms,
                core.classify,
                self._earlier,
                core.waits.at_door,
                core.waits.to_tell,
                core.following.trails.passed,
                self.conversing.services,
                self.conversing.ready,
            )
        )

    async def _earlier(self, contact_id: ContactId) -> ContactId | None:
        """By which the caller was promised a call, or gave up waiting."""
        promised = self._core.callbacks.earlier(contact_id)
        return promised or await self._core.books.returns.earlier(contact_id, self._core.clock.now_ms())

    def _told(self, event: ev.Event) -> None:
        """News of the switch, in its order. Who is gone may have left a message: that is looked at first."""
        if isinstance(event, ev.ContactGone) and self.conversing.services.voicemail.takes(event.contact_id):
            spawn(self._gone(event), name=f"gone {event.contact_id}")
        else:
            self._core.runtime.post(event)

    async def _gone(self, event: ev.ContactGone) -> None:
        has_message = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(MESSAGE_MS / 1000):
                has_message = await self.conversing.services.voicemail.left(event.contact_id)
        if has_message:
            self._core.runtime.post(ev.MessageLeft(event.contact_id))
        self._core.runtime.post(event)

    async def _before_ring(self) -> None:
        """Right after a restart, wait until it is known again who the callers are; then for the pop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RESTORE_MS / 1000):
                await self._core.restored.wait()
        await self._core.hub.handed_over(POP_LEAD_MS)

    def _shown_caller(self, contact_id: ContactId) -> tuple[str, str]:
        identity = self._core.parties.identity(contact_id)
        return (identity.name, identity.shown) if identity is not None else ("", "")

    def _arrived(self, contact_id: ContactId, visit: Visit) -> None:
        self.switch.book.caller(contact_id, visit.uniqueid, visit.channel)
        self._core.following.trails.arrived(contact_id, visit.entry, visit.trunk)
        self._caller_found(contact_id, visit.number, visit.name, visit.withheld, visit.trunk)

    def _caller_found(
        self, contact_id: ContactId, number: str, name: str, withheld: bool, trunk: str
    ) -> None:
        contact = self._core.state().contacts.get(contact_id)
        if contact is not None and (
            contact.direction is Direction.OUTBOUND or contact.dialled_ms is not None
        ):
            # Its leg shows our own number; whom we called is known by what was dialled.
            return
        line = self._core.config.live.config.trunks.get(trunk)
        region = None if line is None else line.country
        self._core.parties.arrived(contact_id, caller_identity(number, not withheld, name, region=region))

    def _outside(self, token: str) -> Outside | None:
        way = self._core.way(token)
        return None if way is None else Outside(way.trunk, way.dial, way.shown)

    async def _visit(self, request: AgiRequest, call: AgiCall) -> None:
        # Before the first list of the switch nobody would count as signed in.
        await self.switch.wait_ready(SWITCH_MS)
        visit = visit_of(request, self.switch.name)
        line, taking = self.conversing.line(call, visit, partial(self._run_script, visit.uniqueid))
        try:
            await self._callers.visit(visit, line)
        finally:
            await taking.done()

    async def _run_script(self, uniqueid: str, call: AgiCall, script: Path) -> None:
        async def finished() -> None:
            contact_id = self.switch.book.callers.get(uniqueid)
            if contact_id is not None:
                await self._core.runtime.ask(ev.ContactFinished(contact_id))

        result = await self._scripts.run(script.name, call, before_hangup=finished)
        _log.info("script.ended", script=script.name, end=result.end.value, exit_code=result.exit_code)
