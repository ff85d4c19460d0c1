"""A person signs in, in a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest

from centralita.people import totp
from centralita.people.oidc import Oidc, Settings
from centralita.people.rights import Role
from tests.support.browser import Page, browser_page
from tests.support.oidc_provider import CLIENT, SECRET, oidc_provider
from tests.support.polling import eventually
from tests.unit.people.scene import PASSWORD, Scene
from tests.unit.web.people_scene import Centre, centre

pytestmark = pytest.mark.integration

NEW = "another good sentence"


@pytest.fixture
async def there() -> AsyncIterator[Centre]:
    async with centre() as found:
        yield found


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with browser_page(tmp_path / "profile") as found:
        await found.language("es-ES")
        yield found


async def fill(page: Page, **values: str) -> None:
    for name, value in values.items():
        field = name.replace("_", "-")
        await page.ask(f"document.getElementById({field!r}).value = {value!r}")


async def submit(page: Page, form: str) -> None:
    """Press the button that a person would press."""
    await page.click(f"#{form} button[type=submit]")


async def shows(page: Page, selector: str, *, hidden: bool = False) -> None:
    expression = f"document.querySelector({selector!r})?.checkVisibility() ?? null"

    async def so() -> bool:
        found = await page.ask(expression)
        assert found is (not hidden), f"{selector}: {found}; {await page.text()}"
        return True

    await eventually(so, 10.0, f"{selector} {'hidden' if hidden else 'shown'}")


async def is_in(page: Page, there: Centre, name: str, path: str) -> None:
    async def so() -> bool:
        me = await page.ask("fetch('/api/me').then((answer) => answer.json())")
        assert me.get("name") == name, me
        assert await page.ask("location.pathname") == path
        assert await page.ask("document.getElementById('enter')") is None
        return True

    await eventually(so, 10.0, f"{name} is in at {there.base}{path}")


async def test_a_new_person_chooses_a_password_and_is_in(page: Page, there: Centre, tmp_path: Path) -> None:
    """A wrong word is said in Spanish; the one-time password leads to the choice, which leads to the page."""
    await there.scene.with_password("pepa", Role.SUPERVISOR, must_change=True)
    await page.open(there.base + "/")
    await shows(page, "#enter")
    assert await page.ask("document.documentElement.lang") == "es"
    await fill(page, name="Pepa", password="not it")
    await submit(page, "enter")
    await shows(page, "#problem")
    assert "no son correctos" in await page.text("#problem")
    await page.looks(width=900, height=760)
    assert (await page.picture(tmp_path / "sign-in.png")).stat().st_size > 5_000

    await fill(page, password=PASSWORD)
    await submit(page, "enter")
    await shows(page, "#change")
    await page.picture(tmp_path / "change.png")
    await fill(page, new_password=NEW, again="something else")
    await submit(page, "change")
    await shows(page, "#problem")
    await fill(page, again="short", new_password="short")
    await submit(page, "change")
    await eventually(lambda: _says(page, "10"), 10.0, "too short is said")
    await fill(page, new_password=NEW, again=NEW)
    await submit(page, "change")
    await is_in(page, there, "pepa", "/")
    assert there.scene.changed == ["pepa"]


async def _says(page: Page, word: str) -> bool:
    return word in await page.text("#problem")


async def test_a_code_is_asked_for_and_english_is_one_click_away(
    page: Page, there: Centre, tmp_path: Path
) -> None:
    """The field of the code appears once it is needed; an agent lands on the agent's page."""
    secret = totp.new_secret()
    sealed = there.scene.people.seal.close(secret)
    await there.scene.with_password("luis", Role.AGENT, "beto", totp=sealed)
    await page.open(there.base + "/agente")
    await page.click("#language")
    assert await page.text("#enter h2") == "Sign in"
    await shows(page, "#code", hidden=True)
    await fill(page, name="luis", password=PASSWORD)
    await submit(page, "enter")
    await shows(page, "#code")
    await page.looks(dark=True, width=420, height=760)
    await page.picture(tmp_path / "code.png")
    await fill(page, totp=pyotp.TOTP(secret).at(there.scene.clock.ms // 1000))
    await submit(page, "enter")
    await is_in(page, there, "luis", "/agente")


async def test_the_page_breaks_no_rule_of_its_own_policy(page: Page, there: Centre) -> None:
    """Nothing inline, nothing foreign: the only complaints are of questions that nobody may ask yet."""
    await page.open(there.base + "/sign-in")
    await shows(page, "#enter")
    complaints = [each for each in page.complaints if "401" not in each]

    assert complaints == []
    labels = "[...document.querySelectorAll('input')].every((each) => each.labels.length === 1)"
    assert await page.ask(labels)
    assert await page.ask("document.activeElement.id") == "name"


async def test_the_companys_own_sign_in_is_one_click_and_the_browser_is_in(page: Page) -> None:
    """
    Over two sites, as in real life: the provider is another one for the browser.

    A Strict cookie does not come along a way that began elsewhere; the page in between sees to that.
    """
    scene = Scene()
    async with oidc_provider(lambda: scene.clock.ms // 1000, host="localhost") as provider:
        settings = Settings(provider.url, CLIENT, SECRET, "centralita_role")
        async with centre(scene=scene, oidc=Oidc(settings, scene.clock.now_ms)) as there:
            await page.open(there.base + "/")
            await shows(page, "#oidc")
            await page.click("#oidc")
            await is_in(page, there, "marta.gil", "/")
            provider.person["centralita_role"] = "nobody"
            await page.open(there.base + "/api/oidc/start")
            await shows(page, "#problem")
            # The session from before still holds: the reason stays all the same, and is not swept away.
            answers = "fetch('/api/me').then((answer) => answer.json()).then(() => document.body.innerText)"
            await eventually(lambda: page.ask("performance.getEntriesByType('resource').length > 3"), 10.0)
            assert "papel" in await page.ask(answers)
            assert "papel" in await page.text("#problem")
