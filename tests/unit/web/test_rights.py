"""Every route of the server, asked by everybody."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from centralita.people.book import ABSOLUTE_MS
from centralita.people.rights import Right
from centralita.web.app import make_app
from centralita.web.rights import NEEDS
from tests.unit.web.fakes import FakeServer
from tests.unit.web.people_scene import CRM_SCOPES, INSTALLATION, WEBSOCKET, Centre, centre

pytestmark = pytest.mark.unit

EVERYBODY, KNOWN, PERSONS = "everybody", "known", "persons"
TABLE = """
GET    /health                              everybody
GET    /llamame.js                          everybody
OPTIONS /api/callbacks/public/web           everybody
POST   /api/callbacks/public/web            everybody
GET    /sign-in                             everybody
GET    /sign-in/sign-in.js                  everybody
GET    /api/sign-in                         everybody
POST   /api/sign-in                         everybody
GET    /api/oidc/start                      everybody
GET    /api/oidc/return                     everybody
GET    /                                    known
GET    /agente                              known
GET    /agent                               known
GET    /flujos                              known
GET    /flows                               known
GET    /static/app-AAAA.js                  known
GET    /api/contract/openapi.json           known
GET    /api/me                              known
POST   /api/sign-out                        persons
POST   /api/me/password                     persons
POST   /api/me/totp                         persons
POST   /api/me/totp/confirm                 persons
POST   /api/me/totp/remove                  persons
GET    /api/me/sessions                     persons
POST   /api/me/sessions/x/end               persons
GET    /api/live                            agent supervisor administrator crm installation
GET    /api/events                          agent supervisor administrator crm installation
GET    /api/waits                           agent supervisor administrator crm installation
GET    /api/dispositions                    agent supervisor administrator crm installation
GET    /api/contacts                        agent supervisor administrator crm installation
GET    /api/contacts?agent=ana              agent supervisor administrator crm installation
GET    /api/contacts?agent=beto             supervisor administrator crm installation
GET    /api/contacts/c1                     supervisor administrator crm installation
GET    /api/contacts/c9                     supervisor administrator crm installation
GET    /api/contacts/c1/explain             supervisor administrator crm installation
GET    /api/contacts/c9/data/cart           supervisor administrator crm installation
PUT    /api/contacts/c9/data/cart           supervisor administrator crm installation
DELETE /api/contacts/c9/data/cart           supervisor administrator crm installation
GET    /api/callbacks                       supervisor administrator crm installation
POST   /api/callbacks                       supervisor administrator crm installation
DELETE /api/callbacks/k7                    supervisor administrator crm installation
POST   /api/agents/ana/commands             agent supervisor administrator installation
POST   /api/agents/beto/commands            supervisor administrator installation
POST   /api/agents/ana/presence             agent supervisor administrator installation
POST   /api/agents/beto/presence            supervisor administrator installation
POST   /api/agents/ana/wrap-up/done         agent supervisor administrator installation
POST   /api/agents/beto/wrap-up/done        supervisor administrator installation
POST   /api/agents/ana/wrap-up/extend       agent supervisor administrator installation
POST   /api/agents/beto/wrap-up/extend      supervisor administrator installation
POST   /api/agents/ana/escalate             agent supervisor administrator installation
POST   /api/agents/beto/escalate            supervisor administrator installation
GET    /api/agents/ana/phone                agent installation
GET    /api/agents/beto/phone               installation
GET    /api/customers?number=%2B34911234567 supervisor administrator crm installation
GET    /api/customers/by-ref/C-7            supervisor administrator crm installation
PUT    /api/customers/by-ref/C-7            supervisor administrator crm installation
GET    /api/customers/by-ref/C-7/data/cart  supervisor administrator crm installation
PUT    /api/customers/by-ref/C-7/data/cart  supervisor administrator crm installation
DELETE /api/customers/by-ref/C-7/data/cart  supervisor administrator crm installation
GET    /api/customers/data/cart             supervisor administrator crm installation
PUT    /api/customers/data/cart             supervisor administrator crm installation
DELETE /api/customers/data/cart             supervisor administrator crm installation
GET    /api/customers/k1/contacts           supervisor administrator crm installation
DELETE /api/customers/k1/identity           administrator crm installation
PUT    /api/customers/by-ref/C-7/pin        supervisor administrator crm installation
GET    /api/customers/by-ref/C-7/preferences supervisor administrator crm installation
PUT    /api/customers/by-ref/C-7/preferences supervisor administrator crm installation
GET    /api/contacts/c9/preferences         supervisor administrator crm installation
PUT    /api/contacts/c9/preferences         supervisor administrator crm installation
GET    /api/customers/k1/surveys            supervisor administrator crm installation
GET    /api/surveys                         supervisor administrator crm installation
GET    /api/surveys/atencion                supervisor administrator kpis installation
GET    /api/lookups                         supervisor administrator installation
GET    /api/voicemail                       agent supervisor administrator installation
GET    /api/voicemail/m1/audio              agent supervisor administrator installation
POST   /api/voicemail/m1/heard              agent supervisor administrator installation
DELETE /api/voicemail/m1                    agent supervisor administrator installation
GET    /api/kpis                            supervisor administrator kpis installation
GET    /api/kpis/definitions                supervisor administrator kpis installation
GET    /api/kpis/contacts?figure=abandoned  supervisor administrator kpis installation
GET    /api/said                            supervisor administrator installation
POST   /api/said/phrases                    administrator installation
GET    /api/web-phone                       agent supervisor administrator installation
GET    /api/config                          supervisor administrator installation
GET    /api/flows                           supervisor administrator installation
POST   /api/config/apply-to-waiting         administrator installation
GET    /api/webhooks                        administrator installation
GET    /api/webhooks/crm/dead               administrator installation
POST   /api/webhooks/crm/resend             administrator installation
POST   /api/webhooks/crm/test               administrator installation
POST   /api/webhooks/crm/enable             administrator installation
GET    /api/people                          administrator installation
POST   /api/people                          administrator installation
POST   /api/people/ana/change               administrator installation
POST   /api/people/ana/reset-password       administrator installation
POST   /api/people/ana/reset-totp           administrator installation
GET    /api/people/ana/sessions             administrator installation
POST   /api/people/ana/end-sessions         administrator installation
GET    /api/tokens                          administrator installation
POST   /api/tokens                          administrator installation
POST   /api/tokens/x/revoke                 administrator installation
GET    /api/audit                           administrator installation
GET    /nothing/here                        known
PUT    /api/live                            known
"""
ROWS = [(line.split()[0], line.split()[1], line.split()[2:]) for line in TABLE.strip().splitlines()]
WHO = (
    "nobody", "expired", "agent", "supervisor", "administrator", "crm", "crm token", "kpis", "installation",
    "must change",
)  # fmt: skip
NAMES = {
    "agent": "ana",
    "supervisor": "sofia",
    "administrator": "adela",
    "crm": "crm",
    "must change": "nuria",
}
PLACES = {
    "web": "{site}", "k7": "{contact}",
    "ana": "{name}", "beto": "{name}", "crm": "{name}", "c1": "{id}", "c9": "{id}", "k1": "{id}", "x": "{id}",
    "C-7": "{ref}", "m1": "{id}", "atencion": "{survey}",
    "cart": "{key}", "app-AAAA.js": "{name}", "sign-in.js": "{name}",
    "openapi.json": "{document}",
}  # fmt: skip
REFUSALS = {
    "no_token", "forbidden", "not_yours", "not_your_contact", "not_a_person", "must_change_password",
    "no_rule",
}  # fmt: skip
NO_ROUTES = {("GET", "/nothing/here"), ("PUT", "/api/live")}


@pytest.fixture(scope="module")
async def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interface that is built."""
    folder: Path = tmp_path_factory.mktemp("static")
    names = {"app.js": "app-AAAA.js", "app.css": "a.css", "agent.js": "b.js", "agent.css": "b.css"}
    names |= {"flows.js": "f.js", "flows.css": "f.css", "telephone.js": "t.js", "icon.svg": "i.svg"}
    for name in names.values():
        (folder / name).write_text("/**/")
    quoted = ", ".join(f'"{key}": "{value}"' for key, value in names.items())
    (folder / "manifest.json").write_text(f"{{{quoted}}}")
    return folder


@pytest.fixture
async def there(built: Path) -> AsyncIterator[Centre]:
    async with centre(built) as found:
        yield found


def headers_of(there: Centre, who: str) -> dict[str, str]:
    """What this one sends; `expired` is the session of an administrator of yesterday."""
    if who == "nobody":
        return {}
    if who == "expired":
        headers = there.as_person("adela")
        del there.sessions["adela"]
        there.scene.clock.ms += ABSOLUTE_MS
        return headers
    if who == "installation":
        return INSTALLATION
    if who == "crm token":
        return there.as_token(*CRM_SCOPES)
    if who == "kpis":
        return there.as_token(Right.KPIS_READ)
    return there.as_person(NAMES[who])


def allowed(who: str, words: list[str]) -> bool:
    """Whether the row lets this one through."""
    word = words[0]
    if word == EVERYBODY:
        return True
    if who in ("nobody", "expired"):
        return False
    if word == KNOWN:
        return True
    if word == PERSONS:
        return who in NAMES
    return ("crm" if who == "crm token" else who) in words


@pytest.mark.parametrize(("method", "path", "words"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
async def test_a_route_answers_those_who_may_ask_and_nobody_else(
    there: Centre, method: str, path: str, words: list[str]
) -> None:
    """401 for who is not known, 403 for who may not, anything else for who may: row by row."""
    found, wanted = {}, {}
    for who in WHO:
        # In an order in which nobody ends the session of somebody who comes later.
        headers = headers_of(there, who)
        if path == "/api/events":
            headers = {**WEBSOCKET, **headers}
        body: dict[str, object] | None = {} if method in ("POST", "PUT") else None
        status, said = await there.ask(method, path, headers, body)
        found[who] = said_by_the_guard(status, said)
        wanted[who] = "in" if allowed(who, words) else "401" if who in ("nobody", "expired") else "403"

    assert found == wanted


def said_by_the_guard(status: int, said: object) -> str:
    """What the guard decided; a wrong password, say, is refused by what was asked for, and so by no guard."""
    code = said.get("title") if isinstance(said, dict) else "no_token"
    return str(status) if status in (401, 403) and code in REFUSALS else "in"


def test_the_table_of_this_test_has_every_route(built: Path) -> None:
    """A new route cannot be forgotten: neither here nor in the table by which the guard decides."""
    app = make_app(FakeServer().ports(), static=built)
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    tested = {
        (method, re.sub(r"[^/]+", lambda part: PLACES.get(part[0], part[0]), path.partition("?")[0]))
        for method, path, _ in ROWS
    }

    # /api/webhooks, /api/crm: a word of a path may be somebody's name as well.
    assert served == {(method, path) for method, path in tested} - NO_ROUTES
    assert served == set(NEEDS)


async def test_a_route_that_nobody_has_thought_of_is_refused(
    there: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forgetting fails closed: not even the installation gets in."""
    monkeypatch.delitem(NEEDS, ("GET", "/api/waits"))

    assert (await there.ask("GET", "/api/waits", INSTALLATION))[0] == 403
