from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cti.asterisk.ami.codec import Message
from cti.asterisk.files import ValueRefused
from cti.asterisk.trunk_watch import PATIENCE_S, TrunkWatch
from cti.asterisk.trunks import Trunk, called_numbers, dialplan_file, patterns, trouble, trunk_file
from tests.unit.cti.test_pjsip import objects

pytestmark = pytest.mark.unit

LINE = Trunk(
    "operador",
    "sip.operador.example",
    register=True,
    user="cuenta",
    password="clave",
    numbers={"911234567": "+34911234567"},
    caller_id="+34911234567",
    allow=("+34*",),
    calls_max=30,
    out_max=5,
)


def contexts(text: str) -> dict[str, str]:
    return {
        part.split("]", 1)[0]: part.split("]", 1)[1]
        for part in re.split(r"^\[", text, flags=re.MULTILINE)[1:]
    }


def test_a_trunk_that_registers_has_its_five_objects() -> None:
    """Endpoint, place, whom to take for it, account and registration, under a name no phone can have."""
    made = objects(trunk_file(replace(LINE, sources=("203.0.113.0/28",))))

    assert made["trunk.operador", "trunk"] == {
        "context": "cc-trunk-operador",
        "transport": "udp",
        "aors": "trunk.operador",
        "allow": "alaw,ulaw",
        "dtmf_mode": "rfc4733",
        "from_domain": "sip.operador.example",
        "trust_id_inbound": "no",
        "trust_id_outbound": "no",
        "send_pai": "no",
        "outbound_auth": "trunk.operador",
    }
    assert made["trunk.operador", "fixed-place"] == {"contact": "sip:sip.operador.example"}
    assert made["trunk.operador", "from-address"] == {
        "endpoint": "trunk.operador",
        "match": "sip.operador.example,203.0.113.0/28",
    }
    assert made["trunk.operador", "account"] == {"username": "cuenta", "password": "clave"}
    assert made["trunk.operador", "trunk-registration"] == {
        "transport": "udp",
        "outbound_auth": "trunk.operador",
        "server_uri": "sip:sip.operador.example",
        "client_uri": "sip:cuenta@sip.operador.example",
        "contact_user": "cuenta",
        "endpoint": "trunk.operador",
    }


def test_a_trunk_known_by_its_address_neither_registers_nor_proves_itself() -> None:
    """No account, no registration; a port belongs to the place, not to the address."""
    made = objects(trunk_file(Trunk("directo", "203.0.113.9:5080", transport="tcp", trust_identity=True)))

    assert {template for _, template in made} == {"trunk", "fixed-place", "from-address"}
    assert made["trunk.directo", "fixed-place"]["contact"] == r"sip:203.0.113.9:5080\;transport=tcp"
    assert made["trunk.directo", "from-address"]["match"] == "203.0.113.9"
    endpoint = made["trunk.directo", "trunk"]
    assert {endpoint[key] for key in ("trust_id_inbound", "trust_id_outbound", "send_pai")} == {"yes"}


def test_without_a_number_to_show_the_account_is_shown() -> None:
    """Never an agent: the carrier sees the account."""
    assert (
        objects(trunk_file(replace(LINE, caller_id="")))["trunk.operador", "trunk"]["from_user"] == "cuenta"
    )


@pytest.mark.parametrize(
    ("called", "country", "others"),
    [
        ("911234567", "ES", {"+34911234567", "34911234567", "0034911234567"}),
        ("+34911234567", "ES", {"34911234567", "0034911234567", "911234567"}),
        ("+442079460000", "ES", {"442079460000", "00442079460000"}),
        ("2079460000", "GB", {"+442079460000", "442079460000", "00442079460000"}),
        ("900", "ES", set()),
        ("*21#", "ES", set()),
    ],
)
def test_a_number_of_ours_is_known_however_it_is_written(called: str, country: str, others: set[str]) -> None:
    """National and international, by the country of the trunk; short numbers stand for themselves."""
    assert set(called_numbers({called: "900"}, country)) == {called} | others


def test_what_is_configured_goes_before_what_is_guessed() -> None:
    """Two numbers that could be spellings of one lead each to its own entry."""
    found = called_numbers({"911234567": "900", "+34911234567": "901"}, "ES")

    assert (found["911234567"], found["+34911234567"], found["34911234567"]) == ("900", "901", "900")


@pytest.mark.parametrize(
    ("allowed", "wanted"),
    [
        ("112", [("112", "")]),
        ("+34*", [("_+34.", "+"), ("_0034.", "00")]),
        ("+346xxxxxxxx", [("_+346XXXXXXXX", "+"), ("_00346XXXXXXXX", "00")]),
        ("+34911234567", [("+34911234567", "+"), ("0034911234567", "00")]),
        ("6xx*", [("_6XX.", "")]),
    ],
)
def test_a_destination_becomes_extensions(allowed: str, wanted: list[tuple[str, str]]) -> None:
    """`x` is any digit, `*` at the end one or more; `+` may be dialled as 00."""
    assert patterns(allowed) == wanted


@pytest.mark.parametrize(
    "allowed", ["_X.", "*", "34&PJSIP/x", "+", "x34", "3*4", "34!", "34\n1", "[0-9]", "Z1"]
)
def test_nothing_else_becomes_an_extension(allowed: str) -> None:
    """No wild pattern and no line of its own."""
    with pytest.raises(ValueRefused):
        patterns(allowed)


def test_only_digits_are_dialled_and_only_by_the_one_way_out() -> None:
    """What a telephone sent appears in no dial string: it is filtered, and counted against what it was."""
    out = contexts(dialplan_file([LINE]))["cc-out-operador"]

    used = re.findall(r"\$\{EXTEN[^}]*\}", out)
    safe = re.findall(r"(?:FILTER\(0-9,|LEN\()(\$\{EXTEN[^}]*\})", out)
    assert used and len(used) == len(safe)
    assert set(re.findall(r"Goto\(([^)]*)\)", out)) == {"cc-leave,out,1"}
    assert "Dial(" not in out


def test_phones_get_only_what_some_trunk_allows() -> None:
    """A trunk without destinations, or without room for calls out, is no way out; the first goes first."""
    closed, full = replace(LINE, name="cerrada", allow=()), replace(LINE, name="llena", out_max=0)
    text = dialplan_file([closed, full, LINE, replace(LINE, name="otra")])

    ways = re.findall(r"include => (\S+)", contexts(text)["cc-out"])
    assert ways == ["cc-out-operador", "cc-out-otra"]
    assert "cc-out" in contexts(dialplan_file([]))


def test_a_call_to_the_account_is_led_by_the_number_in_to() -> None:
    """Some carriers call the account; what stands in To is filtered before it is looked up."""
    made = contexts(dialplan_file([LINE]))
    text = made["cc-trunk-operador"]

    assert "exten => cuenta,1,Set(CC_CALLED=${PJSIP_HEADER(read,To)})" in text
    assert "FILTER(+0-9," in text and "Goto(cc-trunk-operador-to,${CC_CALLED},1)" in text
    ways = re.findall(r"include => (\S+)", made["cc-trunk-operador-to"])
    assert ways == ["cc-trunk-operador-numbers", "cc-trunk-nobody"]
    assert made["cc-trunk-nobody"].strip() == "exten => _[+0-9A-Za-z]!,1,Hangup(1)"
    wild = contexts(dialplan_file([replace(LINE, user="_X.")]))["cc-trunk-operador"]
    assert "_X." not in wild


REFUSED = [
    {"user": "cuenta\nx"},
    {"user": "a)b"},
    {"host": "h;x"},
    {"host": "h\nx"},
    {"caller_id": "1,System(x)"},
    {"numbers": {"911,1,System(x)": "900"}},
    {"numbers": {"911234567": "900)\nexten => x"}},
    {"name": "a\nb"},
    {"sources": ("10.0.0.0/8\nmatch=0.0.0.0/0",)},
    {"codecs": ("alaw\ncontext=x",)},
]


@pytest.mark.parametrize("change", REFUSED, ids=str)
def test_no_value_of_a_trunk_can_write_a_line_of_its_own(change: dict[str, object]) -> None:
    """Neither in pjsip.d/ nor in the dialplan."""
    trunk = replace(LINE, **change)  # type: ignore[arg-type]
    with pytest.raises(ValueRefused):
        (trunk_file(trunk), dialplan_file([trunk]))


@pytest.mark.parametrize(
    ("change", "bind", "has_tls", "said"),
    [
        ({"password": ""}, "10.0.0.1", True, '/h/secrets.json, así: "trunks": {"operador"'),
        ({"transport": "tls"}, "10.0.0.1", False, "certificado"),
        ({}, "127.0.0.1", False, "BIND=127.0.0.1"),
    ],
)
def test_what_cannot_work_here_is_told_with_the_mend(
    change: dict[str, object], bind: str, has_tls: bool, said: str
) -> None:
    """Password missing, no certificate for TLS, a carrier that loopback does not reach."""
    trunk = replace(LINE, **change)  # type: ignore[arg-type]

    assert said in trouble(trunk, bind=bind, has_tls=has_tls, secrets_file="/h/secrets.json")
    assert trouble(LINE, bind="10.0.0.1", has_tls=True, secrets_file="/h/secrets.json") == ""


def registration(status: str, name: str = "trunk.operador") -> list[Message]:
    """As Asterisk lists it: the account follows, under the same name."""
    line = {"Event": "OutboundRegistrationDetail", "ObjectName": name, "Status": status}
    return [Message(line, {}), Message({"Event": "AuthDetail", "ObjectName": name, "Password": "clave"}, {})]


def test_a_registration_on_its_way_is_no_trouble_yet() -> None:
    """At the start none is registered; only one that stays so is told, and looked at again until then."""
    watch = TrunkWatch()

    assert watch.take(registration("Unregistered"), 100.0)
    assert watch.trouble(100.0 + PATIENCE_S / 2) == {}
    assert "no responde" in watch.trouble(100.0 + PATIENCE_S)["operador"]
    assert not watch.take(registration("Unregistered"), 100.0 + PATIENCE_S)
    assert not watch.take(registration("Registered"), 120.0)
    assert watch.trouble(200.0) == {}
    assert watch.take(registration("Unregistered"), 300.0), "the patience begins anew"


def test_a_refused_account_is_told_at_once_and_no_other_trunk_is_blamed() -> None:
    """Rejected needs no patience; what is not ours in the list is not ours to tell."""
    watch = TrunkWatch()
    watch.take([*registration("Rejected"), *registration("Registered", "trunk.otro")], 1.0)
    watch.take([*registration("Rejected"), *registration("Rejected", "ajeno")], 2.0)

    assert list(watch.trouble(2.0)) == ["operador"]
    assert "no acepta" in watch.trouble(2.0)["operador"] and "clave»" not in watch.trouble(2.0)["operador"]
    assert watch.unregistered() == ["operador"]
