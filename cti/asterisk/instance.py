"""
The files of one private Asterisk instance: the deployed ones, and those made per installation.

`asterisk-conf/` is copied as it is; everything that depends on this machine (folders,
ports, secrets, phones, entry numbers) goes to `etc/cc.d/`, readable by the owner only.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Phone:
    """One agent's phone: it registers with a password, or stands at a fixed address."""

    name: str
    password: str
    address: str = ""
    """host:port of a phone that does not register; empty for one that does."""
    webrtc: bool = False


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
    music_dir: str
    fallback_after_s: int
    fallback_say: str
    """Sound file without extension."""
    fallback_dial: str
    """Phone name, or empty."""
    now_s: int
    try_max: int = 5
    tls: Tls | None = None

    @property
    def etc(self) -> Path:
        return self.home / "etc"


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
    "Shutdown",
)


def write(instance: Instance) -> Path:
    """Make all folders and files; returns the path of asterisk.conf."""
    home = instance.home
    for name in ("etc/cc.d", "run", "log", "db", "spool", "var/keys", "data/sounds", "agi"):
        (home / name).mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    for source in sorted(instance.conf_dir.glob("*.conf")):
        shutil.copyfile(source, instance.etc / source.name)
    for name in ("documentation", "rest-api", "moh"):
        _link(home / "data" / name, instance.share_dir / name)
    _link(home / "data/sounds/en", instance.share_dir / "sounds/en_US_f_Allison")
    _link(home / "data/sounds/es", instance.share_dir / "sounds/es_MX_f_Allison")
    _put(instance.etc / "asterisk.conf", _asterisk_conf(instance))
    for name, text in made_files(instance).items():
        _put(instance.etc / "cc.d" / f"{name}.conf", text)
    return instance.etc / "asterisk.conf"


def made_files(instance: Instance) -> dict[str, str]:
    """Name in `cc.d/` without extension -> text."""
    return {
        "manager_general": f"bindaddr=127.0.0.1\nport={instance.ami_port}\n",
        "manager_users": _manager_users(instance),
        "http_general": _http(instance),
        "rtp_general": _rtp(instance),
        "moh_default": f"directory={instance.music_dir}\n",
        "pjsip_transports": _transports(instance),
        "pjsip_callers": _callers(instance),
        "pjsip_phones": "\n".join(_phone(phone, instance) for phone in instance.phones),
        "extensions_globals": _globals(instance),
        "extensions_entries": _entries(instance),
    }


def _asterisk_conf(instance: Instance) -> str:
    home = instance.home
    folders = {
        "astetcdir": instance.etc,
        "astmoddir": instance.modules_dir,
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


_MEDIA = "disallow=all\nallow=ulaw,alaw,g722\ndirect_media=no\ndtmf_mode=auto\nrtp_timeout=60\n"


def _media(instance: Instance) -> str:
    return _MEDIA + f"media_address={instance.bind}\nbind_rtp_to_media_address=yes\n"


def _callers(instance: Instance) -> str:
    """On loopback anybody may call in; anywhere else a caller needs the account `llamante`."""
    if instance.tls is None:
        return (
            "[llamantes]\ntype=endpoint\ncontext=from-callers\ntrust_id_inbound=yes\n"
            f"{_media(instance)}\n[llamantes]\ntype=identify\nendpoint=llamantes\nmatch=127.0.0.1\n"
        )
    return (
        f"[llamante]\ntype=endpoint\ncontext=from-callers\nauth=llamante\n{_media(instance)}\n"
        f"[llamante]\ntype=auth\nauth_type=userpass\nusername=llamante\npassword={instance.caller_password}\n"
    )


def _phone(phone: Phone, instance: Instance) -> str:
    name = phone.name
    endpoint = f"[{name}]\ntype=endpoint\ncontext=from-phones\naors={name}\n{_media(instance)}"
    auth = f"[{name}]\ntype=auth\nauth_type=userpass\nusername={name}\npassword={phone.password}\n"
    if phone.address:
        aor = f"[{name}]\ntype=aor\ncontact=sip:{name}@{phone.address}\n"
        # Whoever can reach us can also call themselves by this name: they then need the password.
        return f"{endpoint}\n{aor}" if instance.tls is None else f"{endpoint}auth={name}\n\n{auth}\n{aor}"
    return (
        f"{endpoint}auth={name}\n\n{auth}\n"
        f"[{name}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\nremove_unavailable=yes\n"
        "minimum_expiration=30\nqualify_frequency=30\n"
    )


def _globals(instance: Instance) -> str:
    values = {
        "CC_AGI": f"127.0.0.1:{instance.agi_port}",
        "CC_NONCE": instance.agi_nonce,
        "CC_SWITCH": instance.switch,
        "CC_LANGUAGE": instance.language,
        "CC_TRY_MAX": str(instance.try_max),
        "CC_FALLBACK_AFTER": str(instance.fallback_after_s),
        "CC_FALLBACK_SAY": instance.fallback_say,
        "CC_FALLBACK_DIAL": f"PJSIP/{instance.fallback_dial}" if instance.fallback_dial else "",
        "CC_ALIVE": str(instance.now_s),
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _entries(instance: Instance) -> str:
    lines = ["[cc-entries]"]
    for entry in instance.entries:
        lines += [f"exten => {entry},1,Set(CC_ENTRY={entry})", " same => n,Goto(cc-caller,in,1)"]
    for context in ("from-callers", "from-phones"):
        lines += ["", f"[{context}]", "include => cc-entries"]
    return "\n".join(lines) + "\n"


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() or path.exists():
        path.unlink()
    path.symlink_to(target)


def _put(path: Path, text: str) -> None:
    """Write for the owner's eyes only."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")
