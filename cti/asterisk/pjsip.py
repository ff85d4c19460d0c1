"""
SIP accounts as Asterisk reads them: one file for each phone, trunk and kind of caller.

What all of a kind share stands in the templates of `asterisk-conf/pjsip.conf`;
here is only what differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cti.asterisk.files import ValueRefused, section

CALLER = "llamante"
"""The account of callers where a password is wanted."""
LOCAL_CALLERS = "llamantes"
WEB_CALLER = "navegador"
"""The account with which a page of ours calls in; any number of tabs at once."""
RESERVED = frozenset({CALLER, LOCAL_CALLERS, WEB_CALLER})

Dtmf = Literal["auto", "rfc4733", "info", "inband"]
SIP_CODECS = ("alaw", "ulaw", "g722")
BROWSER_CODECS = ("opus", "alaw", "ulaw", "g722")


@dataclass(frozen=True, slots=True)
class Phone:
    """One agent's phone: it registers with a password, or stands at a fixed address."""

    name: str
    password: str
    address: str = ""
    """host:port of a phone that does not register; empty for one that does."""
    browser: bool = False
    """A browser speaks SIP over WebSocket, and audio by WebRTC."""
    codecs: Sequence[str] = ()
    """In order of preference; empty: those usual for its kind."""
    dtmf: Dtmf = "auto"


def phone_file(phone: Phone, *, guarded: bool) -> str:
    """
    Its objects for `pjsip.d/`.

    Args:
        phone: Whose.
        guarded: Even a phone at a fixed address needs its password: whoever can reach
            us could call themselves by its name.

    Raises:
        ValueRefused: Its name is taken, or a value could say more than itself.
    """
    name = phone.name
    if name in RESERVED:
        raise ValueRefused(
            f"phones.{name}: este nombre es de la propia centralita, ponga otro / "
            "this name is used by the switch itself, give another one"
        )
    usual = BROWSER_CODECS if phone.browser else SIP_CODECS
    settings = {"aors": name, "allow": ",".join(phone.codecs or usual), "dtmf_mode": phone.dtmf}
    if guarded or not phone.address:
        settings["auth"] = name
    parts = [section(name, "browser" if phone.browser else "phone", settings)]
    if "auth" in settings:
        parts.append(account(name, name, phone.password))
    if phone.address:
        parts.append(section(name, "fixed-place", {"contact": f"sip:{name}@{phone.address}"}))
    else:
        parts.append(section(name, "phone-place", {}))
    return "\n".join(parts)


def account(name: str, user: str, password: str) -> str:
    """Who must know, or what we have to say: user and password."""
    return section(name, "account", {"username": user, "password": password})


def callers_file(caller_password: str, web_caller_password: str, *, guarded: bool) -> str:
    """On loopback anybody may call in; anywhere else a caller needs the account `llamante`."""
    if guarded:
        parts = [section(CALLER, "caller", {"auth": CALLER}), account(CALLER, CALLER, caller_password)]
    else:
        parts = [
            section(LOCAL_CALLERS, "caller", {"trust_id_inbound": "yes"}),
            section(LOCAL_CALLERS, "from-address", {"endpoint": LOCAL_CALLERS, "match": "127.0.0.1"}),
        ]
    parts += [
        section(WEB_CALLER, "web-caller", {"auth": WEB_CALLER, "aors": WEB_CALLER}),
        account(WEB_CALLER, WEB_CALLER, web_caller_password),
        section(WEB_CALLER, "web-caller-place", {}),
    ]
    return "\n".join(parts)
