"""Who may do what: roles, rights and identities, as data."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


class Role(enum.StrEnum):
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
    CRM = "crm"
    """A program that keeps customers: a CRM, a web shop."""


class Right(enum.StrEnum):
    """What a route needs. The same words are the scopes of a token."""

    EVENTS_READ = "events:read"
    CONTACTS_OWN = "contacts:own"
    """Contacts offered to or handled by the agent that one is."""
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_ERASE = "customers:erase"
    COMMANDS = "commands"
    """For the agent that one is; for a token that is bound to no agent: for any."""
    COMMANDS_ANY = "commands:any"
    VOICEMAIL = "voicemail"
    """Hear and delete what callers have left: an agent, for the queues that they can serve."""
    KPIS_READ = "kpis:read"
    SAID_READ = "said:read"
    """What callers said, in their own words."""
    PHONE_USE = "phone:use"
    CONFIG_READ = "config:read"
    CONFIG_WRITE = "config:write"
    WEBHOOKS = "webhooks"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    AUDIT_READ = "audit:read"


SAID: Mapping[Right, tuple[str, str]] = {
    Right.EVENTS_READ: ("Ver lo que ocurre y el hilo de sucesos", "See what happens, and the event stream"),
    Right.CONTACTS_OWN: ("Ver los contactos propios", "See one's own contacts"),
    Right.CONTACTS_READ: (
        "Ver todos los contactos, con sus datos personales",
        "See all contacts, with their personal data",
    ),
    Right.CONTACTS_WRITE: ("Adjuntar datos a contactos en curso", "Attach data to live contacts"),
    Right.CUSTOMERS_READ: ("Ver fichas de clientes", "See records of customers"),
    Right.CUSTOMERS_WRITE: ("Escribir fichas de clientes", "Write records of customers"),
    Right.CUSTOMERS_ERASE: ("Olvidar quién es un cliente", "Forget who a customer is"),
    Right.COMMANDS: ("Dar órdenes como el agente propio", "Give commands as the agent that one is"),
    Right.COMMANDS_ANY: ("Dar órdenes por cualquier agente", "Give commands for any agent"),
    Right.VOICEMAIL: ("Oír y borrar mensajes de voz", "Hear and delete voice messages"),
    Right.KPIS_READ: ("Ver las cifras", "See the figures"),
    Right.SAID_READ: ("Ver lo que dicen quienes llaman", "See what callers said"),
    Right.PHONE_USE: ("Usar el teléfono del navegador", "Use the browser's telephone"),
    Right.CONFIG_READ: ("Ver la configuración en vigor", "See the live configuration"),
    Right.CONFIG_WRITE: ("Aplicar la configuración", "Apply the configuration"),
    Right.WEBHOOKS: ("Ver y reenviar avisos a otros programas", "See and re-send webhooks"),
    Right.PEOPLE_READ: ("Ver cuentas, sesiones y claves de programas", "See accounts, sessions and tokens"),
    Right.PEOPLE_WRITE: ("Cambiar cuentas y claves de programas", "Change accounts and tokens"),
    Right.AUDIT_READ: ("Ver el registro de quién hizo qué", "See the log of who did what"),
}
"""For people, Spanish and English."""

IMPLIED: Mapping[Right, frozenset[Right]] = {
    Right.CONTACTS_READ: frozenset({Right.CONTACTS_OWN}),
    Right.CONTACTS_WRITE: frozenset({Right.CONTACTS_OWN}),
    Right.COMMANDS_ANY: frozenset({Right.COMMANDS}),
    Right.PEOPLE_WRITE: frozenset({Right.PEOPLE_READ}),
    Right.CONFIG_WRITE: frozenset({Right.CONFIG_READ}),
    Right.CUSTOMERS_WRITE: frozenset({Right.CUSTOMERS_READ}),
}
"""Who has the first has these too."""

_ALL = frozenset(Right)

ROLES: Mapping[Role, frozenset[Right]] = {
    Role.AGENT: frozenset(
        {Right.EVENTS_READ, Right.CONTACTS_OWN, Right.COMMANDS, Right.PHONE_USE, Right.VOICEMAIL}
    ),
    Role.SUPERVISOR: frozenset(
        {
            Right.EVENTS_READ,
            Right.CONTACTS_OWN,
            Right.CONTACTS_READ,
            Right.CONTACTS_WRITE,
            Right.CUSTOMERS_READ,
            Right.CUSTOMERS_WRITE,
            Right.COMMANDS,
            Right.COMMANDS_ANY,
            Right.VOICEMAIL,
            Right.KPIS_READ,
            Right.SAID_READ,
            Right.PHONE_USE,
            Right.CONFIG_READ,
        }
    ),
    Role.ADMINISTRATOR: _ALL,
    Role.CRM: frozenset(
        {
            Right.EVENTS_READ,
            Right.CONTACTS_OWN,
            Right.CONTACTS_READ,
            Right.CONTACTS_WRITE,
            Right.CUSTOMERS_READ,
            Right.CUSTOMERS_WRITE,
            Right.CUSTOMERS_ERASE,
        }
    ),
}


class Kind(enum.StrEnum):
    PERSON = "person"
    TOKEN = "token"  # noqa: S105
    INSTALLATION = "installation"
    """The local administrator: who can read the files of the installation."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks, for one request or for the life of one WebSocket."""

    name: str
    kind: Kind
    role: Role
    rights: frozenset[Right]
    agent: str | None = None
    """The agent that this person is, or that a token is bound to."""
    key: str = ""
    """Of the session or token by which it is known; ends with that."""
    must_change: bool = False
    """The password is a one-time one: nothing else may be done before it is changed."""
    csrf: str = field(default="", repr=False)
    """What a page must send along with every change; empty for who needs none."""

    def may(self, right: Right) -> bool:
        return right in self.rights

    def may_command(self, agent: str) -> bool:
        """Whether it may give commands as this agent."""
        if Right.COMMANDS_ANY in self.rights:
            return True
        return Right.COMMANDS in self.rights and self.agent == agent

    @property
    def sees(self) -> str | None:
        """Whose contacts it sees with their personal data: None for all, an agent, or "" for none."""
        if Right.CONTACTS_READ in self.rights:
            return None
        return self.agent or ""


INSTALLATION = Who("installation", Kind.INSTALLATION, Role.ADMINISTRATOR, _ALL)


def closure(rights: Collection[Right]) -> frozenset[Right]:
    """These rights and what they imply."""
    return frozenset(rights).union(*(IMPLIED.get(right, frozenset()) for right in rights))


def of_token(scopes: Collection[Right], agent: str | None) -> frozenset[Right]:
    """What a token may: its scopes; bound to no agent, `commands` is for any."""
    free = {Right.COMMANDS_ANY} if agent is None and Right.COMMANDS in scopes else set()
    bound = frozenset() if agent is None else frozenset({Right.COMMANDS_ANY})
    return closure({*scopes, *free}) - bound
