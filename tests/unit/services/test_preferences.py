from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from acd.model import ContactId
from acd.records import ContactSorted
from centralita.facts import CallFacts
from centralita.store.preferences import NOTHING, Preference, answered
from centralita.web.services_ports import UnknownNumberError
from config.rules.facts import facts_of
from ivr.actions import Mode
from tests.unit.services.scene import HOME_PHONE, MOBILE, STRANGER, Scene, centre, servers

pytestmark = pytest.mark.unit


async def told(scene: Scene, ref: str = "C-7") -> Any:
    await scene.written()
    return await scene.services.web().preferences.of_customer(ref)


async def calls(scene: Scene, contact_id: str, number: str | None = MOBILE, **contact: Any) -> ContactId:
    """Somebody is on the line, and the database has been asked how they like to be served."""
    found = scene.comes(contact_id, number, **contact)
    await scene.written()
    await scene.services.ready(found, 2_000)
    return found


async def test_a_caller_of_whom_nothing_is_known_is_served_the_house_s_way(scene: Scene) -> None:
    """What the configuration says first; also who withholds the number."""
    assert scene.one(await calls(scene, "c1")).mode() is Mode.KEYS
    assert scene.one(await calls(scene, "c2", None)).mode() is Mode.KEYS


async def test_two_answers_in_a_row_by_the_other_way_are_learned(scene: Scene) -> None:
    """One may be a slip of the finger; the second says how this caller likes it, next time too."""
    await scene.customer()
    one = scene.one(await calls(scene, "c1"))

    one.learn(Mode.SPEECH)
    assert one.mode() is Mode.KEYS
    one.learn(Mode.SPEECH)
    assert one.mode() is Mode.SPEECH
    one.learn(Mode.KEYS)
    one.learn(Mode.SPEECH)
    assert one.mode() is Mode.SPEECH

    await scene.written()
    assert scene.one(await calls(scene, "c2")).mode() is Mode.SPEECH
    mine = (await told(scene))["numbers"][MOBILE]
    assert (mine["mode"], mine["mode_source"], mine["spoken"], mine["keyed"]) == ("speech", "learned", 3, 1)


async def test_each_number_has_its_own_way(scene: Scene) -> None:
    """The mobile by voice, the landline by keys; a number never seen before as the customer does lately."""
    await scene.customer()
    for contact, number, mode in (("c1", MOBILE, Mode.SPEECH), ("c2", HOME_PHONE, Mode.KEYS)):
        one = scene.one(await calls(scene, contact, number))
        one.learn(mode)
        one.learn(mode)
        await scene.written()
    await scene.customer(numbers=[MOBILE, HOME_PHONE, STRANGER])

    assert scene.one(await calls(scene, "c3", MOBILE)).mode() is Mode.SPEECH
    assert scene.one(await calls(scene, "c4", HOME_PHONE)).mode() is Mode.KEYS
    assert scene.one(await calls(scene, "c5", STRANGER)).mode() is Mode.KEYS
    assert (await told(scene))["customer"]["mode"] == "keys"


async def test_who_was_only_a_number_keeps_what_was_learned_when_they_get_a_record(scene: Scene) -> None:
    """The number that has called turns out to be a customer: one past, and one preference."""
    one = scene.one(await calls(scene, "c1", MOBILE))
    one.learn(Mode.SPEECH)
    one.learn(Mode.SPEECH)
    scene.one(await calls(scene, "c2", HOME_PHONE)).learn(Mode.KEYS)
    await scene.written()

    await scene.customer()

    assert (await told(scene))["numbers"][MOBILE]["mode"] == "speech"
    assert (await told(scene))["numbers"][HOME_PHONE]["keyed"] == 1


async def test_what_somebody_has_said_outright_is_not_changed_by_use(scene: Scene) -> None:
    """Said by the customer, kept until somebody says otherwise; it holds at once for who is on the line."""
    await scene.customer()
    one = scene.one(await calls(scene, "c1"))

    await scene.services.web().preferences.set_for_customer("C-7", "", {"mode": "speech"}, "customer")
    await scene.services.ready(ContactId("c1"), 2_000)
    assert one.mode() is Mode.SPEECH
    for _ in range(3):
        one.learn(Mode.KEYS)
    assert one.mode() is Mode.KEYS, "of this number nobody has said anything"
    await scene.services.web().preferences.set_for_customer("C-7", MOBILE, {"mode": "speech"}, "agent")
    await scene.services.ready(ContactId("c1"), 2_000)
    for _ in range(3):
        one.learn(Mode.KEYS)
    assert one.mode() is Mode.SPEECH
    assert (await told(scene))["numbers"][MOBILE]["mode_source"] == "agent"


async def test_without_consent_nothing_is_learned_and_what_was_is_forgotten(scene: Scene) -> None:
    """What was said outright stays, with who said so and when."""
    await scene.customer()
    one = scene.one(await calls(scene, "c1"))
    one.learn(Mode.SPEECH)
    one.learn(Mode.SPEECH)
    await scene.written()
    admin = scene.services.web().preferences

    await admin.set_for_customer("C-7", MOBILE, {"channel": "email"}, "agent")
    await admin.set_for_customer("C-7", "", {"consent": False}, "customer")
    await scene.services.ready(ContactId("c1"), 2_000)
    one.learn(Mode.SPEECH)
    one.learn(Mode.SPEECH)

    found = await told(scene)
    assert found["customer"]["consent"] is False and found["customer"]["consent_ms"] == scene.clock.ms
    mine = found["numbers"][MOBILE]
    assert (mine["mode"], mine["spoken"], mine["channel"]) == (None, 0, "email")
    assert one.mode() is Mode.KEYS


async def test_the_last_word_on_consent_holds_for_all_numbers(scene: Scene) -> None:
    """A number that was refused before is learned again after a yes for all of them."""
    await scene.customer()
    one = scene.one(await calls(scene, "c1"))
    admin = scene.services.web().preferences
    await admin.set_for_customer("C-7", MOBILE, {"consent": False}, "customer")

    await admin.set_for_customer("C-7", "", {"consent": True}, "agent")
    await scene.services.ready(ContactId("c1"), 2_000)
    one.learn(Mode.SPEECH)
    one.learn(Mode.SPEECH)
    await scene.written()

    found = await told(scene)
    assert (found["customer"]["consent"], found["numbers"][MOBILE]["consent"]) == (True, None)
    assert found["numbers"][MOBILE]["mode"] == "speech"


async def test_a_language_chosen_in_the_menu_is_the_first_next_time(scene: Scene) -> None:
    """The record's own goes before it; rules see it as `customer.language`."""
    of = facts_of(centre())["customer.language"]
    await scene.customer(language=None)
    first = await calls(scene, "c1", language="en", language_chosen=True)

    scene.following.follow([ContactSorted(first, "en", "", 0, (), scene.clock.ms)])
    await scene.written()

    second = await calls(scene, "c2")
    facts = scene.services.judging.facts
    gathered = await facts.gather(second, CallFacts("900", withheld=False), [of])
    assert gathered.values == {"customer.language": "en"}
    await scene.customer(language="es")
    third = await calls(scene, "c3")
    gathered = await facts.gather(third, CallFacts("900", withheld=False), [of])
    assert gathered.values == {"customer.language": "es"}
    assert (await told(scene))["numbers"][MOBILE]["language_source"] == "learned"


async def test_a_language_that_a_rule_has_set_is_nobody_s_choice(scene: Scene) -> None:
    """Only what the caller chose is remembered."""
    first = await calls(scene, "c1", language="en", language_chosen=False)

    scene.following.follow([ContactSorted(first, "en", "", 0, (), scene.clock.ms)])
    await scene.written()

    assert scene.following.preferences.language(await calls(scene, "c2")) == ""


async def test_an_agent_sets_it_for_the_number_that_calls_or_for_all(scene: Scene) -> None:
    """By the contact, without knowing key or number of the customer."""
    await scene.customer()
    await calls(scene, "c1")
    admin = scene.services.web().preferences

    here = await admin.set_for_contact("c1", {"mode": "speech"}, "agent", everywhere=False)
    everywhere = await admin.set_for_contact("c1", {"language": "en"}, "agent", everywhere=True)

    assert here is not None and here["here"]["mode"] == "speech" and here["anywhere"]["mode"] is None
    assert everywhere is not None
    assert (everywhere["number"], everywhere["mode"], everywhere["language"]) == (MOBILE, "speech", "en")
    assert await admin.of_contact("c9") is None
    with pytest.raises(UnknownNumberError):
        await admin.set_for_customer("C-7", STRANGER, {}, "api")


async def test_preferences_go_with_the_customer(tmp_path: Path) -> None:
    """Erased is erased: by number and by customer, and from who is on the line."""
    async with servers(tmp_path) as server:
        scene = await server()
        customer_id = await scene.customer()
        one = scene.one(await calls(scene, "c1"))
        one.learn(Mode.SPEECH)
        one.learn(Mode.SPEECH)
        await scene.written()
        one.learn(Mode.SPEECH)

        await scene.customers.erase(customer_id)
        assert one.mode() is Mode.KEYS
        await scene.written()
        await scene.customer()

        found = await told(scene)
        assert found["customer"]["mode"] is None and found["numbers"][MOBILE]["spoken"] == 0


def test_it_takes_two_alike_to_change_what_is_known() -> None:
    """Keys among speech change nothing, however often they come alone."""
    known = NOTHING
    for mode in ("speech", "speech", "keys", "speech", "keys", "speech", "keys"):
        known = answered(known, mode, 1)
    assert known == Preference("speech", "learned", 4, 3, -1, updated_ms=1)
    assert answered(known, "keys", 2).mode == "keys"


async def test_who_comes_back_after_a_restart_waits_for_what_they_had_said(scene: Scene) -> None:
    """Longer than a new caller, who has said nothing yet: else the flow would go on without its variables."""
    scene.services.ports.restored.clear()
    back = asyncio.ensure_future(scene.services.ready(scene.comes("c1", node="principal/menu"), 1))
    await scene.services.ready(scene.comes("c2"), 1)
    assert not back.done()
    scene.services.ports.restored.set()
    await asyncio.wait_for(back, 10)
