"""The agent's page in a real browser: why somebody calls, whether it is who it says, and what they prefer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from acd import events as ev
from acd.model import AgentId, Channel, ContactId, Presence, QueueId
from centralita.web.services_ports import Json, NothingBehind, ServicesPorts
from cti.desktop.known import Story
from cti.desktop.wire_known import NO_IVR
from tests.integration.test_page import CONTRAST, NAMELESS
from tests.support.browser import BrowserUnavailable, Page, browser_binary, browser_page
from tests.support.polling import eventually
from tests.support.showcase import Showcase, shown

pytestmark = pytest.mark.integration

AGENT, QUEUE = "fina", "facturas"
MARTA = {
    "id": "k1",
    "ref": "C-7",
    "number": "+34611222333",
    "name": "Marta Ruiz",
    "known": True,
    "trust": "presented",
    "language": "es",
}
_UNSAID = {"mode": None, "mode_source": None, "language": None, "channel": None, "consent": None}


class FakePreferences(NothingBehind):
    """One customer, who answers by voice by habit."""

    def __init__(self) -> None:
        self.here: dict[str, Any] = {**_UNSAID, "mode": "speech", "mode_source": "learned"}
        self.set_: list[tuple[str, Json, str, bool]] = []

    async def of_contact(self, contact_id: str) -> Json | None:
        told = {name: self.here[name] for name in ("mode", "language", "channel")}
        return {"number": MARTA["number"], **told, "here": self.here, "anywhere": _UNSAID}

    async def set_for_contact(
        self, contact_id: str, given: Json, source: str, *, everywhere: bool
    ) -> Json | None:
        self.set_.append((contact_id, given, source, everywhere))
        self.here |= dict(given) | {f"{name}_source": source for name in given}
        return await self.of_contact(contact_id)


@pytest_asyncio.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    try:
        browser_binary()
    except BrowserUnavailable as reason:
        pytest.skip(str(reason))
    async with browser_page(tmp_path / "browser") as opened:
        await opened.looks(width=1280, height=720)
        await opened.language("es-ES")
        yield opened


def _showcase(customer: Mapping[str, object] = MARTA, **ivr: object) -> Showcase:
    showcase = Showcase(known=customer, story=Story(language="es", ivr={**NO_IVR, **ivr}))
    # In the picture she rests after a call.
    for presence in (Presence.NOT_READY, Presence.READY):
        showcase.happens(ev.PresenceSet(AgentId(AGENT), presence, ""))
    return showcase


async def _desk(page: Page, url: str) -> None:
    await page.open(url)
    await page.open(f"{url.partition('/?')[0]}/agente?agent={AGENT}")
    await _mode(page, "ready")
    # The showcase tells nothing twice: who is not connected yet never hears of the pop.
    live = "/En vivo|Live/.test(document.querySelector('header').innerText)"
    await eventually(lambda: page.ask(live), 10, "the page is live")


async def _mode(page: Page, wanted: str) -> None:
    async def so() -> bool:
        mode = await page.ask("document.querySelector('.canvas')?.dataset.mode")
        assert mode == wanted, mode
        return True

    await eventually(so, 10, f"the desk is {wanted}")


async def _rings(page: Page, showcase: Showcase) -> None:
    showcase.call("c20", QUEUE, "es")
    await _mode(page, "ringing")


async def _preference(page: Page, name: str) -> str:
    """How a field of the preferences is named in the page, once it is there."""
    field = f"document.querySelector('[data-prefers={name}]')"
    await eventually(lambda: page.ask(f"{field} !== null"), 10, f"the preference {name}")
    return field


async def _choose(page: Page, field: str, value: str) -> None:
    await page.ask(
        f"{field}.value = '{value}'; {field}.dispatchEvent(new Event('change', {{ bubbles: true }}))"
    )


async def _trust(page: Page) -> Any:
    return await page.ask("document.querySelector('.trust')?.dataset.trust")


async def test_the_reason_stands_there_in_the_callers_own_words(page: Page) -> None:
    """What was understood, what was said, and how sure the program is, before the agent picks up."""
    showcase = _showcase(intent="Facturación", said="no entiendo mi factura", sure=0.91, mode="speech")
    async with shown(showcase) as url:
        await _desk(page, url)
        await _rings(page, showcase)
        reason = await page.text(".intent")
        assert "Facturación" in reason and "no entiendo mi factura" in reason and "91" in reason
        assert "de viva voz" in await page.text(".facts")


@pytest.mark.parametrize(
    ("trust", "verified", "told", "words"),
    [
        ("presented", None, "presented", "número sin ficha"),
        ("matched", None, "matched", "el número está en su ficha"),
        ("pin", True, "pin", "identidad comprobada"),
        ("matched", False, "failed", "no verificado"),
        ("callback", None, "callback", "le llamamos nosotros"),
    ],
)
async def test_how_far_it_is_known_who_calls_has_a_word_and_an_icon(
    page: Page, trust: str, verified: bool | None, told: str, words: str
) -> None:
    """From a number alone to a proof; who tried to prove it in vain is marked, whatever the number says."""
    showcase = _showcase({**MARTA, "trust": trust}, verified=verified)
    async with shown(showcase) as url:
        await _desk(page, url)
        await _rings(page, showcase)
        assert await _trust(page) == told
        assert words in await page.text(".trust")
        assert await page.ask("document.querySelector('.trust svg') !== null")


async def test_a_promised_call_says_so_in_the_pop_and_at_the_buttons(page: Page, tmp_path: Path) -> None:
    """That it is one and how long ago it was asked for; picked up, that the customer's telephone rings."""
    showcase = _showcase({**MARTA, "trust": "callback"})
    async with shown(showcase) as url:
        await _desk(page, url)
        channel = Channel("a", "u-c20")
        showcase.happens(ev.CallbackAsked(ContactId("c20"), QueueId(QUEUE), "b1", channel))
        await _mode(page, "ringing")
        for place in (".under", ".bar"):
            assert "Devolución de llamada, pedida hace" in await page.text(place)
        assert "suena su teléfono" in await page.text(".hint")
        await page.picture(tmp_path / "callback.png")
        offer = showcase.engine.state.contacts[ContactId("c20")].offer_id
        assert offer is not None
        showcase.happens(ev.OfferAccepted(offer))
        await _mode(page, "dialling")
        assert "Suena el teléfono de Marta Ruiz" in await page.text(".hint")
        await page.picture(tmp_path / "dialling.png")


async def test_what_a_customer_prefers_is_shown_and_set(page: Page) -> None:
    """What is chosen goes to the server, and what the server then says is what stands there."""
    showcase, preferences = _showcase(), FakePreferences()
    async with shown(showcase, services=ServicesPorts(preferences=preferences)) as url:
        await _desk(page, url)
        await _rings(page, showcase)
        mode = await _preference(page, "mode")
        assert await page.ask(f"{mode}.value") == "speech"
        assert "por costumbre" in await page.text(".preferences")
        await _choose(page, mode, "keys")
        await eventually(lambda: preferences.set_, 10, "the server is told")
        assert preferences.set_ == [("c20", {"mode": "keys"}, "api", False)]

        async def settled() -> bool:
            return "por costumbre" not in await page.text(".preferences")

        await eventually(settled, 10, "what is said is no habit any more")
        assert await page.ask(f"{mode}.value") == "keys"


async def test_the_customers_consent_is_shown_and_set_for_all_their_numbers(page: Page) -> None:
    """Asked on the telephone, noted by the agent: yes, no, or not asked, and never for one number only."""
    showcase, preferences = _showcase(), FakePreferences()
    async with shown(showcase, services=ServicesPorts(preferences=preferences)) as url:
        await _desk(page, url)
        await _rings(page, showcase)
        field = await _preference(page, "consent")
        for chosen, told in (("yes", True), ("no", False), ("", None)):
            await _choose(page, field, chosen)
            ordered = ("c20", {"consent": told}, "api", True)
            await eventually(partial(preferences.set_.__contains__, ordered), 10, "the server is told")
            await eventually(lambda: page.ask(f"!{field}.disabled"), 10, "the answer is there")
            assert await page.ask(f"{field}.value") == chosen


@pytest.mark.parametrize("language", ["es-ES", "en-GB"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_it_can_be_read_in_both_languages_by_day_and_night(
    page: Page, tmp_path: Path, language: str, dark: bool
) -> None:
    """All at once, with contrast and names, and no sideways scrolling, wide or narrow."""
    showcase = _showcase(
        intent="Facturación",
        said="no entiendo mi factura",
        sure=0.91,
        mode="speech",
        verified=False,
        values={"documento": "12345678Z", "saldo": "12.50"},
    )
    await page.language(language)
    async with shown(showcase, services=ServicesPorts(preferences=FakePreferences())) as url:
        await _desk(page, url)
        await _rings(page, showcase)
        await eventually(lambda: page.text(".preferences"), 10, "the preferences")
        for width in (1280, 390):
            await page.looks(dark=dark, width=width, height=720)
            await page.picture(tmp_path / f"desk-{width}.png")
            assert await page.ask("document.documentElement.scrollWidth") <= width
            assert await page.ask(CONTRAST) == []
            assert await page.ask(NAMELESS) == []
        assert "undefined" not in await page.text()
