"""
The switch adapter on a real Asterisk, without an engine: the test decides who is offered to whom.

Callers are let in, told to wait, and remembered; every engine event is kept.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from acd import events as ev
from acd.commands import OfferContact
from acd.model import AgentId, ContactId, OfferId
from centralita.tasks import spawn
from cti.asterisk.agi.request import AgiRequest
from cti.asterisk.agi.server import AgiServer
from cti.asterisk.agi.verbs import AgiCall
from cti.asterisk.instance import AMI_USER, Changes, Instance, rewrite
from cti.asterisk.originate import Outside
from cti.asterisk.ports import Engine, Manager
from cti.asterisk.switch import AsteriskSwitch
from tests.support.asterisk import PrivateAsterisk, rendered_asterisk
from tests.support.polling import eventually
from tests.support.telephone import Telephone

T = TypeVar("T", bound=ev.Event)


class Rig:
    """A running rig. Made by `rig`."""

    def __init__(self, instance: Instance, asterisk: PrivateAsterisk) -> None:
        self.instance, self.asterisk = instance, asterisk
        self.told: list[ev.Event] = []
        self.snapshots: list[ev.SwitchSnapshot] = []
        self.visits: list[AgiRequest] = []
        """Every time that a caller stood at our door."""
        self.wait_s = 60
        """How long callers are told to wait."""
        self.during_visit: Callable[[ContactId, AgiCall], Awaitable[None]] = _nothing
        """Awaited before a caller is told to wait."""
        self.ways: dict[str, Outside] = {}
        """Token -> way to a telephone number."""
        self.answers: dict[str, str] = {}
        """Phone -> how it is told to pick up."""
        self._offers = 0
        self.switch = self._new_switch()
        self._door = AgiServer(
            "127.0.0.1", instance.agi_port, instance.agi_nonce, {"main": self._visit}, spawn=spawn
        )
        self._phones: list[Telephone] = []

    def _new_switch(self) -> AsteriskSwitch:
        instance = self.instance
        manager = Manager("127.0.0.1", instance.ami_port, AMI_USER, instance.ami_secret)
        engine = Engine(
            self.told.append,
            self._ask,
            _at_once,
            lambda _: ("", "anonymous"),
            lambda: time.time_ns() // 1_000_000,
            lambda: 0,
            lambda *_: None,
            self.ways.get,
        )
        fixed = frozenset(phone.name for phone in instance.phones if phone.address)
        return AsteriskSwitch(
            "local", manager, self.owners(), engine, spawn, fixed=fixed, answers=self.answers
        )

    def owners(self) -> dict[AgentId, str]:
        """Each phone is that of the agent called like it."""
        return {AgentId(phone.name): phone.name for phone in self.instance.phones}

    async def _ask(self, event: ev.Event) -> None:
        assert isinstance(event, ev.SwitchSnapshot)
        self.snapshots.append(event)

    async def _visit(self, request: AgiRequest, call: AgiCall) -> None:
        contact_id = ContactId(request.query["contact"] or f"c{len(self.visits) + 1}")
        self.switch.book.caller(contact_id, request.uniqueid, request.channel)
        for name, value in {"CC_CONTACT": contact_id, "CC_SAY": "", "CC_WAIT": self.wait_s}.items():
            await call.set_variable(name, value)
        self.visits.append(request)
        await self.during_visit(contact_id, call)
        await call.set_variable("CC_NEXT", "wait")

    async def start(self) -> None:
        await self._door.start()
        self.switch.start()
        await eventually(lambda: self.switch.ready, 5, "the switch is in step")

    async def restart(self) -> None:
        """As after a death of the server: another adapter, which knows nothing yet."""
        await self.switch.close()
        self.told.clear()
        self.switch = self._new_switch()
        self.switch.start()
        await eventually(lambda: self.switch.ready, 5, "the switch is in step again")

    async def die(self) -> None:
        """The server is gone, and has been for longer than any leg on hold waits for it."""
        await self.switch.close()
        await self.asterisk.cli("dialplan set global CC_ALIVE 1")

    async def close(self) -> None:
        for phone in self._phones:
            if phone.talk is not None and phone.talk.answered_ns:
                with contextlib.suppress(TimeoutError):
                    await phone.hang_up()
            phone.close()
        await self._door.close()
        await self.switch.close()

    def phone(
        self, user: str, password: str = "", *, address: str = "127.0.0.1", voice: int = 0x2A
    ) -> Telephone:
        phone = Telephone(
            user, ("127.0.0.1", self.instance.sip_port), password=password, address=address, voice=voice
        )
        self._phones.append(phone)
        return phone

    async def agent(self, name: str, *, voice: int = 0x55) -> Telephone:
        """The registered phone of an agent."""
        password = next(phone.password for phone in self.instance.phones if phone.name == name)
        phone = self.phone(name, password, voice=voice)
        assert await phone.register() == 200
        await self.tells(ev.PhoneReachable(AgentId(name), reachable=True))
        return phone

    async def caller(
        self, number: str = "+34600111222", entry: str = "900", *, voice: int = 0x2A
    ) -> Telephone:
        """Somebody who waits; the newest visit is theirs."""
        before = len(self.visits)
        phone = self.phone(number, voice=voice)
        answer = await phone.dial(entry)
        assert answer.status == 200, answer.first
        await eventually(lambda: len(self.visits) > before, 5, "the caller stands at the door")
        return phone

    def newest(self) -> ContactId:
        """The contact that came to the door last."""
        return next(iter(reversed(self.switch.book.channels)))

    async def talk(self, contact_id: ContactId, agent: Telephone, *, auto_answer: bool = False) -> OfferId:
        """Ring the agent's phone for the contact until the two talk."""
        self._offers += 1
        offer_id = OfferId(f"{contact_id}-o{self._offers}")
        self.switch.execute(OfferContact(offer_id, contact_id, AgentId(agent.user), 5_000, auto_answer))
        await self.tells(ev.OfferAccepted(offer_id))
        return offer_id

    async def tells(self, event: ev.Event, *, within_s: float = 5.0) -> None:
        """Wait until the adapter has told this."""
        await eventually(lambda: event in self.told, within_s, f"{event}; told: {self.told[-10:]}")

    async def take_up(self, **changes: object) -> Changes:
        """Change the instance while calls go on, as a published configuration does."""
        self.instance = replace(self.instance, **changes)  # type: ignore[arg-type]
        changed = rewrite(self.instance)
        fixed = {phone.name for phone in self.instance.phones if phone.address}
        await self.switch.apply(changed, self.owners(), fixed=fixed)
        return changed


async def _nothing(contact_id: ContactId, call: AgiCall) -> None:
    """A visit like most."""


async def _at_once() -> None:
    """There is no pop to wait for."""


@contextlib.asynccontextmanager
async def rig(instance: Instance) -> AsyncIterator[Rig]:
    """
    Asterisk on the instance's files, and the adapter in step with it.

    If the test fails, Asterisk's log is added to the failure.
    """
    async with rendered_asterisk(instance) as asterisk:
        running = Rig(instance, asterisk)
        try:
            await running.start()
            yield running
        except BaseException as failure:
            failure.add_note((instance.home / "log/messages.log").read_text("utf-8", "replace")[-4000:])
            raise
        finally:
            await running.close()
