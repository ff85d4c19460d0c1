from __future__ import annotations

import math
import os
import stat
import struct
import wave
from pathlib import Path

import pytest

from acd import events as ev
from acd.model import Annotation, ContactId
from centralita.services.voicemail import Taking
from tests.unit.services.scene import MOBILE, Scene, centre, servers

pytestmark = pytest.mark.unit
DAY_MS = 86_400_000


def speak(path: Path, *, seconds: float = 2.0, level: float = 0.3) -> None:
    """What the switch writes while somebody speaks."""
    count = round(8_000 * seconds)
    sound = [round(32_767 * level * math.sin(n * 0.3)) for n in range(count)]
    with wave.open(str(path), "wb") as wav:
        wav.setparams((1, 2, 8_000, count, "NONE", ""))
        wav.writeframes(struct.pack(f"<{count}h", *sound))


def cut_off(path: Path) -> None:
    """As a switch that was killed leaves it: the header does not know how much there is."""
    speak(path)
    with path.open("r+b") as file:
        for place in (4, 40):
            file.seek(place)
            file.write(b"\0\0\0\0")


def taking(scene: Scene, contact: str | None = "c1") -> Taking:
    return scene.services.voicemail.taking(
        lambda: None if contact is None else ContactId(contact), lambda: "es"
    )


async def left(scene: Scene, contact: str = "c1", box: str = "ventas") -> str:
    """Id of a message that was just left."""
    visit = taking(scene, contact)
    path = visit.where(box)
    speak(path)
    await visit.done()
    return path.stem


async def test_a_message_is_stored_with_who_left_it(scene: Scene) -> None:
    """Number and customer come from the contact; the file is its owner's only, and screens are told."""
    await scene.customer()
    marta = scene.comes("c1")
    id_ = await left(scene)
    box = scene.services.web().voicemail

    (found,) = await box.messages(None, unheard=False, before_ms=None, limit=9)

    assert found == {
        "id": id_, "contact_id": "c1", "box": "ventas", "language": "es", "left_ms": scene.clock.ms,
        "length_ms": 2_000, "heard_ms": None, "heard_by": "", "number": MOBILE, "name": "Marta Ruiz",
        "ref": "C-7", "segment": None,
    }  # fmt: skip
    path = await box.audio(id_, ["ventas"])
    assert path is not None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert ev.ContactAnnotated(marta, Annotation.DATA) in scene.events


async def test_nothing_said_is_no_message(scene: Scene) -> None:
    """Neither a file that never came, nor an empty one, nor a quiet one; none is left lying about."""
    visit = taking(scene)
    visit.where("ventas")
    empty, quiet = visit.where("ventas"), visit.where("ventas")
    empty.write_bytes(b"RIFF")
    speak(quiet, level=0.0001)

    await visit.done()

    assert await scene.services.web().voicemail.messages(None, unheard=False, before_ms=None, limit=9) == []
    assert not empty.exists() and not quiet.exists()


@pytest.mark.parametrize("box", ["", ".", "..", "../../etc", "a/b"])
async def test_a_box_is_never_a_path(scene: Scene, box: str) -> None:
    """And without a contact no message is taken."""
    with pytest.raises(OSError, match="box"):
        taking(scene).where(box)
    with pytest.raises(OSError, match="contact"):
        taking(scene, None).where("ventas")


async def test_only_who_serves_the_queue_hears_its_messages(scene: Scene) -> None:
    """Of another box there is nothing to list, hear, mark or delete."""
    id_ = await left(scene)
    box = scene.services.web().voicemail

    assert await box.messages(["otra"], unheard=False, before_ms=None, limit=9) == []
    assert await box.messages([], unheard=False, before_ms=None, limit=9) == []
    assert await box.audio(id_, ["otra"]) is None
    assert not await box.heard(id_, ["otra"], "ana") and not await box.delete(id_, ["otra"])
    assert await box.heard(id_, ["ventas"], "ana")


async def test_who_heard_it_first_stays_written_down(scene: Scene) -> None:
    """And it is no longer among those that nobody has heard."""
    id_ = await left(scene)
    box = scene.services.web().voicemail

    assert await box.heard(id_, None, "ana") and await box.heard(id_, None, "beto")

    (found,) = await box.messages(None, unheard=False, before_ms=None, limit=9)
    assert (found["heard_by"], found["heard_ms"]) == ("ana", scene.clock.ms)
    assert await box.messages(None, unheard=True, before_ms=None, limit=9) == []
    assert not await box.heard("c1.made-up", None, "ana")


async def test_a_deleted_message_is_gone_with_its_file(scene: Scene) -> None:
    """Twice deleted is not there."""
    id_ = await left(scene)
    box = scene.services.web().voicemail
    path = await box.audio(id_, None)
    assert path is not None

    assert await box.delete(id_, None)

    assert not path.exists() and not await box.delete(id_, None)


async def test_messages_go_with_the_customer_and_with_time(scene: Scene) -> None:
    """Files and rows: when the customer is erased, and after ninety days."""
    customer_id = await scene.customer()
    scene.comes("c1")
    scene.comes("c2", None)
    await left(scene, "c1")
    old = await left(scene, "c2")
    folder = scene.home.path / "voicemail" / "ventas"

    await scene.customers.erase(customer_id)
    assert [path.stem for path in folder.iterdir()] == [old]
    scene.clock.ms += 90 * DAY_MS
    await scene.services.voicemail.tidy()
    assert [path.stem for path in folder.iterdir()] == [old]
    scene.clock.ms += 1
    await scene.services.voicemail.tidy()
    assert list(folder.iterdir()) == []


async def test_the_configuration_says_how_long_a_message_is_kept(tmp_path: Path) -> None:
    """A week, where it says a week."""
    async with servers(tmp_path, centre(voicemail={"keep": "7d"})) as server:
        scene = await server()
        await left(scene)
        scene.clock.ms += 7 * DAY_MS + 1

        await scene.services.voicemail.tidy()

        assert list((scene.home.path / "voicemail" / "ventas").iterdir()) == []


async def test_what_a_server_that_died_was_not_told_of_is_found(tmp_path: Path) -> None:
    """Once, with the contact it is of; a file still being written is left alone, a header is put right."""
    async with servers(tmp_path) as server:
        scene = await server()
        visit = taking(scene)
        whole, broken, busy = (visit.where("ventas") for _ in range(3))
        speak(whole)
        cut_off(broken)
        speak(busy)

        scene = await server()
        now_s = scene.clock.ms / 1000
        for path, age_s in ((whole, 60), (broken, 60), (busy, 1)):
            os.utime(path, (now_s - age_s, now_s - age_s))
        for _ in range(2):
            await scene.services.voicemail.tidy()

        found = await scene.services.web().voicemail.messages(None, unheard=False, before_ms=None, limit=9)
        assert {each["id"] for each in found} == {whole.stem, broken.stem}
        assert {(each["contact_id"], each["length_ms"]) for each in found} == {("c1", 2_000)}
        with wave.open(str(broken), "rb") as wav:
            assert wav.getnframes() == 16_000


async def test_who_is_gone_may_have_left_a_message(scene: Scene) -> None:
    """What is in the file says so, before it is stored; then nothing is pending any more."""
    spoke, silent, box = taking(scene, "c1"), taking(scene, "c2"), scene.services.voicemail
    speak(spoke.where("ventas"))
    speak(silent.where("ventas"), level=0.0001)
    silent.where("ventas")

    assert [box.takes(ContactId(one)) for one in ("c1", "c2", "c3")] == [True, True, False]
    assert [await box.left(ContactId(one)) for one in ("c1", "c2", "c3")] == [True, False, False]

    await spoke.done()
    await silent.done()
    assert not box.takes(ContactId("c1")) and not box.takes(ContactId("c2"))


async def test_the_distributor_is_told_of_a_message(scene: Scene) -> None:
    """As long as the caller is on the line: later it has been told, or never knew of them."""
    marta = scene.comes("c1")
    await left(scene)
    await left(scene, "c9")

    assert [event for event in scene.events if isinstance(event, ev.MessageLeft)] == [ev.MessageLeft(marta)]
