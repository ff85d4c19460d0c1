"""
What every route needs: one table. A route that is not in it is refused, and a test fails.

The guard asks here before any handler runs.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from centralita.people.rights import Kind, Right, Who
from centralita.web.problems import ProblemError

WHO = web.RequestKey("who", Who)


class Open(enum.Enum):
    """Routes that need no right."""

    EVERYBODY = enum.auto()
    """Also who is not known."""
    SIGNED_IN = enum.auto()
    """Whoever is known."""
    PAGES = enum.auto()
    """Whoever opens a page of somebody else's: the handler looks whether the page may ask."""
    PERSON = enum.auto()
    """A person with a session, also before a one-time password is changed."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a route needs, and what the audit log says of it."""

    right: Right | Open
    agent: str = ""
    """Name of the path's parameter that is an agent: `commands` is enough for one's own only."""
    only_self: bool = False
    """Of `agent`: for that agent only, whatever one may (and for the installation)."""
    audit: str = ""
    """What the log calls it; empty: not written down."""
    reads: bool = False
    """It looks and changes nothing: once a minute is enough."""
    subject: str = ""
    """Name of the path's parameter that the log names."""


EVERYBODY, SIGNED_IN, PERSON = Need(Open.EVERYBODY), Need(Open.SIGNED_IN), Need(Open.PERSON)
PAGES = Need(Open.PAGES)
_AUDITED_ORDER = Need(Right.COMMANDS, agent="name", audit="agent.commanded", subject="name")
_WEBHOOK = Need(Right.WEBHOOKS, audit="webhook.changed", subject="name")
_PEOPLE = Need(Right.PEOPLE_WRITE)
"""What is done to people is written down where it is done."""

NEEDS: Mapping[tuple[str, str], Need] = {
    ("GET", "/health"): EVERYBODY,
    ("GET", "/llamame.js"): PAGES,
    ("OPTIONS", "/api/callbacks/public/{site}"): PAGES,
    ("POST", "/api/callbacks/public/{site}"): PAGES,
    ("GET", "/sign-in"): EVERYBODY,
    ("GET", "/sign-in/{name}"): EVERYBODY,
    ("POST", "/api/sign-in"): EVERYBODY,
    ("GET", "/api/sign-in"): EVERYBODY,
    ("GET", "/api/oidc/start"): EVERYBODY,
    ("GET", "/api/oidc/return"): EVERYBODY,
    ("GET", "/"): SIGNED_IN,
    ("GET", "/agente"): SIGNED_IN,
    ("GET", "/agent"): SIGNED_IN,
    ("GET", "/flujos"): SIGNED_IN,
    ("GET", "/flows"): SIGNED_IN,
    ("GET", "/static/{name}"): SIGNED_IN,
    ("GET", "/api/contract/{document}"): SIGNED_IN,
    ("GET", "/api/me"): SIGNED_IN,
    ("POST", "/api/sign-out"): PERSON,
    ("POST", "/api/me/password"): PERSON,
    ("POST", "/api/me/totp"): PERSON,
    ("POST", "/api/me/totp/confirm"): PERSON,
    ("POST", "/api/me/totp/remove"): PERSON,
    ("GET", "/api/me/sessions"): PERSON,
    ("POST", "/api/me/sessions/{id}/end"): PERSON,
    ("GET", "/api/live"): Need(Right.EVENTS_READ),
    ("GET", "/api/events"): Need(Right.EVENTS_READ),
    ("GET", "/api/waits"): Need(Right.EVENTS_READ),
    ("GET", "/api/dispositions"): Need(Right.EVENTS_READ),
    ("GET", "/api/contacts"): Need(Right.CONTACTS_OWN, audit="contact.listed", reads=True),
    ("GET", "/api/contacts/{id}"): Need(Right.CONTACTS_OWN, audit="contact.read", reads=True, subject="id"),
    ("GET", "/api/contacts/{id}/explain"): Need(Right.CONTACTS_OWN),
    ("GET", "/api/contacts/{id}/data/{key}"): Need(
        Right.CONTACTS_READ, audit="contact.read", reads=True, subject="id"
    ),
    ("PUT", "/api/contacts/{id}/data/{key}"): Need(
        Right.CONTACTS_WRITE, audit="contact.data_set", subject="id"
    ),
    ("DELETE", "/api/contacts/{id}/data/{key}"): Need(
        Right.CONTACTS_WRITE, audit="contact.data_removed", subject="id"
    ),
    ("GET", "/api/callbacks"): Need(Right.CONTACTS_READ, audit="callback.listed", reads=True),
    ("POST", "/api/callbacks"): Need(Right.CONTACTS_WRITE, audit="callback.asked"),
    ("DELETE", "/api/callbacks/{contact}"): Need(
        Right.CONTACTS_WRITE, audit="callback.cancelled", subject="contact"
    ),
    ("POST", "/api/agents/{name}/commands"): _AUDITED_ORDER,
    ("POST", "/api/agents/{name}/presence"): _AUDITED_ORDER,
    ("POST", "/api/agents/{name}/wrap-up/done"): _AUDITED_ORDER,
    ("POST", "/api/agents/{name}/wrap-up/extend"): _AUDITED_ORDER,
    ("POST", "/api/agents/{name}/escalate"): _AUDITED_ORDER,
    ("GET", "/api/agents/{name}/phone"): Need(
        Right.PHONE_USE, agent="name", only_self=True, audit="phone.read", reads=True, subject="name"
    ),
    ("GET", "/api/customers"): Need(Right.CUSTOMERS_READ, audit="customer.searched", reads=True),
    ("GET", "/api/customers/by-ref/{ref}"): Need(
        Right.CUSTOMERS_READ, audit="customer.read", reads=True, subject="ref"
    ),
    ("PUT", "/api/customers/by-ref/{ref}"): Need(
        Right.CUSTOMERS_WRITE, audit="customer.written", subject="ref"
    ),
    ("GET", "/api/customers/by-ref/{ref}/data/{key}"): Need(
        Right.CUSTOMERS_READ, audit="customer.read", reads=True, subject="ref"
    ),
    ("PUT", "/api/customers/by-ref/{ref}/data/{key}"): Need(
        Right.CUSTOMERS_WRITE, audit="customer.data_set", subject="ref"
    ),
    ("DELETE", "/api/customers/by-ref/{ref}/data/{key}"): Need(
        Right.CUSTOMERS_WRITE, audit="customer.data_removed", subject="ref"
    ),
    ("GET", "/api/customers/data/{key}"): Need(Right.CUSTOMERS_READ, audit="customer.searched", reads=True),
    ("PUT", "/api/customers/data/{key}"): Need(Right.CUSTOMERS_WRITE, audit="customer.data_set"),
    ("DELETE", "/api/customers/data/{key}"): Need(Right.CUSTOMERS_WRITE, audit="customer.data_removed"),
    ("GET", "/api/customers/{id}/contacts"): Need(
        Right.CUSTOMERS_READ, audit="customer.read", reads=True, subject="id"
    ),
    ("DELETE", "/api/customers/{id}/identity"): Need(
        Right.CUSTOMERS_ERASE, audit="customer.erased", subject="id"
    ),
    ("PUT", "/api/customers/by-ref/{ref}/pin"): Need(
        Right.CUSTOMERS_WRITE, audit="customer.pin_set", subject="ref"
    ),
    ("GET", "/api/customers/by-ref/{ref}/preferences"): Need(
        Right.CUSTOMERS_READ, audit="customer.read", reads=True, subject="ref"
    ),
    ("PUT", "/api/customers/by-ref/{ref}/preferences"): Need(
        Right.CUSTOMERS_WRITE, audit="customer.preferences_set", subject="ref"
    ),
    ("GET", "/api/contacts/{id}/preferences"): Need(
        Right.CONTACTS_OWN, audit="contact.read", reads=True, subject="id"
    ),
    ("PUT", "/api/contacts/{id}/preferences"): Need(
        Right.CONTACTS_OWN, audit="contact.preferences_set", subject="id"
    ),
    ("GET", "/api/customers/{id}/surveys"): Need(
        Right.CUSTOMERS_READ, audit="customer.read", reads=True, subject="id"
    ),
    ("GET", "/api/surveys"): Need(Right.CONTACTS_READ),
    ("GET", "/api/surveys/{survey}"): Need(Right.KPIS_READ),
    ("GET", "/api/lookups"): Need(Right.CONFIG_READ),
    ("GET", "/api/voicemail"): Need(Right.VOICEMAIL, audit="voicemail.listed", reads=True),
    ("GET", "/api/voicemail/{id}/audio"): Need(
        Right.VOICEMAIL, audit="voicemail.heard", reads=True, subject="id"
    ),
    ("POST", "/api/voicemail/{id}/heard"): Need(Right.VOICEMAIL, audit="voicemail.marked", subject="id"),
    ("DELETE", "/api/voicemail/{id}"): Need(Right.VOICEMAIL, audit="voicemail.deleted", subject="id"),
    ("GET", "/api/kpis"): Need(Right.KPIS_READ),
    ("GET", "/api/kpis/definitions"): Need(Right.KPIS_READ),
    ("GET", "/api/kpis/contacts"): Need(Right.KPIS_READ),
    ("GET", "/api/said"): Need(Right.SAID_READ, audit="said.read", reads=True),
    ("POST", "/api/said/phrases"): Need(Right.CONFIG_WRITE, audit="config.phrase_added"),
    ("GET", "/api/web-phone"): Need(Right.PHONE_USE),
    ("GET", "/api/config"): Need(Right.CONFIG_READ),
    ("GET", "/api/flows"): Need(Right.CONFIG_READ),
    ("POST", "/api/config/apply-to-waiting"): Need(Right.CONFIG_WRITE, audit="config.applied"),
    ("GET", "/api/webhooks"): Need(Right.WEBHOOKS),
    ("GET", "/api/webhooks/{name}/dead"): Need(
        Right.WEBHOOKS, audit="webhook.read", reads=True, subject="name"
    ),
    ("POST", "/api/webhooks/{name}/resend"): _WEBHOOK,
    ("POST", "/api/webhooks/{name}/test"): _WEBHOOK,
    ("POST", "/api/webhooks/{name}/enable"): _WEBHOOK,
    ("GET", "/api/people"): Need(Right.PEOPLE_READ),
    ("POST", "/api/people"): _PEOPLE,
    ("POST", "/api/people/{name}/change"): _PEOPLE,
    ("POST", "/api/people/{name}/reset-password"): _PEOPLE,
    ("POST", "/api/people/{name}/reset-totp"): _PEOPLE,
    ("GET", "/api/people/{name}/sessions"): Need(Right.PEOPLE_READ),
    ("POST", "/api/people/{name}/end-sessions"): _PEOPLE,
    ("GET", "/api/tokens"): Need(Right.PEOPLE_READ),
    ("POST", "/api/tokens"): _PEOPLE,
    ("POST", "/api/tokens/{id}/revoke"): _PEOPLE,
    ("GET", "/api/audit"): Need(Right.AUDIT_READ, audit="audit.read", reads=True),
}

NOWHERE = SIGNED_IN
"""For an address that is no route: who is not known does not even learn that."""


def need_of(request: web.Request) -> Need | None:
    """What this request needs; None for a route that nobody has put into the table."""
    if request.match_info.http_exception is not None:
        return NOWHERE
    resource = request.match_info.route.resource
    method = "GET" if request.method == "HEAD" else request.method
    return None if resource is None else NEEDS.get((method, resource.canonical))


def check(request: web.Request, need: Need, who: Who) -> None:
    """Raises ProblemError if `who` may not."""
    if isinstance(need.right, Open):
        if need.right is Open.PERSON and who.kind is not Kind.PERSON:
            raise _not_a_person()
        return
    if who.must_change:
        raise _must_change()
    if not who.may(need.right):
        raise forbidden(need.right)
    if need.agent:
        _check_agent(request.match_info[need.agent], need, who)


def _check_agent(agent: str, need: Need, who: Who) -> None:
    if need.only_self:
        if who.agent != agent and who.kind is not Kind.INSTALLATION:
            raise not_yours(agent)
    elif not who.may_command(agent):
        raise not_yours(agent)


def who_of(request: web.Request) -> Who:
    """Who asks; the guard has found out."""
    return request[WHO]


def forbidden(right: Right) -> ProblemError:
    return ProblemError(
        403,
        "forbidden",
        f"Su cuenta o su clave no tiene el derecho «{right}»: pídalo a un administrador.",
        f"Your account or token does not have the right '{right}': ask an administrator for it.",
        right=right.value,
    )


def not_yours(agent: str) -> ProblemError:
    return ProblemError(
        403,
        "not_yours",
        f"Esto es del agente «{agent}», y su cuenta no lo es: pida a un administrador que lo cambie.",
        f"This is of the agent '{agent}', and your account is not: ask an administrator to change that.",
    )


def not_your_contact() -> ProblemError:
    return ProblemError(
        403,
        "not_your_contact",
        "Este contacto no es suyo: un agente ve los que se le han ofrecido o ha atendido.",
        "This contact is not yours: an agent sees those that were offered to them or that they handled.",
    )


def _must_change() -> ProblemError:
    return ProblemError(
        403,
        "must_change_password",
        "Antes de nada, cambie su contraseña de un solo uso: POST /api/me/password.",
        "First of all change your one-time password: POST /api/me/password.",
    )


def _not_a_person() -> ProblemError:
    return ProblemError(
        403,
        "not_a_person",
        "Esto es solo para personas con sesión: entre con su nombre y contraseña.",
        "This is only for people with a session: sign in with your name and password.",
    )
