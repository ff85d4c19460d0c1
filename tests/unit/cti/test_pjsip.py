from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.check import RESERVED_PHONES
from cti.asterisk.files import ValueRefused, checked, replace_private, section
from cti.asterisk.pjsip import RESERVED, Phone, callers_file, phone_file

pytestmark = pytest.mark.unit

TEMPLATES = (Path(__file__).parents[3] / "asterisk-conf/pjsip.conf").read_text(encoding="utf-8")
ANA = Phone("ana", "secreto-de-ana")
FIXED = Phone("guardia", "secreto-de-guardia", address="10.0.0.9:5060")


def objects(text: str) -> dict[tuple[str, str], dict[str, str]]:
    """(name, template) -> what the section says besides the template's settings."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for part in text.strip().split("\n\n"):
        head, *lines = part.split("\n")
        named = re.fullmatch(r"\[([\w.+-]+)\]\(([\w-]+)\)", head)
        assert named is not None, head
        found[named[1], named[2]] = dict(line.split("=", 1) for line in lines)
    return found


def test_a_phone_registers_with_its_password_and_is_found_where_it_registered() -> None:
    """Three objects of one name; everything else is in the templates."""
    assert objects(phone_file(ANA, guarded=False)) == {
        ("ana", "phone"): {"aors": "ana", "allow": "alaw,ulaw,g722", "dtmf_mode": "auto", "auth": "ana"},
        ("ana", "account"): {"username": "ana", "password": "secreto-de-ana"},
        ("ana", "phone-place"): {},
    }


def test_a_phone_at_a_fixed_address_is_called_there_and_guarded_where_others_could_claim_its_name() -> None:
    """On loopback it needs no password to call; on the network it does."""
    free, guarded = (objects(phone_file(FIXED, guarded=on)) for on in (False, True))

    assert free["guardia", "fixed-place"] == {"contact": "sip:guardia@10.0.0.9:5060"}
    assert ("guardia", "account") not in free and "auth" not in free["guardia", "phone"]
    assert guarded["guardia", "phone"]["auth"] == "guardia"
    assert guarded["guardia", "account"]["password"] == "secreto-de-guardia"


def test_a_browser_speaks_opus_first_and_has_its_own_template() -> None:
    """WebRTC is the template's; codecs and keys are as configured, in order."""
    usual = objects(phone_file(Phone("web", "p", browser=True), guarded=False))
    own = objects(phone_file(Phone("web", "p", browser=True, codecs=("ulaw",), dtmf="info"), guarded=False))

    assert usual["web", "browser"]["allow"] == "opus,alaw,ulaw,g722"
    assert (own["web", "browser"]["allow"], own["web", "browser"]["dtmf_mode"]) == ("ulaw", "info")


def test_on_loopback_anybody_on_this_machine_may_call() -> None:
    """No password for a first trial; by address, and only the loopback's."""
    made = objects(callers_file("clave-de-llamante", "clave-web", guarded=False))

    assert made["llamantes", "from-address"] == {"endpoint": "llamantes", "match": "127.0.0.1"}
    assert ("llamante", "account") not in made


def test_on_the_network_nobody_calls_without_a_password() -> None:
    """No identification by address, one account with a password."""
    made = objects(callers_file("clave-de-llamante", "clave-web", guarded=True))

    assert not [template for _, template in made if template == "from-address"]
    assert made["llamante", "caller"] == {"auth": "llamante"}
    assert made["llamante", "account"]["password"] == "clave-de-llamante"


@pytest.mark.parametrize("guarded", [True, False])
def test_the_page_calls_in_with_an_account_of_its_own(guarded: bool) -> None:
    """With a password everywhere: a page is reached by more than this machine's people."""
    made = objects(callers_file("c", "clave-web", guarded=guarded))

    assert made["navegador", "web-caller"] == {"auth": "navegador", "aors": "navegador"}
    assert made["navegador", "account"] == {"username": "navegador", "password": "clave-web"}


@pytest.mark.parametrize("name", ["llamante", "llamantes", "navegador"])
def test_a_phone_cannot_take_a_name_of_ours(name: str) -> None:
    """Two accounts of one name would be one account with two passwords."""
    with pytest.raises(ValueRefused, match=name):
        phone_file(Phone(name, "p"), guarded=False)


def test_every_template_that_is_used_exists_and_refuses_refer() -> None:
    """What the renderer names is in the deployed file; all endpoints stand on one that allows no transfer."""
    made = phone_file(ANA, guarded=True) + phone_file(Phone("web", "p", browser=True), guarded=True)
    made += phone_file(FIXED, guarded=False) + callers_file("a", "b", guarded=True)
    used = set(re.findall(r"^\[[^\]]+\]\(([\w-]+)\)", made, re.MULTILINE)) | {"trunk", "trunk-registration"}
    templates = dict(re.findall(r"^\[([\w-]+)\]\(!,?([\w-]*)\)", TEMPLATES, re.MULTILINE))

    assert used <= set(templates)
    endpoints = {name for name, parent in templates.items() if parent in ("endpoint", "phone")}
    assert endpoints == {"phone", "browser", "caller", "web-caller", "trunk"}
    base = TEMPLATES.split("[endpoint](!)")[1].split("\n[")[0]
    assert "allow_transfer=no\n" in base and "direct_media=no\n" in base


@pytest.mark.parametrize(
    "value", ["a\nb", "a\rb", "a;b", "a[b", "a]b", "a#b", "a\\b", " a", "a ", ">a", "a\x00"]
)
def test_no_value_can_say_more_than_itself(value: str) -> None:
    """Line ends, comments, sections, includes, escapes, and what the reader would trim: refused."""
    with pytest.raises(ValueRefused):
        checked("contact", value)


@pytest.mark.parametrize("name", ["a\nb", "a]", "[a", "", "A", "a;b", "a b", "-a", "a(b)"])
def test_no_name_can_be_anything_but_a_name(name: str) -> None:
    """It stands in the head of a section."""
    with pytest.raises(ValueRefused):
        section(name, "phone", {})


def test_a_password_may_hold_what_harms_nobody() -> None:
    """Carriers like signs in their passwords; only what the file format cannot hold is refused."""
    assert checked("password", "p[#a$s]{}!&=>") == "p[#a$s]{}!&=>"
    with pytest.raises(ValueRefused) as refused:
        checked("password", "clave;secreta")
    assert "secreta" not in str(refused.value)


def test_a_file_is_replaced_in_one_step_and_only_if_it_differs(tmp_path: Path) -> None:
    """Owner's eyes only, also over a link or a file with another mode; no half file is ever left about."""
    path, elsewhere = tmp_path / "a.conf", tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    path.symlink_to(elsewhere)

    assert replace_private(path, "uno")
    assert (path.read_text(), elsewhere.read_text(), path.is_symlink()) == ("uno", "untouched", False)
    path.chmod(0o644)
    before = path.stat().st_ino
    assert not replace_private(path, "uno")
    assert (path.stat().st_mode & 0o777, path.stat().st_ino) == (0o600, before)
    assert {found.name for found in tmp_path.iterdir()} == {"a.conf", "elsewhere"}


def test_names_of_ours_are_refused_where_the_configuration_is_checked() -> None:
    """The mistake is told with line and column, not when files are written."""
    assert RESERVED_PHONES == RESERVED
