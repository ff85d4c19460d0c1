"""The API of customers: who a number belongs to, what is known of them, and forgetting it."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from centralita.web import params
from centralita.web.api import LIMIT, LIMIT_MAX, json, unavailable
from centralita.web.ports import CustomerPut, HistoryUnavailableError, Json, WebPorts, Wrong
from centralita.web.problems import ProblemError

_KEYS = ("name", "numbers", "segment", "language", "fields", "active", "region", "pin")
_YES_NO = params.one_of(("true", "false"))


class CustomersApi:
    """The handlers of everything under /api/customers."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/customers", self.by_number),
            # Before the next ones: "by-ref" is no customer's id.
            web.get("/api/customers/by-ref/{ref}", self.by_ref),
            web.put("/api/customers/by-ref/{ref}", self.put),
            web.get("/api/customers/{id}/contacts", self.contacts),
            web.delete("/api/customers/{id}/identity", self.erase),
        ]

    async def by_number(self, request: web.Request) -> web.Response:
        values = params.query(request, ("number",))
        number = params.phone("number", values.get("number", ""))
        try:
            return json({"customers": await self._ports.history.customers(number)})
        except HistoryUnavailableError as error:
            raise unavailable() from error

    async def by_ref(self, request: web.Request) -> web.Response:
        params.query(request, ())
        return json(await self._whole(request.match_info["ref"]))

    async def put(self, request: web.Request) -> web.Response:
        values = params.query(request, ("move", "dry_run"))
        move, dry_run = (params.optional(values, name, _YES_NO) == "true" for name in ("move", "dry_run"))
        given = await params.body(request, _KEYS)
        ref = request.match_info["ref"]
        try:
            done = await self._ports.customers.put(ref, given, move=move, dry_run=dry_run)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        _refuse(done)
        if dry_run:
            return json({"status": "ok", "created": done.created})
        return json(await self._whole(ref), status=201 if done.created else 200)

    async def contacts(self, request: web.Request) -> web.Response:
        values = params.query(request, ("limit",))
        limit = params.optional(values, "limit", params.whole(1, LIMIT_MAX)) or LIMIT
        try:
            found = await self._ports.history.customer_contacts(request.match_info["id"], limit)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if found is None:
            raise _no_customer()
        return json({"contacts": found})

    async def erase(self, request: web.Request) -> web.Response:
        params.query(request, ())
        try:
            found = await self._ports.customers.erase(request.match_info["id"])
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if not found:
            raise _no_customer()
        return json({"status": "erased"})

    async def _whole(self, ref: str) -> Json:
        try:
            found = await self._ports.customers.by_ref(ref)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if found is None:
            raise ProblemError(
                404,
                "no_customer",
                "No hay cliente con esa clave: créelo con PUT /api/customers/by-ref/{clave}.",
                "There is no customer with that key: create it with PUT /api/customers/by-ref/{key}.",
            )
        return found


def _refuse(done: CustomerPut) -> None:
    if done.wrong:
        raise _wrong(done.wrong)
    if done.taken:
        listed = [{"number": number, "ref": ref} for number, ref in done.taken]
        number, ref = done.taken[0]
        raise ProblemError(
            409,
            "number_taken",
            f"El número {number} ya es del cliente «{ref}»: quíteselo allí, o use ?move=true.",
            f"The number {number} belongs to customer '{ref}': take it away there, or use ?move=true.",
            taken=listed,
        )


def _wrong(found: Sequence[Wrong]) -> ProblemError:
    return ProblemError(
        422,
        "bad_customer",
        "; ".join(f"{wrong.key} «{wrong.value}»: {wrong.es}" for wrong in found) + ".",
        "; ".join(f"{wrong.key} '{wrong.value}': {wrong.en}" for wrong in found) + ".",
        wrong=[{"key": wrong.key, "value": wrong.value, "es": wrong.es, "en": wrong.en} for wrong in found],
    )


def _no_customer() -> ProblemError:
    return ProblemError(
        404,
        "no_customer",
        "No hay cliente con ese id: búsquelo con /api/customers?number=.",
        "There is no customer with that id: find it with /api/customers?number=.",
    )
