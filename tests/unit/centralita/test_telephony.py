from __future__ import annotations

import json
from pathlib import Path

import pytest

from asr.sounds import SoundStore
from asr.synthesis import SynthesisError
from centralita.home import Home, load_secrets
from centralita.install.ports import Ports
from centralita.telephony import Site, account_facts, instance, publish
from config.loader import Loaded, check_text
from cti.asterisk.instance import Tls, write
from ivr.prompts import Catalogue

pytestmark = pytest.mark.unit

PORTS = Ports(http=8080, sip=5060, ws=8088, ami=5038, agi=4573, rtp=(10_000, 10_999), bind="127.0.0.1")
TEXT = """
schema: acd/1
name: Centro
languages: [es]
skills: {}
agents: {ana: {name: Ana, phone: ana}}
phones: {ana: {codecs: [ulaw], dtmf: info}%s}
trunks:
  operador:
    host: 127.0.0.2:5070
    register: true
    user: cuenta
    numbers: {"911234567": "900"}
    limits: {calls: 7, out: 3}
    allow: ["+34*"]
entry: {"900": {flow: f}}
flows: {f: {start: adios, nodes: {adios: {goodbye: null}}}}
queues: {}
music: %s
"""


def loaded(folder: Path, phones: str = "", music: str = "default") -> Loaded:
    return check_text(TEXT % (phones, music), folder / "centro.yaml")


class Mute:
    """Nothing is to be said here."""

    def fingerprint(self, lang: str) -> str:
        return lang

    async def render(self, text: str, lang: str) -> bytes:
        raise SynthesisError(text)

    async def close(self) -> None:
        return None


def catalogue(home: Home) -> Catalogue:
    return Catalogue({}, ["es"], SoundStore(home.sounds, [Mute()]))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An installation that has started with the configuration above."""
    home = Home(tmp_path / "centro")
    home.make()
    made = Site(home, PORTS, Path("/opt/modules"), Path("/opt/share"), None)
    config = loaded(tmp_path).config
    secrets = load_secrets(home, config.phones)
    write(instance(made, config, tmp_path, secrets, catalogue(home)))
    home.write_centre(account_facts(made, secrets))
    return made


def give_password(home: Home, trunk: str, password: str) -> None:
    """As the administrator does, with an editor."""
    known = json.loads(home.secrets_file.read_text())
    home.secrets_file.write_text(json.dumps(known | {"trunks": {trunk: password}}))


def test_everything_that_is_configured_of_phones_and_trunks_gets_to_the_switch(
    site: Site, tmp_path: Path
) -> None:
    """Field by field from the file's words to the switch's."""
    config = loaded(tmp_path, ", web: {kind: browser}, fija: {address: '127.0.0.1:5999'}", "none").config
    give_password(site.home, "operador", "clave")
    secrets = load_secrets(site.home, config.phones)
    made = instance(site, config, tmp_path, secrets, catalogue(site.home))

    ana, fija, web = made.phones
    assert (ana.name, tuple(ana.codecs), ana.dtmf, ana.browser) == ("ana", ("ulaw",), "info", False)
    assert ana.password == secrets.phones["ana"] and len(ana.password) == 16
    assert (fija.address, web.browser, web.codecs) == ("127.0.0.1:5999", True, ())
    (trunk,) = made.trunks
    assert (trunk.host, trunk.register, trunk.user, trunk.password) == (
        "127.0.0.2:5070",
        True,
        "cuenta",
        "clave",
    )
    assert (trunk.calls_max, trunk.out_max, tuple(trunk.allow), trunk.country) == (7, 3, ("+34*",), "ES")
    assert (made.music_off, made.entries) == (True, ["900"])


def test_a_publication_makes_passwords_for_new_phones_and_tells_them(site: Site, tmp_path: Path) -> None:
    """The new phone's account is in the switch's files and in centre.json; known ones keep theirs."""
    before = site.home.read_centre()["phones"]
    done = publish(site, loaded(tmp_path, ", nina: {}").config, tmp_path, catalogue(site.home))

    assert done.changes.files == ("pjsip.d/phone-nina.conf",)
    phones = site.home.read_centre()["phones"]
    text = (site.home.asterisk / "etc/pjsip.d/phone-nina.conf").read_text()
    assert f"password={phones['nina']['password']}\n" in text
    assert phones["ana"] == before["ana"]


def test_a_trunk_works_from_the_publication_after_its_password_was_written(
    site: Site, tmp_path: Path
) -> None:
    """Until then it is said where it belongs; our own start neither invents nor loses it."""
    config = loaded(tmp_path).config
    without = publish(site, config, tmp_path, catalogue(site.home))
    assert str(site.home.secrets_file) in without.troubles["operador"]
    give_password(site.home, "operador", "clave")
    given = publish(site, config, tmp_path, catalogue(site.home))

    assert given.troubles == {}
    assert set(given.changes.files) == {
        "pjsip.d/trunk-operador.conf",
        "cc.d/extensions_trunks.conf",
        "cc.d/extensions_globals.conf",
    }
    assert load_secrets(site.home, ["otro"]).trunks == {"operador": "clave"}
    assert site.home.secrets_file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("tls", [None, Tls(Path("/tls/a.crt"), Path("/tls/a.key"))])
def test_the_server_finds_the_site_in_the_facts(site: Site, tls: Tls | None) -> None:
    """What the start decided comes back from centre.json as it was."""
    facts = {
        "ports": {**{n: getattr(PORTS, n) for n in ("http", "sip", "ws", "ami", "agi", "bind")}},
        "asterisk": {"cli": [], "modules": "/opt/modules", "share": "/opt/share"},
        "http": {"certificate": "/tls/a.crt" if tls else "", "key": "/tls/a.key" if tls else ""},
    }
    facts["ports"]["rtp"] = list(PORTS.rtp)
    found = Site.of_facts(site.home, json.loads(json.dumps(facts)))

    assert found == Site(site.home, PORTS, Path("/opt/modules"), Path("/opt/share"), tls)
    assert account_facts(found, load_secrets(site.home, []))["web_phone"]["ws"].startswith(
        "wss://127.0.0.1:8088" if tls else "ws://127.0.0.1:8088"
    )
