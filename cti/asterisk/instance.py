"""
The files of one private Asterisk instance: the deployed ones, and those made per installation.

`asterisk-conf/` is copied as it is; what depends on this machine (folders, ports, secrets,
entry numbers) goes to `etc/cc.d/`, phones and trunks to `etc/pjsip.d/`, a file each; all of
them readable by the owner only.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cti.asterisk.files import ValueRefused, digits, replace_private
from cti.asterisk.pjsip import Phone, callers_file, phone_file
from cti.asterisk.trunks import Trunk, dialplan_file, spellings_of_entry, trouble, trunk_file


@dataclass(frozen=True, slots=True)
class Tls:
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Instance:
    """Everything that `write` needs. `tls` None means loopback only, without passwords for callers."""

    home: Path
    modules_dir: Path
    share_dir: Path
    conf_dir: Path
    """The deployed `asterisk-conf/`."""
    bind: str
    sip_port: int
    sip_tls_port: int
    ws_port: int
    ami_port: int
    agi_port: int
    rtp_ports: tuple[int, int]
    ami_secret: str
    agi_nonce: str
    caller_password: str
    """Of the account `llamante`, with which a caller dials in when TLS is on."""
    switch: str
    language: str
    entries: Sequence[str]
    phones: Sequence[Phone]
    trunks: Sequence[Trunk]
    secrets_file: str
    """Where the passwords of trunks have to be put; for messages."""
    music_dir: str
    fallback_after_s: int
    fallback_say: str
    """Sound file without extension."""
    fallback_dial: str
    """Phone name, or empty."""
    web_caller_password: str
    """Of the account `navegador`, with which a page of ours dials in."""
    try_max: int = 5
    music_off: bool = False
    """Callers wait in silence: costs almost nothing."""
    tls: Tls | None = None

    @property
    def etc(self) -> Path:
        return self.home / "etc"


NAP_MIN_S, NAP_MAX_S, NAP_BEFORE_FALLBACK_S = 5, 60, 10
"""How long a waiting caller goes without a look whether the server is there; before the fallback's time."""
AMI_USER = "centralita"
EVENT_NAMES = (
    "FullyBooted",
    "Newchannel",
    "Newstate",
    "Hangup",
    "HangupRequest",
    "SoftHangupRequest",
    "OriginateResponse",
    "BridgeEnter",
    "BridgeLeave",
    "DialBegin",
    "Hold",
    "Unhold",
    "BlindTransfer",
    "AttendedTransfer",
    "ContactStatus",
    "CoreShowChannel",
    "CoreShowChannelsComplete",
    "Status",
    "StatusComplete",
    "ContactList",
    "ContactListComplete",
    "OutboundRegistrationDetail",
    "OutboundRegistrationDetailComplete",
    "Registry",
    "Shutdown",
)


def write(instance: Instance) -> Path:
    """Make all folders and files; returns the path of asterisk.conf."""
    home = instance.home
    for name in ("etc/cc.d", "etc/pjsip.d", "run", "log", "db", "spool", "var/keys", "data/sounds", "agi"):
        (home / name).mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    for source in sorted(instance.conf_dir.glob("*.conf")):
        shutil.copyfile(source, instance.etc / source.name)
    for name in ("documentation", "rest-api", "moh"):
        _link(home / "data" / name, instance.share_dir / name)
    _link(home / "data/sounds/en", instance.share_dir / "sounds/en_US_f_Allison")
    _link(home / "data/sounds/es", instance.share_dir / "sounds/es_MX_f_Allison")
    replace_private(instance.etc / "asterisk.conf", asterisk_conf(home, instance.modules_dir))
    rewrite(instance)
    return instance.etc / "asterisk.conf"


@dataclass(frozen=True, slots=True)
class Changes:
    """What `rewrite` has changed on disk, and what Asterisk has to do about it."""

    files: tuple[str, ...] = ()
    """Below `etc/`, those that are new, different or gone."""
    modules: tuple[str, ...] = ()
    """To be reloaded, in this order."""
    restart: tuple[str, ...] = ()
    """Files that only a restart of Asterisk takes up."""


_RELOADS = {
    "pjsip": (
        "res_pjsip.so",
        "res_pjsip_authenticator_digest.so",
        "res_pjsip_endpoint_identifier_ip.so",
        "res_pjsip_outbound_registration.so",
    ),
    "extensions": ("pbx_config.so",),
    "moh": ("res_musiconhold.so",),
}
"""By the beginning of a file's name."""
_MADE = ("cc.d", "pjsip.d")
_FIXED = ("pjsip_transports", "pjsip_media")
"""Taken up at start only, though their names begin like others."""


def rewrite(instance: Instance) -> Changes:
    """
    Bring the made files in line with the instance; what says the same already is not touched.

    Raises:
        ValueRefused: Nothing has been written.
    """
    wanted = {f"cc.d/{name}.conf": text for name, text in made_files(instance).items()}
    wanted |= {f"pjsip.d/{name}": text for name, text in pjsip_files(instance).items()}
    changed = [name for name, text in wanted.items() if replace_private(instance.etc / name, text)]
    there = [f"{d}/{path.name}" for d in _MADE for path in sorted((instance.etc / d).iterdir())]
    gone = [name for name in there if name not in wanted]
    for name in gone:
        (instance.etc / name).unlink()
    return _changes([*changed, *gone])


def _changes(files: list[str]) -> Changes:
    modules: list[str] = []
    restart = []
    for name in files:
        stem = name.removeprefix("cc.d/").removesuffix(".conf")
        kind = "" if stem in _FIXED else stem.partition("_")[0].partition(".")[0]
        modules += [module for module in _RELOADS.get(kind, ()) if module not in modules]
        restart += [name] if kind not in _RELOADS else []
    return Changes(tuple(files), tuple(modules), tuple(restart))


def troubles(instance: Instance) -> dict[str, str]:
    """Trunk -> why it cannot be used, with the mend. All others, and all phones, work."""
    found = {}
    for trunk in instance.trunks:
        why = trouble(
            trunk,
            bind=instance.bind,
            has_tls=instance.tls is not None,
            secrets_file=instance.secrets_file,
        )
        try:
            trunk_file(trunk)
            dialplan_file([trunk])
        except ValueRefused as error:
            why = why or f"Línea «{trunk.name}» / trunk {trunk.name}: {error}"
        if why:
            found[trunk.name] = why
    return found


def usable_trunks(instance: Instance) -> list[Trunk]:
    refused = troubles(instance)
    return [trunk for trunk in instance.trunks if trunk.name not in refused]


def pjsip_files(instance: Instance) -> dict[str, str]:
    """Name in `pjsip.d/` -> text."""
    guarded = instance.tls is not None
    callers = callers_file(instance.caller_password, instance.web_caller_password, guarded=guarded)
    return {
        "callers.conf": callers,
        **{f"phone-{phone.name}.conf": phone_file(phone, guarded=guarded) for phone in instance.phones},
        **{f"trunk-{trunk.name}.conf": trunk_file(trunk) for trunk in usable_trunks(instance)},
    }


def made_files(instance: Instance) -> dict[str, str]:
    """Name in `cc.d/` without extension -> text."""
    return {
        "manager_general": f"bindaddr=127.0.0.1\nport={instance.ami_port}\n",
        "manager_users": _manager_users(instance),
        "http_general": _http(instance),
        "rtp_general": _rtp(instance),
        "moh_default": f"directory={instance.music_dir}\n",
        "pjsip_transports": _transports(instance),
        "pjsip_media": f"media_address={instance.bind}\nbind_rtp_to_media_address=yes\n",
        "extensions_globals": _globals(instance),
        "extensions_entries": _entries(instance),
        "extensions_trunks": dialplan_file(usable_trunks(instance)),
    }


def asterisk_conf(home: Path, modules_dir: Path) -> str:
    """Of an instance that keeps all of its own in one folder."""
    folders = {
        "astetcdir": home / "etc",
        "astmoddir": modules_dir,
        "astvarlibdir": home / "var",
        "astdbdir": home / "db",
        "astkeydir": home / "var",
        "astdatadir": home / "data",
        "astagidir": home / "agi",
        "astspooldir": home / "spool",
        "astrundir": home / "run",
        "astlogdir": home / "log",
    }
    lines = ["[directories]", *(f"{name} => {path}" for name, path in folders.items())]
    return "\n".join([*lines, "[options]", "maxfiles=20000", "hideconnect=yes", "live_dangerously=no", ""])


def _manager_users(instance: Instance) -> str:
    lines = [
        f"[{AMI_USER}]",
        f"secret={instance.ami_secret}",
        "deny=0.0.0.0/0.0.0.0",
        "permit=127.0.0.1/255.255.255.255",
        "read=system,call,user,originate",
        "write=system,call,originate",
        "writetimeout=5000",
        *(f"eventfilter(action(include),name({name})) =" for name in EVENT_NAMES),
    ]
    return "\n".join(lines) + "\n"


def _rtp(instance: Instance) -> str:
    """
    Strict RTP where strangers can send, not on loopback.

    It learns each source anew and drops audio for up to 5 s while a late packet of an
    earlier call on the same port confuses it; on loopback there is nobody to keep out.
    """
    strict = "no" if instance.tls is None else "yes"
    return f"rtpstart={instance.rtp_ports[0]}\nrtpend={instance.rtp_ports[1]}\nstrictrtp={strict}\n"


def _http(instance: Instance) -> str:
    if instance.tls is None:
        return f"enabled=yes\nbindaddr={instance.bind}\nbindport={instance.ws_port}\n"
    return (
        "enabled=no\n"
        f"tlsenable=yes\ntlsbindaddr={instance.bind}:{instance.ws_port}\n"
        f"tlscertfile={instance.tls.certificate}\ntlsprivatekey={instance.tls.key}\n"
    )


def _transports(instance: Instance) -> str:
    media = f"external_media_address={instance.bind}\nexternal_signaling_address={instance.bind}\n"
    parts = [
        f"[udp]\ntype=transport\nprotocol=udp\nbind={instance.bind}:{instance.sip_port}\n",
        f"[tcp]\ntype=transport\nprotocol=tcp\nbind={instance.bind}:{instance.sip_port}\n",
    ]
    if instance.tls is None:
        parts.append(f"[ws]\ntype=transport\nprotocol=ws\nbind={instance.bind}\n")
    else:
        parts = [part + media for part in parts]
        parts.append(
            f"[tls]\ntype=transport\nprotocol=tls\nmethod=tlsv1_2\nbind={instance.bind}:{instance.sip_tls_port}\n"
            f"cert_file={instance.tls.certificate}\npriv_key_file={instance.tls.key}\n{media}"
        )
        parts.append(f"[wss]\ntype=transport\nprotocol=wss\nbind={instance.bind}\n")
    return "\n".join(parts)


def _nap_s(fallback_after_s: int) -> int:
    return max(NAP_MIN_S, min(NAP_MAX_S, fallback_after_s - NAP_BEFORE_FALLBACK_S))


def _globals(instance: Instance) -> str:
    values = {
        "CC_AGI": f"127.0.0.1:{instance.agi_port}",
        "CC_NONCE": instance.agi_nonce,
        "CC_SWITCH": instance.switch,
        "CC_LANGUAGE": instance.language,
        "CC_MUSIC": "" if instance.music_off else "default",
        "CC_TRY_MAX": str(instance.try_max),
        "CC_FALLBACK_AFTER": str(instance.fallback_after_s),
        "CC_NAP": str(_nap_s(instance.fallback_after_s)),
        "CC_FALLBACK_SAY": instance.fallback_say,
        "CC_FALLBACK_DIAL": f"PJSIP/{instance.fallback_dial}" if instance.fallback_dial else "",
        # The moment at which Asterisk reads it: neither a start nor a reload looks like a dead server.
        "CC_ALIVE": "${EPOCH}",
    }
    for trunk in usable_trunks(instance):
        values |= {f"CC_CALLS_{trunk.name}": str(trunk.calls_max), f"CC_OUT_{trunk.name}": str(trunk.out_max)}
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _entries(instance: Instance) -> str:
    lines = ["[cc-entries]"]
    for entry in instance.entries:
        for spelling in spellings_of_entry(digits(entry), instance.entries):
            lines += [f"exten => {spelling},1,Set(CC_ENTRY={entry})", " same => n,Goto(cc-caller,in,1)"]
    lines += ["", "[from-callers]", "include => cc-entries"]
    lines += ["", "[from-phones]", "include => cc-entries", "include => cc-out"]
    return "\n".join(lines) + "\n"


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() or path.exists():
        path.unlink()
    path.symlink_to(target)
