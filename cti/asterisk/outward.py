"""Calls to the telephone network: somebody outside for a contact, and the customer of an outgoing one."""

from __future__ import annotations

import asyncio

import structlog

from acd.commands import CallCustomer, CallOutside, StopCalling
from acd.model import OfferEnd, OfferId
from cti.asterisk import originate
from cti.asterisk.ami.codec import AmiError, HeaderRefused
from cti.asterisk.ami.waiters import ActionFailed
from cti.asterisk.control import Control
from cti.asterisk.legs import Leg, LegBook
from cti.asterisk.orders import Orders
from cti.asterisk.originate import Outside, Parties
from cti.asterisk.ports import Engine

_log = structlog.get_logger("switch")


class Outward:
    """
    Args:
        orders: To the switch.
        book: What is there.
        control: Moves legs.
        engine: Knows how the number behind a token is called.
    """

    def __init__(self, orders: Orders, book: LegBook, control: Control, engine: Engine) -> None:
        self._orders, self._book, self._control, self._engine = orders, book, control, engine
        self._line = asyncio.Lock()
        """Counting the calls of a line and taking one more is one step."""

    async def outside(self, command: CallOutside) -> None:
        caller, leg = self._book.channels.get(command.contact_id), self._book.legs.get(command.leg_id)
        if leg is None:
            return
        way = self._engine.outside(command.number)
        if caller is None or way is None:
            self._book.fail(command.leg_id, leg.withdrawn or OfferEnd.FAILED)
            return
        if command.by is not None:
            await self._control.hear_the_bell(command.contact_id, command.by, command.leg_id)
        parties = Parties(caller.name, self._name(command.by))
        result = await self._ring(originate.outside_leg(command, way, parties), way, caller.name, leg)
        if result is not None:
            self._book.fail(command.leg_id, leg.withdrawn or result)

    async def customer(self, command: CallCustomer) -> None:
        called = self._book.customer(command.contact_id, command.uniqueid, command.leg_id)
        known = await self._engine.numbers_known()
        if called.withdrawn is not None or not known:
            self._book.unreached(command.contact_id, called.withdrawn or OfferEnd.FAILED, rung=False)
            return
        way, by = self._engine.outside(command.number), self._name(command.leg_id)
        if way is None or not by:
            # A number that cannot be dialled will not be the next time either.
            self._book.unreached(command.contact_id, OfferEnd.FAILED, rung=way is None)
            return
        headers = originate.customer(command, way, Parties(by=by))
        result = await self._ring(headers, way, by, called)
        if result is not None:
            self._book.unreached(command.contact_id, result, rung=called.asked)

    async def stop(self, command: StopCalling) -> None:
        caller = self._book.channels.get(command.contact_id)
        if caller is None:
            self._book.unreached(command.contact_id, OfferEnd.WITHDRAWN)
        elif caller.called is not None:
            caller.called.withdrawn = OfferEnd.WITHDRAWN
            if caller.called.asked:
                await self._orders.hang_up(caller.uniqueid)

    def _name(self, leg_id: OfferId | None) -> str:
        leg = None if leg_id is None else self._book.legs.get(leg_id)
        return "" if leg is None else leg.channel

    async def _ring(self, headers: originate.Headers, way: Outside, beside: str, leg: Leg) -> OfferEnd | None:
        """None, or why nothing was even rung; `beside` is any channel that is there to ask through."""
        async with self._line:
            if await self._is_full(way.trunk, beside):
                _log.warning("line.full", trunk=way.trunk, leg=leg.offer_id)
                return OfferEnd.FAILED
            if leg.withdrawn is not None:
                return leg.withdrawn
            leg.asked = True
            try:
                await self._orders.ami.send("Originate", headers)
            except (ActionFailed, HeaderRefused) as error:
                _log.error("originate.refused", leg=leg.offer_id, trunk=way.trunk, why=str(error))
                return OfferEnd.FAILED
            except AmiError as error:
                # Not known whether it rings: the snapshot after the reconnect will tell.
                _log.warning("originate.unknown", leg=leg.offer_id, why=str(error))
            return None

    async def _is_full(self, trunk: str, beside: str) -> bool:
        """By the counts that the dialplan keeps, and the limits written beside it."""
        for group, limit in (("trunk", f"CC_CALLS_{trunk}"), ("out", f"CC_OUT_{trunk}")):
            most = await self._orders.value(limit)
            now = await self._orders.value(f"GROUP_COUNT({trunk}@{group})", beside)
            if most.isdigit() and now.isdigit() and int(now) >= int(most):
                return True
        return False
