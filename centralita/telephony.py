"""From a configuration to the switch's files: the same at the start and at every publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from centralita.home import Home, Secrets, load_secrets
from centralita.install.asterisk import configuration_dir
from centralita.install.ports import Ports
from config import build, schema, telephones
from cti.asterisk.instance import Changes, Instance, Tls, rewrite, troubles
from cti.asterisk.pjsip import CALLER, WEB_CALLER, Phone
from cti.asterisk.trunks import Trunk
from ivr.prompts import Catalogue

SWITCH = "local"
SIP_TLS_OFFSET = 1


@dataclass(frozen=True, slots=True)
class Site:
    """Where this installation's switch stands: decided at the start, the same until the end."""

    home: Home
    ports: Ports
    modules_dir: Path
    share_dir: Path
    tls: Tls | None

    @classmethod
    def of_facts(cls, home: Home, facts: Mapping[str, Any]) -> Site:
        """The site of the centre that runs here, from its `centre.json`."""
        ports, asterisk, http = facts["ports"], facts["asterisk"], facts["http"]
        return cls(
            home,
            Ports(**{**ports, "rtp": tuple(ports["rtp"])}),
            Path(asterisk["modules"]),
            Path(asterisk["share"]),
            Tls(Path(http["certificate"]), Path(http["key"])) if http["certificate"] else None,
        )


@dataclass(frozen=True, slots=True)
class Rewritten:
    changes: Changes
    troubles: Mapping[str, str]
    """Trunk -> why it cannot be used, with the mend."""


def publish(site: Site, config: schema.Centre, folder: Path, catalogue: Catalogue) -> Rewritten:
    """
    Bring the switch's files in line with a configuration that takes effect now.

    New phones get their passwords, which `centre.json` then tells. Afterwards the
    switch has to reload (`AsteriskSwitch.apply`).

    Args:
        site: Where the centre runs.
        config: Checked.
        folder: Of the configuration, for relative paths.
        catalogue: Of the same configuration.

    Raises:
        ValueRefused: Nothing has been written.
    """
    secrets = load_secrets(site.home, config.phones)
    made = instance(site, config, folder, secrets, catalogue)
    changes = rewrite(made)
    facts = site.home.read_centre()
    if facts["phones"] != phone_accounts(secrets):
        site.home.write_centre(facts | {"phones": phone_accounts(secrets)})
    return Rewritten(changes, troubles(made))


def instance(
    site: Site, config: schema.Centre, folder: Path, secrets: Secrets, catalogue: Catalogue
) -> Instance:
    """All that the switch's files are made from."""
    home, ports = site.home.asterisk, site.ports
    fallback = build.fallback(config)
    said = catalogue.sounds((fallback.say,), config.languages[0]) if fallback.say else []
    return Instance(
        home=home,
        modules_dir=site.modules_dir,
        share_dir=site.share_dir,
        conf_dir=configuration_dir(),
        bind=ports.bind,
        sip_port=ports.sip,
        sip_tls_port=ports.sip + SIP_TLS_OFFSET,
        ws_port=ports.ws,
        ami_port=ports.ami,
        agi_port=ports.agi,
        rtp_ports=ports.rtp,
        ami_secret=secrets.ami,
        agi_nonce=secrets.agi_nonce,
        caller_password=secrets.caller,
        web_caller_password=secrets.web_caller,
        switch=SWITCH,
        language=config.languages[0],
        entries=list(config.entry),
        phones=[_phone(name, phone, secrets) for name, phone in sorted(config.phones.items())],
        trunks=[_trunk(name, trunk, secrets) for name, trunk in config.trunks.items()],
        secrets_file=str(site.home.secrets_file),
        music_dir=str(build.music_folder(config, folder) or home / "data" / "moh"),
        music_off=config.music.off,
        fallback_after_s=max(1, fallback.after_ms // 1000),
        fallback_say=said[0] if said else "",
        fallback_dial=fallback.dial or "",
        tls=site.tls,
    )


def _phone(name: str, phone: telephones.Phone, secrets: Secrets) -> Phone:
    return Phone(
        name,
        secrets.phones[name],
        phone.address or "",
        browser=phone.kind == "browser",
        codecs=tuple(phone.codecs or ()),
        dtmf=phone.dtmf,
    )


def _trunk(name: str, trunk: telephones.Trunk, secrets: Secrets) -> Trunk:
    return Trunk(
        name=name,
        host=trunk.host,
        register=trunk.register_,
        user=trunk.user or "",
        password=secrets.trunks.get(name, ""),
        transport=trunk.transport,
        codecs=tuple(trunk.codecs),
        dtmf=trunk.dtmf,
        sources=tuple(trunk.from_),
        country=trunk.country,
        numbers=trunk.numbers,
        caller_id=trunk.caller_id or "",
        trust_identity=trunk.trust_identity,
        allow=tuple(trunk.allow),
        calls_max=trunk.limits.calls,
        out_max=trunk.limits.out,
    )


def phone_accounts(secrets: Secrets) -> dict[str, dict[str, str]]:
    return {name: {"user": name, "password": password} for name, password in secrets.phones.items()}


def account_facts(site: Site, secrets: Secrets) -> dict[str, Any]:
    """The part of `centre.json` that says who may come in, and how."""
    scheme = "wss" if site.tls else "ws"
    return {
        "phones": phone_accounts(secrets),
        "caller": {"user": CALLER, "password": secrets.caller},
        "web_phone": {
            "ws": f"{scheme}://{site.ports.bind}:{site.ports.ws}/ws",
            "user": WEB_CALLER,
            "password": secrets.web_caller,
            "host": site.ports.bind,
        },
    }
