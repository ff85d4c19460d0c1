"""
Lines to the telephone network: the SIP side and the dialplan of each trunk.

Nothing that a telephone or the network sends becomes a dial string: called
numbers are matched against what is configured and stripped to digits, and a
call that fits nothing is refused by Asterisk itself with 404.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import phonenumbers

from cti.asterisk.files import ValueRefused, digits, section
from cti.asterisk.pjsip import Dtmf, account

PREFIX = "trunk."
"""Of a trunk's SIP name: no phone can be called so."""
_NOBODY = "cc-trunk-nobody"
"""404 to whoever gets there. Not the `i` extension: Asterisk would wait for digits before it."""
_INTERNATIONAL_DIGITS_MIN = 8
_ALLOWED = re.compile(r"\+?[0-9][0-9x]{0,23}\*?\Z")
_USER = re.compile(r"[A-Za-z0-9._+-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Trunk:
    """One line. Words as in the configuration's `trunks`."""

    name: str
    host: str
    """Of the carrier; with port, if it is not 5060."""
    register: bool = False
    user: str = ""
    password: str = ""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    codecs: Sequence[str] = ("alaw", "ulaw")
    dtmf: Dtmf = "rfc4733"
    sources: Sequence[str] = ()
    """Networks besides `host` that its calls come from."""
    country: str = "ES"
    numbers: Mapping[str, str] = field(default_factory=dict)
    """Called number -> entry."""
    caller_id: str = ""
    trust_identity: bool = False
    allow: Sequence[str] = ()
    calls_max: int = 100
    """At once, both ways together."""
    out_max: int = 10

    @property
    def sip_name(self) -> str:
        return PREFIX + self.name

    @property
    def context(self) -> str:
        return f"cc-trunk-{self.name}"

    @property
    def host_name(self) -> str:
        return self.host.partition(":")[0]


def trouble(trunk: Trunk, *, bind: str, has_tls: bool, secrets_file: str) -> str:
    """Why this trunk cannot be used here, with the mend; empty when it can."""
    if trunk.user and not trunk.password:
        return (
            f"Línea «{trunk.name}»: falta la clave de la cuenta {trunk.user}. Póngala en {secrets_file}, "
            f'así: "trunks": {{"{trunk.name}": "CLAVE"}}. / '
            f"Trunk {trunk.name}: the password of account {trunk.user} is missing; put it there."
        )
    if trunk.transport == "tls" and not has_tls:
        return (
            f"Línea «{trunk.name}»: «transport: tls» necesita un certificado, y con BIND={bind} no hay; "
            "ponga en BIND la dirección de esta máquina en la red. / "
            f"Trunk {trunk.name}: tls wants a certificate; give this machine's network address as BIND."
        )
    if _on_this_machine(bind) and not _on_this_machine(trunk.host_name):
        return (
            f"Línea «{trunk.name}»: con BIND={bind} no se llega a {trunk.host_name}; ponga en BIND la "
            f"dirección de esta máquina en la red. / Trunk {trunk.name}: {trunk.host_name} cannot be reached "
            f"from BIND={bind}; give this machine's network address as BIND."
        )
    return ""


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def trunk_file(trunk: Trunk) -> str:
    """
    Its objects for `pjsip.d/`.

    Raises:
        ValueRefused: A value could say more than itself.
    """
    name = trunk.sip_name
    place = {"contact": _uri(trunk, "")}
    match = {"endpoint": name, "match": ",".join([trunk.host_name, *trunk.sources])}
    parts = [
        section(name, "trunk", _endpoint(trunk)),
        section(name, "fixed-place", place),
        section(name, "from-address", match),
    ]
    if trunk.user:
        parts.append(account(name, trunk.user, trunk.password))
    if trunk.register:
        parts.append(section(name, "trunk-registration", _registration(trunk)))
    return "\n".join(parts)


def _endpoint(trunk: Trunk) -> dict[str, str]:
    trusts = "yes" if trunk.trust_identity else "no"
    settings = {
        "context": trunk.context,
        "transport": trunk.transport,
        "aors": trunk.sip_name,
        "allow": ",".join(trunk.codecs),
        "dtmf_mode": trunk.dtmf,
        "from_domain": trunk.host_name,
        "trust_id_inbound": trusts,
        "trust_id_outbound": trusts,
        "send_pai": trusts,
    }
    if trunk.user:
        if not _USER.match(trunk.user):
            raise ValueRefused(f"user: cuenta no válida / not an account: {trunk.user!r}")
        settings["outbound_auth"] = trunk.sip_name
        if not trunk.caller_id:
            settings["from_user"] = trunk.user
    return settings


def _registration(trunk: Trunk) -> dict[str, str]:
    return {
        "transport": trunk.transport,
        "outbound_auth": trunk.sip_name,
        "server_uri": _uri(trunk, ""),
        "client_uri": _uri(trunk, f"{trunk.user}@"),
        "contact_user": trunk.user,
        "endpoint": trunk.sip_name,
    }


def _uri(trunk: Trunk, user: str) -> str:
    return f"sip:{user}{trunk.host}" + ("" if trunk.transport == "udp" else f"\\;transport={trunk.transport}")


def dialplan_file(trunks: Sequence[Trunk]) -> str:
    """
    The contexts of all trunks, and `cc-out` for phones that dial out.

    A number that several trunks allow goes by the first of them.
    """
    parts = [_arrivals(trunk) for trunk in trunks]
    senders = [trunk for trunk in trunks if trunk.allow and trunk.out_max]
    parts += [_departures(trunk) for trunk in senders]
    parts.append(f"[{_NOBODY}]\nexten => _[+0-9A-Za-z]!,1,Hangup(1)\n")
    parts.append("\n".join(["[cc-out]", *(f"include => cc-out-{trunk.name}" for trunk in senders)]) + "\n")
    return "\n".join(parts)


def _arrivals(trunk: Trunk) -> str:
    numbers = f"{trunk.context}-numbers"
    lines = [f"[{numbers}]"]
    for called, entry in called_numbers(trunk.numbers, trunk.country).items():
        lines += [
            f"exten => {called},1,Set(CC_ENTRY={entry})",
            f" same => n,Set(CC_TRUNK={trunk.name})",
            f" same => n,Set(CC_TRUNK_MAX={trunk.calls_max})",
            " same => n,Goto(cc-trunk,in,1)",
        ]
    lines += ["", f"[{trunk.context}]", f"include => {numbers}"]
    if trunk.register and trunk.user not in trunk.numbers and not trunk.user.startswith("_"):
        # Some carriers call the account and name the number only in To.
        lines += [
            f"exten => {trunk.user},1,Set(CC_CALLED=${{PJSIP_HEADER(read,To)}})",
            " same => n,Set(CC_CALLED=${CUT(CC_CALLED,@,1)})",
            " same => n,Set(CC_CALLED=${FILTER(+0-9,${CUT(CC_CALLED,:,2)})})",
            f" same => n,Goto({trunk.context}-to,${{CC_CALLED}},1)",
            *("", f"[{trunk.context}-to]", f"include => {numbers}", f"include => {_NOBODY}"),
        ]
    return "\n".join(lines) + "\n"


def _departures(trunk: Trunk) -> str:
    lines = [f"[cc-out-{trunk.name}]"]
    for pattern, plus in (found for allowed in trunk.allow for found in patterns(allowed)):
        mark, skip = ("+", 2 if plus == "00" else 1) if plus else ("", 0)
        said = f"${{EXTEN:{skip}}}" if skip else "${EXTEN}"
        lines += [
            f"exten => {pattern},1,Set(CC_DIAL={mark}${{FILTER(0-9,{said})}})",
            # What a pattern's end lets through besides digits is no number.
            f" same => n,Set(CC_ODD=$[${{LEN({said})}} - ${{LEN(${{FILTER(0-9,{said})}})}}])",
            f" same => n,Set(CC_TRUNK={trunk.name})",
            f" same => n,Set(CC_TRUNK_MAX={trunk.calls_max})",
            f" same => n,Set(CC_OUT_MAX={trunk.out_max})",
            f" same => n,Set(CC_SHOWN={digits(trunk.caller_id) if trunk.caller_id else trunk.user})",
            " same => n,Goto(cc-leave,out,1)",
        ]
    return "\n".join(lines) + "\n"


def called_numbers(numbers: Mapping[str, str], country: str) -> dict[str, str]:
    """
    Each called number in the ways carriers write it -> entry; what is configured as such goes first.

    A Spanish 911234567 may come as +34911234567, 34911234567 or 0034911234567, too.
    """
    found = {digits(called): digits(entry) for called, entry in numbers.items()}
    for called, entry in numbers.items():
        for other in _other_spellings(called, country):
            found.setdefault(other, entry)
    return found


def _other_spellings(called: str, country: str) -> list[str]:
    try:
        number = phonenumbers.parse(called, country)
    except phonenumbers.NumberParseException:
        return []
    if not phonenumbers.is_possible_number(number):
        return []
    full = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    spellings = [full, full[1:], f"00{full[1:]}"]
    if phonenumbers.region_code_for_country_code(number.country_code or 0) == country:
        spellings.append(phonenumbers.national_significant_number(number))
    return spellings


def patterns(allowed: str) -> list[tuple[str, str]]:
    """
    The extensions that an allowed destination may be dialled as, and how each writes the `+`.

    `+34*` becomes `_+34.` and `_0034.`; `*` stands for one digit or more.

    Raises:
        ValueRefused: It is none.
    """
    if not _ALLOWED.match(allowed):
        raise ValueRefused(f"allow: destino no válido / not a destination: {allowed!r}")
    body, plus = allowed.removeprefix("+"), allowed.startswith("+")
    text = body.replace("x", "X").replace("*", ".")
    mark = "_" if text != body else ""
    if not plus:
        return [(mark + text, "")]
    return [(f"{mark}+{text}", "+"), (f"{mark}00{text}", "00")]


def spellings_of_entry(entry: str, others: Collection[str]) -> list[str]:
    """How an entry may be dialled: a number in E.164 with and without its plus."""
    full = entry.removeprefix("+")
    wanted = [entry]
    if full.isdigit() and len(full) >= _INTERNATIONAL_DIGITS_MIN:
        wanted += [full, f"+{full}"]
    return [spelling for spelling in dict.fromkeys(wanted) if spelling == entry or spelling not in others]
