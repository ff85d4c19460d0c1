"""Ringing agents' phones: asked for, withdrawn, hung up, and known to the caller's own channel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from acd import events as ev
from acd.commands import OfferContact
from acd.model import AgentId, OfferEnd, OfferId, OfferKind
from cti.asterisk import originate
from cti.asterisk.ami.codec import AmiError, HeaderRefused
from cti.asterisk.ami.waiters import ActionFailed
from cti.asterisk.control import Control
from cti.asterisk.legs import Leg, LegBook
from cti.asterisk.orders import Orders
from cti.asterisk.originate import Parties
from cti.asterisk.ports import Engine
from cti.spawn import Spawn

_log = structlog.get_logger("switch")
ENDS_ITSELF_S = 0.2

_ALONE = (OfferKind.DIAL, OfferKind.CALLBACK)
"""Whoever is rung for these is alone until the customer picks up."""


class Bells:
    """
    Args:
        orders: To the switch.
        book: What is there.
        control: Moves legs.
        engine: Where events go and texts come from.
        spawn: Owner of our tasks.
    """

    def __init__(self, orders: Orders, book: LegBook, control: Control, engine: Engine, spawn: Spawn) -> None:
        self._orders, self._book, self._control = orders, book, control
        self._engine, self._spawn = engine, spawn
        self.phones: Mapping[AgentId, str] = {}
        """Agent -> endpoint."""

    async def ring(self, command: OfferContact, *, auto_answer: bool = False) -> None:
        await self._orders.synced.wait()
        await self._engine.before_ring()
        if command.by is not None:
            await self._control.hear_the_bell(command.contact_id, command.by, command.offer_id)
        await self._orders.synced.wait()  # the connection may have been lost meanwhile
        leg = self._book.legs.get(command.offer_id)
        caller = self._book.channels.get(command.contact_id)
        phone = self.phones.get(command.agent_id)
        if leg is None:
            return
        nobody = caller is None and command.kind not in _ALONE
        if leg.withdrawn is not None or nobody or phone is None:
            self._book.fail(command.offer_id, leg.withdrawn or OfferEnd.FAILED)
            return
        by = None if command.by is None else self._book.legs.get(command.by)
        parties = Parties("" if caller is None else caller.name, "" if by is None else by.channel)
        shown = self._engine.shown_caller(command.contact_id)
        automatic = command.auto_answer or auto_answer
        leg.asked = True
        await self._originate(
            leg, phone, originate.agents_leg(command, phone, parties, shown, auto_answer=automatic)
        )

    async def _originate(self, leg: Leg, phone: str, headers: originate.Headers) -> None:
        try:
            await self._orders.ami.send("Originate", headers)
        except (ActionFailed, HeaderRefused) as error:
            _log.error("originate.refused", offer=leg.offer_id, phone=phone, why=str(error))
            self._book.fail(leg.offer_id, OfferEnd.FAILED)
        except AmiError as error:
            # Not known whether it rings: the snapshot after the reconnect will tell.
            _log.warning("originate.unknown", offer=leg.offer_id, why=str(error))

    def ring_again(self, leg: Leg) -> None:
        """The same phone, told to pick up by itself."""
        if leg.offered is not None:
            self._spawn(self.ring(leg.offered, auto_answer=True), name=f"again {leg.offer_id}")

    def picked_up(self, asked: Leg) -> None:
        """Somebody who is asked: to who asks, should the leg not get there by itself."""
        self._spawn(self._control.bring_together(asked), name=f"together {asked.offer_id}")

    def withdraw(self, offer_id: OfferId, why: OfferEnd) -> None:
        leg = self._book.legs.get(offer_id)
        if leg is None:
            self._engine.tell(ev.OfferFailed(offer_id, why))
            return
        leg.withdrawn = why
        if leg.channel:
            self._spawn(self._orders.hang_up(offer_id), name=f"withdraw {offer_id}")

    def end(self, offer_id: OfferId) -> None:
        leg = self._book.legs.get(offer_id)
        if leg is not None and not leg.asked:
            # Nothing rings yet, and now nothing will: there is no leg to ask for.
            leg.withdrawn = OfferEnd.WITHDRAWN
            del self._book.legs[offer_id]
        else:
            self._spawn(self._end_if_it_does_not(offer_id), name=f"end {offer_id}")

    async def _end_if_it_does_not(self, offer_id: OfferId) -> None:
        """
        In its turn: a leg that somebody is just taken away from is not hung up on before.

        One whose caller is home again has mostly ended by itself, and the news of it is on the way.
        """
        leg = self._book.legs.get(offer_id)
        if leg is None:
            await self._orders.hang_up(offer_id)
            return
        async with self._control.turn(leg.contact_id):
            if leg.accepted and not leg.bridge:
                await asyncio.sleep(ENDS_ITSELF_S)
            if offer_id in self._book.legs:
                await self._orders.hang_up(offer_id)

    def known(self, leg: Leg) -> None:
        """
        The leg has a channel: let the caller's own channel know it, for the time that we are dead.

        A customer who is called knows the agent's leg from the first, but that leg has to know the customer.
        """
        caller = self._book.channels.get(leg.contact_id)
        is_customer = caller is not None and leg is caller.called
        if leg.withdrawn is not None:
            wanted = caller.uniqueid if caller is not None and is_customer else leg.offer_id
            self._spawn(self._orders.hang_up(wanted), name=f"withdraw {wanted}")
        elif caller is not None:
            marked, variable = caller.name, "CC_ASIDE" if leg.kind is OfferKind.CONSULT else "CC_LEG"
            if is_customer:
                marked, variable = leg.offer_id, "CC_CALLER"
            self._spawn(self._orders.mark(marked, ((variable, leg.channel),)), name=f"mark {leg.channel}")
