from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from cti.asterisk.files import ValueRefused
from cti.asterisk.instance import (
    AMI_USER,
    EVENT_NAMES,
    Changes,
    Instance,
    Tls,
    made_files,
    pjsip_files,
    rewrite,
    troubles,
    write,
)
from cti.asterisk.pjsip import Phone
from cti.asterisk.switch import EVENTS
from cti.asterisk.trunks import Trunk

pytestmark = pytest.mark.unit

CONF = Path(__file__).parents[3] / "asterisk-conf"
ANA = Phone("ana", "secreto-de-ana")
FIXED = Phone("guardia", "secreto-de-guardia", address="10.0.0.9:5060")
LINE = Trunk("operador", "127.0.0.2", user="cuenta", password="clave", numbers={"911234567": "900"})
PJSIP = (
    "res_pjsip.so",
    "res_pjsip_authenticator_digest.so",
    "res_pjsip_endpoint_identifier_ip.so",
    "res_pjsip_outbound_registration.so",
)


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
        web_caller_password="clave-de-navegador",
        trunks=[LINE],
        secrets_file="/home/centro/secrets.json",
    )


@pytest.fixture
def exposed(loopback: Instance) -> Instance:
    """The same on an address of the network: TLS, and nobody without a password."""
    return replace(loopback, bind="10.0.0.1", tls=Tls(Path("/tls/a.crt"), Path("/tls/a.key")))


def sections(text: str) -> list[tuple[str, dict[str, str]]]:
    """Each `[name]` with its settings; Asterisk uses one name for several kinds."""
    found: list[tuple[str, dict[str, str]]] = []
    for line in text.splitlines():
        head = re.fullmatch(r"\[([\w.-]+)\](?:\(.*\))?", line)
        if head:
            found.append((head[1], {}))
        elif "=" in line:
            key, _, value = line.partition("=")
            found[-1][1][key.strip()] = value.removeprefix(">").strip()
    return found


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_holds_a_secret_is_for_the_owners_eyes_only(loopback: Instance) -> None:
    """Folder 0700, made files 0600, also when they were there before with other modes."""
    write(loopback)
    made = sorted(path for folder in ("cc.d", "pjsip.d") for path in (loopback.etc / folder).iterdir())
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
    """What all endpoints share names the bound address for their media."""
    instance: Instance = request.getfixturevalue(where)

    media = made_files(instance)["pjsip_media"]
    assert media == f"media_address={instance.bind}\nbind_rtp_to_media_address=yes\n"
    assert "[endpoint](!)" in (CONF / "pjsip.conf").read_text(encoding="utf-8")


def test_each_account_has_a_file_of_its_own(loopback: Instance) -> None:
    """Phones and trunks are in `pjsip.d/`; who has left the configuration leaves it, too."""
    write(loopback)
    there = {path.name for path in (loopback.etc / "pjsip.d").iterdir()}
    assert there == {"callers.conf", "phone-ana.conf", "phone-guardia.conf", "trunk-operador.conf"}

    changes = rewrite(replace(loopback, phones=[ANA], trunks=[]))
    assert {path.name for path in (loopback.etc / "pjsip.d").iterdir()} == {"callers.conf", "phone-ana.conf"}
    gone = {"pjsip.d/phone-guardia.conf", "pjsip.d/trunk-operador.conf"}
    assert set(changes.files) == gone | {"cc.d/extensions_trunks.conf", "cc.d/extensions_globals.conf"}


def test_what_an_older_version_has_left_goes(loopback: Instance) -> None:
    """A file with passwords that nothing includes any more does not stay about."""
    write(loopback)
    (loopback.etc / "cc.d/pjsip_phones.conf").write_text("password=vieja")

    write(loopback)
    assert not (loopback.etc / "cc.d/pjsip_phones.conf").exists()


def test_writing_the_same_again_changes_nothing(loopback: Instance) -> None:
    """No file is touched and nothing is reloaded by a publication that is about something else."""
    write(loopback)

    assert rewrite(loopback) == Changes()


CHANGES: dict[str, tuple[dict[str, object], tuple[str, ...], tuple[str, ...]]] = {
    "a phone more": ({"phones": [ANA, FIXED, Phone("nina", "n")]}, PJSIP, ()),
    "an entry more": ({"entries": ["900", "901", "902"]}, ("pbx_config.so",), ()),
    "other music": ({"music_dir": "/opt/otra"}, ("res_musiconhold.so",), ()),
    "no music": ({"music_off": True}, ("pbx_config.so",), ()),
    "a trunk less": ({"trunks": []}, ("pbx_config.so", *PJSIP), ()),
    "another manager port": ({"ami_port": 5039}, (), ("cc.d/manager_general.conf",)),
    "another SIP port": ({"sip_port": 5070}, (), ("cc.d/pjsip_transports.conf",)),
}


@pytest.mark.parametrize(("change", "modules", "restart"), CHANGES.values(), ids=CHANGES.keys())
def test_only_what_has_changed_is_reloaded(
    loopback: Instance, change: dict[str, object], modules: tuple[str, ...], restart: tuple[str, ...]
) -> None:
    """File by file: the modules to reload; ports and secrets need a restart, and that is said."""
    write(loopback)
    changes = rewrite(replace(loopback, **change))  # type: ignore[arg-type]

    assert (set(changes.modules), changes.restart) == (set(modules), restart)


def test_a_trunk_without_its_password_is_left_out_and_told(loopback: Instance) -> None:
    """Where to put it; the other trunk, the phones and the callers are written all the same."""
    other = Trunk("otro", "127.0.0.3", numbers={"922334455": "901"})
    instance = replace(loopback, trunks=[replace(LINE, password=""), other])

    told = troubles(instance)
    assert set(told) == {"operador"}
    assert "/home/centro/secrets.json" in told["operador"] and '"trunks": {"operador"' in told["operador"]
    assert {"trunk-otro.conf", "phone-ana.conf", "callers.conf"} <= set(pjsip_files(instance))
    assert "trunk-operador.conf" not in pjsip_files(instance)
    text = made_files(instance)["extensions_trunks"]
    assert "[cc-trunk-otro]" in text and "operador" not in text


@pytest.mark.parametrize("password", ["una;dos", "una\ndos", "una\\dos", " una", "una ", ">una"])
def test_a_password_that_asterisk_would_read_otherwise_is_told_without_saying_it(
    loopback: Instance, password: str
) -> None:
    """Comment signs, line ends, blanks at the ends: the trunk is out, the reason shown, the secret not."""
    told = troubles(replace(loopback, trunks=[replace(LINE, password=password)]))

    assert "operador" in told["operador"] and password.strip() not in told["operador"]


def test_a_value_that_could_say_more_than_itself_is_refused_before_anything_is_written(
    loopback: Instance,
) -> None:
    """A phone like that stops the publication; the files stay as they were."""
    write(loopback)
    before = {path: path.read_text() for path in loopback.etc.rglob("*.conf")}
    for phone in (
        Phone("ana\n[x]", "p"),
        Phone("llamante", "p"),
        Phone("b", "p\ntype=x"),
        Phone("c", "p", address="h:1;x"),
        Phone("d", "p", codecs=("alaw\ncontext=x",)),
    ):
        with pytest.raises(ValueRefused):
            rewrite(replace(loopback, phones=[phone], entries=["903"]))
    with pytest.raises(ValueRefused):
        rewrite(replace(loopback, entries=["900,1,System(x)"]))

    assert {path: path.read_text() for path in loopback.etc.rglob("*.conf")} == before


def test_callers_reach_our_entries_and_phones_also_what_trunks_allow(loopback: Instance) -> None:
    """Each entry sets where it entered; only phones have the way out."""
    text = made_files(loopback)["extensions_entries"]

    assert text.split("\n\n")[0].splitlines() == [
        "[cc-entries]",
        "exten => 900,1,Set(CC_ENTRY=900)",
        " same => n,Goto(cc-caller,in,1)",
        "exten => 901,1,Set(CC_ENTRY=901)",
        " same => n,Goto(cc-caller,in,1)",
    ]
    contexts = {part.split("\n")[0]: part.split("\n")[1:] for part in text.strip().split("\n\n")[1:]}
    assert contexts == {
        "[from-callers]": ["include => cc-entries"],
        "[from-phones]": ["include => cc-entries", "include => cc-out"],
    }


@pytest.mark.parametrize(
    ("entries", "dialled"),
    [
        (["+34910000001"], ["+34910000001", "34910000001"]),
        (["34910000001"], ["34910000001", "+34910000001"]),
        (["+34910000001", "34910000001"], ["+34910000001", "34910000001"]),
        (["900", "*21#"], ["900", "*21#"]),
    ],
)
def test_an_entry_in_e164_is_dialled_with_and_without_plus(
    loopback: Instance, entries: list[str], dialled: list[str]
) -> None:
    """An entry of its own goes before a spelling of another one."""
    text = made_files(replace(loopback, entries=entries))["extensions_entries"]

    assert re.findall(r"^exten => ([^,]+),", text, re.MULTILINE) == dialled


def test_the_dialplan_finds_all_its_globals(loopback: Instance) -> None:
    """Whatever the dialplan reads and nobody sets on the way is given here, the sign of life included."""
    given = dict(line.split("=", 1) for line in made_files(loopback)["extensions_globals"].splitlines())
    text = (CONF / "extensions.conf").read_text(encoding="utf-8")
    read = set(re.findall(r"\$\{(CC_\w+)\}", text))
    made = made_files(replace(loopback, trunks=[replace(LINE, allow=("+34*",))]))
    set_on_the_way = set(
        re.findall(r"Set\((CC_\w+)=", text + made["extensions_entries"] + made["extensions_trunks"])
    )
    by_the_server = {"CC_CONTACT", "CC_WAIT", "CC_SAY", "CC_LEG", "CC_ASIDE", "CC_CALLER", "CC_BY"}

    assert read - set_on_the_way - by_the_server <= set(given)
    assert (given["CC_ALIVE"], given["CC_FALLBACK_DIAL"]) == ("${EPOCH}", "PJSIP/guardia")
    assert given["CC_MUSIC"] == "default"
    assert "CC_MUSIC=\n" in made_files(replace(loopback, music_off=True))["extensions_globals"]
    assert given["CC_AGI"] == "127.0.0.1:4573"


def test_without_a_fallback_telephone_none_is_dialled(loopback: Instance) -> None:
    """The global is empty, which the dialplan looks at."""
    text = made_files(replace(loopback, fallback_dial="", fallback_say=""))["extensions_globals"]

    assert "CC_FALLBACK_DIAL=\n" in text and "CC_FALLBACK_SAY=\n" in text


def test_strict_rtp_guards_only_where_strangers_can_send(loopback: Instance, exposed: Instance) -> None:
    """On loopback it would only cost audio: up to 5 s when a port is used again."""
    assert "strictrtp=no" in made_files(loopback)["rtp_general"]
    assert "strictrtp=yes" in made_files(exposed)["rtp_general"]
