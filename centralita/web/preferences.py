"""The API of how customers like to be served, and of the PIN by which they prove who they are."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from centralita.people import refusals
from centralita.people.hashing import TooBusyError
from centralita.people.rights import Who
from centralita.web import params
from centralita.web.api import json, unavailable
from centralita.web.ports import HistoryUnavailableError, WebPorts
from centralita.web.privacy import check_contact
from centralita.web.problems import ProblemError
from centralita.web.rights import who_of
from centralita.web.services_ports import PIN_MAX, PIN_MIN, UnknownNumberError, is_pin

MODES = ("speech", "keys")
CHANNELS = ("phone", "chat", "email", "sms", "whatsapp")
_SAID = ("mode", "language", "channel", "consent", "source")
_SOURCES = ("customer", "agent", "api")


class PreferencesApi:
    """The handlers of preferences and PINs."""

    def __init__(self, ports: WebPorts) -> None:
        self._ports = ports

    def routes(self) -> list[web.RouteDef]:
        return [
            web.put("/api/customers/by-ref/{ref}/pin", self.set_pin),
            web.get("/api/customers/by-ref/{ref}/preferences", self.of_customer),
            web.put("/api/customers/by-ref/{ref}/preferences", self.set_for_customer),
            web.get("/api/contacts/{id}/preferences", self.of_contact),
            web.put("/api/contacts/{id}/preferences", self.set_for_contact),
        ]

    async def set_pin(self, request: web.Request) -> web.Response:
        params.query(request, ())
        given = await params.body(request, ("pin",))
        if "pin" not in given:
            raise _bad_pin()
        pin = given["pin"]
        if pin is not None and not is_pin(pin):
            raise _bad_pin()
        try:
            found = await self._ports.services.pins.set(
                request.match_info["ref"], None if pin is None else str(pin)
            )
        except TooBusyError as error:
            raise ProblemError.of(refusals.busy()) from error
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if not found:
            raise _no_customer()
        return json({"status": "done"})

    async def of_customer(self, request: web.Request) -> web.Response:
        params.query(request, ())
        try:
            found = await self._ports.services.preferences.of_customer(request.match_info["ref"])
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if found is None:
            raise _no_customer()
        return json(found)

    async def set_for_customer(self, request: web.Request) -> web.Response:
        params.query(request, ())
        given = await params.body(request, ("number", *_SAID))
        number = given.get("number")
        if number is not None and not isinstance(number, str):
            raise params.bad(
                "number", "«number» debe ser uno de sus números.", "'number' must be one of their numbers."
            )
        said, source = _said(given), _source(given, who_of(request))
        try:
            found = await self._ports.services.preferences.set_for_customer(
                request.match_info["ref"], number or "", said, source
            )
        except UnknownNumberError as error:
            raise _not_their_number() from error
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if found is None:
            raise _no_customer()
        return json(found)

    async def of_contact(self, request: web.Request) -> web.Response:
        params.query(request, ())
        contact_id = request.match_info["id"]
        await check_contact(self._ports, who_of(request), contact_id)
        try:
            found = await self._ports.services.preferences.of_contact(contact_id)
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if found is None:
            raise _nobody_known()
        return json(found)

    async def set_for_contact(self, request: web.Request) -> web.Response:
        params.query(request, ())
        contact_id, who = request.match_info["id"], who_of(request)
        await check_contact(self._ports, who, contact_id)
        given = await params.body(request, ("everywhere", *_SAID))
        everywhere = params.flag("everywhere", given.get("everywhere"))
        said, source = _said(given), _source(given, who)
        try:
            found = await self._ports.services.preferences.set_for_contact(
                contact_id, said, source, everywhere=everywhere
            )
        except HistoryUnavailableError as error:
            raise unavailable() from error
        if found is None:
            raise _nobody_known()
        return json(found)


def _said(given: Mapping[str, object]) -> dict[str, object]:
    """What somebody says; null takes it away."""
    said: dict[str, object] = {}
    for name, words in (("mode", MODES), ("channel", CHANNELS)):
        if name in given:
            said[name] = None if given[name] is None else params.one_of(words)(name, given[name])
    if "language" in given:
        said["language"] = _language(given["language"])
    if "consent" in given:
        said["consent"] = None if given["consent"] is None else params.flag("consent", given["consent"])
    return said


def _language(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) == 2 and value.isascii() and value.islower() and value.isalpha():
        return value
    raise params.bad(
        "language",
        "«language» debe ser un idioma de dos letras, p. ej. es.",
        "'language' must be a language of two letters, e.g. es.",
    )


def _source(given: Mapping[str, object], who: Who) -> str:
    """Who says so: the customer, if the one who writes says that they were asked to."""
    if given.get("source") is not None:
        return params.one_of(_SOURCES)("source", given["source"])
    return "agent" if who.agent else "api"


def _bad_pin() -> ProblemError:
    return ProblemError(
        422,
        "bad_pin",
        f"«pin» debe tener de {PIN_MIN} a {PIN_MAX} cifras, o ser null para quitarlo.",
        f"'pin' must have {PIN_MIN} to {PIN_MAX} digits, or be null to remove it.",
    )


def _no_customer() -> ProblemError:
    return ProblemError(
        404,
        "no_customer",
        "No hay cliente con esa clave: créelo con PUT /api/customers/by-ref/{clave}.",
        "There is no customer with that key: create it with PUT /api/customers/by-ref/{key}.",
    )


def _not_their_number() -> ProblemError:
    return ProblemError(
        422,
        "not_their_number",
        "Ese número no es del cliente: use uno de «numbers» de su ficha, o no lo ponga.",
        "That number is not the customer's: use one of 'numbers' of the record, or leave it out.",
    )


def _nobody_known() -> ProblemError:
    return ProblemError(
        404,
        "nobody_known",
        "No se sabe de quién es este contacto: no hay número ni cliente al que guardárselo.",
        "It is not known whose contact this is: there is no number or customer to keep it for.",
    )
