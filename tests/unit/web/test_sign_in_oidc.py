"""Signing in at the company's own provider: everything over real HTTP, with real signatures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from centralita.people.oidc import KEEP_MS, Oidc, OidcSettingsError, Settings, settings_of
from centralita.people.rights import INSTALLATION
from centralita.web.guard import SESSION_COOKIE
from tests.support.oidc_provider import CLIENT, SECRET, OidcProvider, oidc_provider
from tests.unit.people.scene import Scene
from tests.unit.web.people_scene import Centre, centre

pytestmark = pytest.mark.unit


@pytest.fixture
async def scene() -> Scene:
    return Scene()


@pytest.fixture
async def provider(scene: Scene) -> AsyncIterator[OidcProvider]:
    async with oidc_provider(lambda: scene.clock.ms // 1000) as found:
        yield found


@pytest.fixture
async def there(scene: Scene, provider: OidcProvider) -> AsyncIterator[Centre]:
    settings = Settings(provider.url, CLIENT, SECRET, "centralita_role")
    oidc = Oidc(settings, scene.clock.now_ms)
    async with centre(scene=scene, oidc=oidc) as found:
        yield found


async def go(there: Centre, url: str, cookie: str = "") -> tuple[int, str, dict[str, str], str]:
    """Status, Location, cookies and text of one step of a browser."""
    headers = {"Cookie": cookie} if cookie else {}
    async with there.http.get(url, headers=headers, allow_redirects=False) as answer:
        cookies = {name: morsel.OutputString() for name, morsel in answer.cookies.items()}
        return answer.status, answer.headers.get("Location", ""), cookies, await answer.text()


async def begin(there: Centre) -> tuple[str, str]:
    """Where the provider sends the browser, and the browser's cookie."""
    status, location, cookies, _ = await go(there, f"{there.base}/api/oidc/start")
    assert status == 303
    assert "SameSite=Lax" in cookies["centralita_oidc"]
    assert "HttpOnly" in cookies["centralita_oidc"]
    status, back, _, _ = await go(there, location)
    assert status == 302
    return back, cookies["centralita_oidc"].split(";")[0]


async def came_in(there: Centre, back: str, cookie: str) -> str:
    """ "in", or the code of the refusal."""
    status, location, cookies, text = await go(there, back, cookie)
    if status == 200:
        assert "url=/sign-in" in text
        assert "SameSite=Strict" in cookies[SESSION_COOKIE]
        me = await there.ask("GET", "/api/me", {"Cookie": cookies[SESSION_COOKIE].split(";")[0]})
        assert me[0] == 200
        return f"in as {me[1]['name']} {me[1]['role']}"
    assert SESSION_COOKIE not in cookies
    return parse_qs(urlsplit(location).query)["oidc"][0]


async def test_who_the_provider_knows_is_in_with_the_role_that_it_says(
    there: Centre, provider: OidcProvider
) -> None:
    """The account is made the first time; another role there is another role here, the next time."""
    assert await came_in(there, *await begin(there)) == "in as marta.gil supervisor"
    account = there.scene.people.account("marta.gil")
    assert account is not None
    assert (account.oidc, account.password, account.must_change) == (f"{provider.url} u-17", "", False)
    there.scene.office.admin.change(INSTALLATION, "", "marta.gil", agent="ana")

    provider.person |= {"centralita_role": "agent", "preferred_username": "Marta Pérez"}
    assert await came_in(there, *await begin(there)) == "in as marta.gil agent"
    account = there.scene.people.account("marta.gil")
    assert account is not None
    assert account.agent == "ana"
    provider.rotate()
    there.scene.clock.ms += 10_000
    assert await came_in(there, *await begin(there)) == "in as marta.gil agent"
    assert provider.asked_for_keys == 2


LIES: dict[str, Callable[[OidcProvider], object]] = {
    "issuer": lambda p: p.lies.update(iss="https://other.example"),
    "audience": lambda p: p.lies.update(aud="another client"),
    "for several, of another": lambda p: p.lies.update(aud=[CLIENT, "x"], azp="x"),
    "for several, of nobody": lambda p: p.lies.update(aud=[CLIENT, "x"]),
    "expired": lambda p: p.lies.update(exp=p.now_s() - 61),
    "no end": lambda p: p.lies.update(exp=None),
    "of tomorrow": lambda p: p.lies.update(iat=p.now_s() + 86_400),
    "nonce": lambda p: p.lies.update(nonce="another question's"),
    "no subject": lambda p: p.lies.update(sub=""),
    "another key": lambda p: setattr(p, "signs_with", RSAKey.generate_key(2048, {"kid": "k1"})),
    "no signature": lambda p: setattr(p, "algorithm", "none"),
    "public key as a secret": lambda p: setattr(p, "algorithm", "HS256"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_word_that_does_not_hold_opens_nothing(
    there: Centre, provider: OidcProvider, lie: str
) -> None:
    """OpenID Connect Core 3.1.3.7: each check is one that somebody has once left out."""
    LIES[lie](provider)

    assert await came_in(there, *await begin(there)) == "oidc_failed"
    assert there.scene.people.account("marta.gil") is None


async def test_an_answer_is_good_once_in_time_and_in_the_browser_that_asked(there: Centre) -> None:
    """Nobody can be made to sign in as somebody else by a link, and none can be used again."""
    back, cookie = await begin(there)
    assert await came_in(there, back, "") == "oidc_failed"
    back, cookie = await begin(there)
    assert await came_in(there, back, "centralita_oidc=another") == "oidc_failed"
    assert await came_in(there, back, cookie) == "oidc_failed"
    back, cookie = await begin(there)
    assert (await came_in(there, back, cookie)).startswith("in")
    assert await came_in(there, back, cookie) == "oidc_failed"
    assert await came_in(there, f"{there.base}/api/oidc/return?error=access_denied", cookie) == "oidc_failed"
    back, cookie = await begin(there)
    there.scene.clock.ms += KEEP_MS
    assert await came_in(there, back, cookie) == "oidc_failed"


async def test_whoever_may_not_come_in_is_told_why(there: Centre, provider: OidcProvider) -> None:
    """Without a role, under somebody else's name, disabled, and while the provider is down."""
    provider.person["centralita_role"] = ["staff"]
    assert await came_in(there, *await begin(there)) == "oidc_no_role"
    provider.person |= {"centralita_role": "agent", "preferred_username": "adela"}
    assert await came_in(there, *await begin(there)) == "oidc_name_taken"
    provider.person["preferred_username"] = "marta"
    assert (await came_in(there, *await begin(there))).startswith("in")
    account = there.scene.people.account("marta")
    assert account is not None
    there.scene.people.put_account(replace(account, disabled=True))
    assert await came_in(there, *await begin(there)) == "sign_in_failed"


async def test_a_provider_that_is_down_keeps_nobody_from_the_password(scene: Scene) -> None:
    """The button says so; one that calls itself something else is not believed."""
    async with oidc_provider(lambda: scene.clock.ms // 1000) as provider:
        settings = Settings(provider.url, CLIENT, SECRET, "centralita_role")
        async with centre(scene=scene, oidc=Oidc(settings, scene.clock.now_ms)) as there:
            start = f"{there.base}/api/oidc/start"
            provider.down = True
            assert (await go(there, start))[1] == "/sign-in?oidc=oidc_unavailable"
            provider.down, provider.lies["issuer"] = False, "https://other.example"
            assert (await go(there, start))[1] == "/sign-in?oidc=oidc_unavailable"
            assert (await there.ask("GET", "/api/sign-in", {}))[1] == {"password": True, "oidc": True}


async def test_without_oidc_there_is_no_such_way() -> None:
    """Neither a button nor an address."""
    async with centre() as there:
        assert (await there.ask("GET", "/api/sign-in", {}))[1]["oidc"] is False
        for path in ("start", "return"):
            assert (await there.ask("GET", f"/api/oidc/{path}", {}))[0] == 404


def test_the_environment_says_where_and_mistakes_are_said(tmp_path: Path) -> None:
    """Only over TLS, except on this machine; the secret is read from a file."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    whole = {
        "OIDC_ISSUER": "https://id.example/", "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }  # fmt: skip

    assert settings_of({}) is None
    assert settings_of(whole) == Settings("https://id.example", CLIENT, SECRET, "centralita_role")
    assert settings_of({**whole, "OIDC_ISSUER": "http://127.0.0.1:9", "OIDC_ROLE_CLAIM": "r"}) is not None
    for wrong in (
        {**whole, "OIDC_ISSUER": "http://id.example"},
        {**whole, "OIDC_CLIENT_ID": ""},
        {**whole, "OIDC_CLIENT_SECRET_FILE": str(tmp_path / "none")},
    ):
        with pytest.raises(OidcSettingsError):
            settings_of(wrong)
