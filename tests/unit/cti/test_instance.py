from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from cti.asterisk.instance import AMI_USER, EVENT_NAMES, Instance, Phone, Tls, made_files, write
from cti.asterisk.legs import EVENTS

pytestmark = pytest.mark.unit

CONF = Path(__file__).parents[3] / "asterisk-conf"
ANA = Phone("ana", "secreto-de-ana")
FIXED = Phone("guardia", "secreto-de-guardia", address="10.0.0.9:5060")


@pytest.fixture
def loopback(tmp_path: Path) -> Instance:
    """An instance on loopback with one phone that registers and one at a fixed address."""
    return Instance(
        home=tmp_path / "asterisk",
        modules_dir=Path("/opt/ast/modules"),
        share_dir=Path("/opt/ast/share"),
        conf_dir=CONF,
        bind="127.0.0.1",
        sip_port=5060,
        sip_tls_port=5061,
        ws_port=8088,
        ami_port=5038,
        agi_port=4573,
        rtp_ports=(10_000, 10_999),
        ami_secret="ami-secreto",
        agi_nonce="nonce-secreto",
        caller_password="clave-de-llamante",
        switch="local",
        language="es",
        entries=["900", "901"],
        phones=[ANA, FIXED],
        music_dir="/opt/music",
        fallback_after_s=60,
        fallback_say="/sounds/averia",
        fallback_dial="guardia",
        now_s=1_700_000_000,
    )


@pytest.fixture
def exposed(loopback: Instance) -> Instance:
    """The same on an address of the network: TLS, and nobody without a password."""
    return replace(loopback, bind="10.0.0.1", tls=Tls(Path("/tls/a.crt"), Path("/tls/a.key")))


def sections(text: str) -> list[tuple[str, dict[str, str]]]:
    """Each `[name]` with its settings; Asterisk uses one name for several kinds."""
    found: list[tuple[str, dict[str, str]]] = []
    for line in text.splitlines():
        head = re.fullmatch(r"\[([\w-]+)\]", line)
        if head:
            found.append((head[1], {}))
        elif "=" in line:
            key, _, value = line.partition("=")
            found[-1][1][key.strip()] = value.removeprefix(">").strip()
    return found


def kind(text: str, name: str, wanted: str) -> dict[str, str]:
    """The section of that name and `type`."""
    (one,) = [body for head, body in sections(text) if (head, body.get("type")) == (name, wanted)]
    return one


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_holds_a_secret_is_for_the_owners_eyes_only(loopback: Instance) -> None:
    """Folder 0700, made files 0600, also when they were there before with other modes."""
    write(loopback)
    made = sorted((loopback.etc / "cc.d").iterdir())
    for path in (loopback.home, *made):
        path.chmod(0o755)
    write(loopback)

    assert mode(loopback.home) == 0o700
    assert {path.name: oct(mode(path)) for path in made} == {path.name: "0o600" for path in made}
    assert mode(loopback.etc / "asterisk.conf") == 0o600


def test_every_deployed_file_is_copied_as_it_is_and_every_include_is_made(loopback: Instance) -> None:
    """The tests load exactly what is deployed; no include points to nothing, and nothing is made in vain."""
    write(loopback)
    wanted = set()
    for source in CONF.glob("*.conf"):
        assert (loopback.etc / source.name).read_bytes() == source.read_bytes()
        wanted |= set(re.findall(r'#include "cc\.d/(\w+)\.conf"', source.read_text(encoding="utf-8")))

    assert wanted == set(made_files(loopback))
    assert wanted == {path.stem for path in (loopback.etc / "cc.d").iterdir()}


def test_everything_that_asterisk_writes_stays_in_its_home(loopback: Instance) -> None:
    """Two centres on one machine never meet; only modules and the share folder are the installation's."""
    path = write(loopback)
    (folders, options) = (body for _, body in sections(path.read_text(encoding="utf-8")))

    outside = {name for name, folder in folders.items() if not folder.startswith(str(loopback.home))}
    assert outside == {"astmoddir"}
    assert options["live_dangerously"] == "no"
    assert (loopback.home / "data/sounds/es").readlink() == Path("/opt/ast/share/sounds/es_MX_f_Allison")
    assert (loopback.home / "data/documentation").readlink() == Path("/opt/ast/share/documentation")


def test_a_second_start_with_another_asterisk_uses_that_one(loopback: Instance) -> None:
    """Links of the last start are replaced, old secrets and ports as well."""
    write(loopback)
    write(replace(loopback, share_dir=Path("/opt/new/share"), ami_secret="otro", ami_port=5039))

    assert (loopback.home / "data/moh").readlink() == Path("/opt/new/share/moh")
    users = (loopback.etc / "cc.d/manager_users.conf").read_text(encoding="utf-8")
    assert "secret=otro\n" in users and "ami-secreto" not in users
    assert "port=5039" in (loopback.etc / "cc.d/manager_general.conf").read_text(encoding="utf-8")


def test_the_manager_listens_on_loopback_only_and_may_do_only_what_we_need(exposed: Instance) -> None:
    """Even with the centre on the network; no command, no agi, no config, no shell."""
    files = made_files(exposed)
    assert files["manager_general"] == "bindaddr=127.0.0.1\nport=5038\n"
    user = dict(sections(files["manager_users"]))[AMI_USER]

    assert (user["deny"], user["permit"]) == ("0.0.0.0/0.0.0.0", "127.0.0.1/255.255.255.255")
    assert set(user["write"].split(",")) == {"system", "call", "originate"}
    assert set(user["read"].split(",")) == {"system", "call", "user", "originate"}


def test_every_event_that_we_read_passes_the_filter(loopback: Instance) -> None:
    """An event that is filtered away is an answer or a hang-up that is never known."""
    users = made_files(loopback)["manager_users"]

    assert set(EVENT_NAMES) >= EVENTS
    for name in EVENT_NAMES:
        assert f"eventfilter(action(include),name({name})) =\n" in users


def test_on_loopback_anybody_on_this_machine_may_call(loopback: Instance) -> None:
    """No password for a first trial; by address, and only the loopback's."""
    callers = made_files(loopback)["pjsip_callers"]

    assert kind(callers, "llamantes", "identify")["match"] == "127.0.0.1"
    assert "password" not in callers
    assert [body["protocol"] for _, body in sections(made_files(loopback)["pjsip_transports"])] == [
        "udp",
        "tcp",
        "ws",
    ]
    assert made_files(loopback)["http_general"].startswith("enabled=yes\nbindaddr=127.0.0.1\n")


def test_on_the_network_nobody_calls_without_a_password(exposed: Instance) -> None:
    """No identification by address, one account with a password, and every phone has its own."""
    files = made_files(exposed)
    everything = files["pjsip_callers"] + files["pjsip_phones"]

    assert "type=identify" not in everything
    assert kind(files["pjsip_callers"], "llamante", "endpoint")["auth"] == "llamante"
    assert kind(files["pjsip_callers"], "llamante", "auth")["password"] == "clave-de-llamante"
    endpoints = [(name, body) for name, body in sections(everything) if body.get("type") == "endpoint"]
    assert [name for name, body in endpoints if "auth" not in body] == []
    assert {body["context"] for name, body in endpoints if name != "llamante"} == {"from-phones"}


def test_on_the_network_pages_and_browsers_speak_tls_only(exposed: Instance) -> None:
    """Plain HTTP is off, the WebSocket is wss, SIP is offered over TLS with our certificate."""
    files = made_files(exposed)
    http = dict(line.split("=", 1) for line in files["http_general"].splitlines())
    transports = {body["protocol"]: body for _, body in sections(files["pjsip_transports"])}

    assert http == {
        "enabled": "no",
        "tlsenable": "yes",
        "tlsbindaddr": "10.0.0.1:8088",
        "tlscertfile": "/tls/a.crt",
        "tlsprivatekey": "/tls/a.key",
    }
    assert set(transports) == {"udp", "tcp", "tls", "wss"}
    assert (transports["tls"]["bind"], transports["tls"]["cert_file"]) == ("10.0.0.1:5061", "/tls/a.crt")
    assert transports["udp"]["external_media_address"] == "10.0.0.1"


@pytest.mark.parametrize("where", ["loopback", "exposed"])
def test_audio_goes_to_the_address_that_phones_can_reach(where: str, request: pytest.FixtureRequest) -> None:
    """Every endpoint names the bound address for its media, and a silent line ends by itself."""
    instance: Instance = request.getfixturevalue(where)
    files = made_files(instance)
    endpoints = [
        body
        for _, body in sections(files["pjsip_callers"] + files["pjsip_phones"])
        if body.get("type") == "endpoint"
    ]

    assert len(endpoints) == 3
    assert {body["media_address"] for body in endpoints} == {instance.bind}
    assert {body["rtp_timeout"] for body in endpoints} == {"60"}
    assert {body["direct_media"] for body in endpoints} == {"no"}


def test_a_phone_registers_with_its_password_and_replaces_its_last_registration(loopback: Instance) -> None:
    """One phone an agent: a reloaded browser takes over, a vanished one is noticed."""
    phones = made_files(loopback)["pjsip_phones"]

    assert kind(phones, "ana", "auth")["password"] == "secreto-de-ana"
    aor = kind(phones, "ana", "aor")
    assert (aor["max_contacts"], aor["remove_existing"], aor["qualify_frequency"]) == ("1", "yes", "30")
    assert "contact" not in aor


def test_a_phone_at_a_fixed_address_is_called_there(loopback: Instance) -> None:
    """It need not register; its address stands in its AOR."""
    phones = made_files(loopback)["pjsip_phones"]

    assert kind(phones, "guardia", "aor")["contact"] == "sip:guardia@10.0.0.9:5060"


def test_phones_may_reach_our_entries_and_nothing_else(loopback: Instance) -> None:
    """Callers and agents' phones dial the configured numbers; each sets where it entered."""
    text = made_files(loopback)["extensions_entries"]

    assert text.split("\n\n")[0].splitlines() == [
        "[cc-entries]",
        "exten => 900,1,Set(CC_ENTRY=900)",
        " same => n,Goto(cc-caller,in,1)",
        "exten => 901,1,Set(CC_ENTRY=901)",
        " same => n,Goto(cc-caller,in,1)",
    ]
    assert re.findall(r"\[(from-[a-z]+)\]\ninclude => (\S+)", text) == [
        ("from-callers", "cc-entries"),
        ("from-phones", "cc-entries"),
    ]


def test_the_dialplan_finds_all_its_globals(loopback: Instance) -> None:
    """Whatever the dialplan reads and nobody sets on the way is given here, the sign of life included."""
    given = dict(line.split("=", 1) for line in made_files(loopback)["extensions_globals"].splitlines())
    text = (CONF / "extensions.conf").read_text(encoding="utf-8")
    read = set(re.findall(r"\$\{(CC_\w+)\}", text))
    set_on_the_way = set(re.findall(r"Set\((CC_\w+)=", text + made_files(loopback)["extensions_entries"]))
    by_the_server = {"CC_CONTACT", "CC_WAIT", "CC_SAY", "CC_LEG", "CC_CALLER"}

    assert read - set_on_the_way - by_the_server <= set(given)
    assert (given["CC_ALIVE"], given["CC_FALLBACK_DIAL"]) == ("1700000000", "PJSIP/guardia")
    assert given["CC_AGI"] == "127.0.0.1:4573"


def test_without_a_fallback_telephone_none_is_dialled(loopback: Instance) -> None:
    """The global is empty, which the dialplan looks at."""
    text = made_files(replace(loopback, fallback_dial="", fallback_say=""))["extensions_globals"]

    assert "CC_FALLBACK_DIAL=\n" in text and "CC_FALLBACK_SAY=\n" in text


def test_strict_rtp_guards_only_where_strangers_can_send(loopback: Instance, exposed: Instance) -> None:
    """On loopback it would only cost audio: up to 5 s when a port is used again."""
    assert "strictrtp=no" in made_files(loopback)["rtp_general"]
    assert "strictrtp=yes" in made_files(exposed)["rtp_general"]
