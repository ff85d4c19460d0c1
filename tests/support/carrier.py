"""
The telephone network for tests: a second Asterisk on a loopback address of its own.

It has one account that a centre registers with (digest), and subscribers, who
are any user agents that register under their number. What a subscriber dials
goes to the centre; what the centre dials goes to the subscriber of that number.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.asterisk import PrivateAsterisk, installed, private_asterisk
from tests.support.process import free_ports

ADDRESS = "127.0.0.2"
ACCOUNT, PASSWORD = "cuenta", "clave[del#operador"
_CORE = ("res_timing_timerfd", "res_sorcery_config", "res_sorcery_memory", "res_sorcery_astdb", "res_crypto")
_PJSIP: tuple[str, ...] = (
    "acl",
    "authenticator_digest",
    "caller_id",
    "endpoint_identifier_ip",
    "endpoint_identifier_user",
)
_PJSIP += (
    "header_funcs",
    "nat",
    "outbound_authenticator_digest",
    "registrar",
    "rfc3326",
    "sdp_rtp",
    "pubsub",
)
_CALLS: tuple[str, ...] = (
    "chan_pjsip",
    "res_rtp_asterisk",
    "codec_alaw",
    "codec_ulaw",
    "codec_resample",
    "bridge_simple",
)
_CALLS += ("bridge_native_rtp", "pbx_config", "app_dial", "app_verbose", "func_callerid", "func_strings")
_MODULES = (
    *_CORE,
    *("res_pjproject", "res_pjsip", *(f"res_pjsip_{name}" for name in _PJSIP), "res_pjsip_session"),
    *_CALLS,
)


@dataclass(frozen=True, slots=True)
class Received:
    """A call that the centre made, as the network saw it."""

    called: str
    number: str
    """Of the caller, by From."""
    asserted: str
    """P-Asserted-Identity, whole; empty when there was none."""


class Carrier:
    """A running carrier. Made by `running`."""

    def __init__(self, port: int, asterisk: PrivateAsterisk, log: Path) -> None:
        self.sip = f"{ADDRESS}:{port}"
        """ "host:port" for the trunk, and for subscribers to register at."""
        self.asterisk = asterisk
        self._log = log

    def received(self) -> list[Received]:
        """Every call of the centre so far, oldest first."""
        lines = re.findall(r"called=(\S*) number=(\S*) asserted=(.*)", self._log.read_text("utf-8"))
        return [Received(called, number, asserted.strip()) for called, number, asserted in lines]

    async def centre_contact(self) -> str:
        """Where the centre has registered; empty when it has not."""
        found = re.search(rf"{ACCOUNT}/(sip:\S+)", await self.asterisk.cli("pjsip show contacts"))
        return found[1] if found else ""


@contextlib.asynccontextmanager
async def running(folder: Path, subscribers: Sequence[str], *, port: int = 0) -> AsyncIterator[Carrier]:
    """
    A carrier with these subscribers (numbers; their password is their number).

    Raises:
        AssertionError: It does not come up.
    """
    install = installed()
    port = port or free_ports(2, address=ADDRESS)
    rtp = free_ports(60, address=ADDRESS)
    files = {
        "asterisk.conf": _asterisk_conf(folder, install.modules_dir),
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load={name}.so\n" for name in _MODULES),
        "logger.conf": "[general]\n[logfiles]\nmessages.log=notice,warning,error\n",
        "rtp.conf": f"[general]\nrtpstart={rtp}\nrtpend={rtp + 59}\nstrictrtp=no\n",
        "pjsip.conf": _pjsip_conf(port, subscribers),
        "extensions.conf": _EXTENSIONS,
    }
    for name in ("etc", "run", "log", "db", "spool", "var/keys", "data"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / "etc" / name).write_text(text)
    for name in (
        "cdr",
        "cel",
        "ccss",
        "acl",
        "features",
        "udptl",
        "stasis",
        "indications",
        "http",
        "manager",
    ):
        (folder / "etc" / f"{name}.conf").write_text("[general]\n")
    (folder / "etc/pjproject.conf").write_text("")
    for name in ("documentation", "rest-api"):
        (folder / "data" / name).symlink_to(install.share_dir / name)
    async with private_asterisk(folder / "etc", folder / "log", install) as asterisk:
        yield Carrier(port, asterisk, folder / "log/messages.log")


def _asterisk_conf(folder: Path, modules: Path) -> str:
    places = {"etc": "etc", "varlib": "var", "db": "db", "key": "var", "data": "data", "agi": "var"}
    places |= {"spool": "spool", "run": "run", "log": "log"}
    lines = [f"ast{name}dir => {folder / place}" for name, place in places.items()]
    return "\n".join(["[directories]", f"astmoddir => {modules}", *lines, "[options]", "hideconnect=yes", ""])


def _pjsip_conf(port: int, subscribers: Sequence[str]) -> str:
    endpoint = "disallow=all\nallow=alaw,ulaw\ndirect_media=no\ndtmf_mode=rfc4733\ntransport=udp\n"
    parts = [
        # Subscribers by number; whoever else comes from this machine is the centre, and has to prove it.
        "[global]\ntype=global\nendpoint_identifier_order=username,ip\n",
        f"[{ACCOUNT}]\ntype=identify\nendpoint={ACCOUNT}\nmatch=127.0.0.1\n",
        f"[udp]\ntype=transport\nprotocol=udp\nbind={ADDRESS}:{port}\n",
        "[subscriber](!)\ntype=endpoint\ncontext=from-subscribers\n" + endpoint,
    ]
    accounts = {ACCOUNT: PASSWORD, **{number: number for number in subscribers}}
    for name, password in accounts.items():
        kind = f"[{name}]\ntype=endpoint\ncontext=from-centre\n{endpoint}" if name == ACCOUNT else ""
        parts += [
            (kind or f"[{name}](subscriber)\ncallerid={name}\n") + f"auth={name}\naors={name}\n",
            f"[{name}]\ntype=auth\nauth_type=userpass\nusername={name}\npassword={password}\n",
            f"[{name}]\ntype=aor\nmax_contacts=1\nremove_existing=yes\n",
        ]
    return "\n".join(parts)


_EXTENSIONS = f"""
[from-subscribers]
exten => _[+0-9].,1,Dial(PJSIP/${{EXTEN}}@{ACCOUNT},30)
 same => n,Hangup(${{HANGUPCAUSE}})

[from-centre]
exten => _[+0-9]!,1,Set(ASSERTED=${{PJSIP_HEADER(read,P-Asserted-Identity)}})
 same => n,Log(NOTICE,called=${{EXTEN}} number=${{CALLERID(num)}} asserted=${{ASSERTED}})
 same => n,Dial(PJSIP/${{EXTEN}},30)
 same => n,Hangup(${{HANGUPCAUSE}})
"""
