from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable

import pyotp
import pytest

from centralita.people import totp
from centralita.people.accounts import ONE_TIME_MS
from centralita.people.book import ABSOLUTE_MS, IDLE_MS
from centralita.people.hashing import WAITING_MAX, Hasher, TooBusyError
from centralita.people.refusals import Refused
from centralita.people.rights import Role, Who
from centralita.people.service import SESSIONS_MAX
from centralita.people.sign_in import FREE_BY_ADDRESS, FREE_BY_NAME, Caller
from tests.unit.people.scene import CHEAP, PASSWORD, Scene

pytestmark = pytest.mark.unit

HERE = Caller("10.0.0.1", "a browser")
NEW = "another good sentence"


async def refused(attempt: Awaitable[object]) -> Refused:
    with pytest.raises(Refused) as caught:
        await attempt
    return caught.value


def who_of(scene: Scene, key: str) -> Who:
    who = scene.people.by_session(key)
    assert who is not None
    return who


async def test_name_and_password_open_a_session() -> None:
    """Names in any case; the session is of the person, and its key is kept nowhere."""
    scene = Scene()
    await scene.with_password("ana.pérez".replace("é", "e"), Role.AGENT, "ana")

    key = await scene.office.sign_in.sign_in(" Ana.Perez ", PASSWORD, None, HERE)

    who = who_of(scene, key)
    assert (who.name, who.role, who.agent) == ("ana.perez", Role.AGENT, "ana")
    session = scene.people.sessions("ana.perez")[0]
    assert key not in repr(session)
    assert (session.address, session.browser) == ("10.0.0.1", "a browser")


@pytest.mark.parametrize(
    ("name", "password", "more"),
    [
        ("ana", "wrong", {}),
        ("nobody", PASSWORD, {}),
        ("ana", PASSWORD, {"disabled": True}),
        ("ana", PASSWORD, {"password": ""}),
        ("ana", "", {"password": ""}),
        ("ana", PASSWORD, {"must_change": True, "password_ms": 0}),
    ],
)
async def test_every_failure_is_the_same_refusal(name: str, password: str, more: dict[str, object]) -> None:
    """Nobody learns which names there are, who is disabled, or whose one-time password is too old."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT, "ana", **more)

    said = await refused(scene.office.sign_in.sign_in(name, password, None, HERE))

    assert (said.status, said.code) == (401, "sign_in_failed")
    assert scene.people.sessions() == []


async def test_an_unknown_name_takes_as_long_as_a_known_one() -> None:
    """The same hash is computed for both: the medians are within a third of each other."""
    hasher = Hasher(memory_kib=4_096, time_cost=2)
    known = await hasher.hash(PASSWORD)
    took: dict[str | None, list[float]] = {known: [], None: []}
    for _ in range(15):
        for each, times in took.items():
            began = time.perf_counter()
            assert await hasher.fits(each, "wrong") is False
            times.append(time.perf_counter() - began)

    known_s, unknown_s = (sorted(times)[len(times) // 2] for times in took.values())
    assert 0.67 < known_s / unknown_s < 1.5


async def test_a_password_being_checked_does_not_hold_up_the_loop() -> None:
    """argon2 runs beside the loop with the costs of production; what waits is bounded."""
    hasher = Hasher()
    gaps, last = [], time.perf_counter()
    work = asyncio.gather(*(hasher.fits(None, "x") for _ in range(4)))
    while not work.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        gaps.append(now - last)
        last = now

    # The longest ones are the machine's, which has other things to do.
    assert len(gaps) > 400
    assert sorted(gaps)[int(len(gaps) * 0.99)] < 0.005
    many = await asyncio.gather(
        *(hasher.fits(None, "x") for _ in range(WAITING_MAX + 2)), return_exceptions=True
    )
    assert sum(isinstance(each, TooBusyError) for each in many) == 2


async def test_failures_lock_a_name_for_longer_and_longer() -> None:
    """Known or not; from anywhere; the right password does not help before the time is over."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT)
    pauses: list[int] = []
    for name in ("ana", "nobody"):
        for attempt in range(FREE_BY_NAME + 3):
            caller = Caller(f"10.0.{attempt}.{len(pauses)}")
            said = await refused(scene.office.sign_in.sign_in(name, "wrong", None, caller))
            assert said.status == 401
            pause_ms = scene.office.sign_in.locked_ms(name)
            pauses.append(pause_ms)
            if pause_ms:
                again = await refused(scene.office.sign_in.sign_in(name, PASSWORD, None, caller))
                assert (again.status, again.code) == (429, "too_many_attempts")
                assert again.retry_after_s == pause_ms // 1000
            scene.clock.ms += pause_ms

    assert pauses == [0, 0, 0, 0, 30_000, 60_000, 120_000, 240_000] * 2
    assert await scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE)
    assert scene.office.sign_in.locked_ms("ana") == 0


async def test_an_address_that_tries_many_names_is_locked_too() -> None:
    """Whatever names it tries; other addresses go on."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT)
    for number in range(FREE_BY_ADDRESS):
        await refused(scene.office.sign_in.sign_in(f"name{number}", "wrong", None, HERE))

    assert (await refused(scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE))).status == 429
    assert await scene.office.sign_in.sign_in("ana", PASSWORD, None, Caller("10.0.0.2"))


async def test_many_guesses_at_once_are_no_way_around_the_lock() -> None:
    """Who is locked while others guess is refused after the work, even with the right password."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT)
    guesses = [
        scene.office.sign_in.sign_in("ana", "wrong" if at < 9 else PASSWORD, None, HERE) for at in range(10)
    ]
    found = await asyncio.gather(*guesses, return_exceptions=True)

    assert all(isinstance(each, Refused) for each in found)
    assert scene.people.sessions() == []


async def test_a_one_time_password_opens_nothing_but_its_own_change() -> None:
    """Then everything; all earlier sessions have ended, and the one-time password is worth nothing."""
    scene = Scene()
    await scene.with_password("ana", Role.SUPERVISOR, must_change=True)
    key = await scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE)
    who = who_of(scene, key)
    assert (who.must_change, who.rights) == (True, frozenset())

    changed = await scene.office.sign_in.change_password(who, PASSWORD, NEW, HERE)

    assert scene.people.by_session(key) is None
    assert not who_of(scene, changed).must_change
    assert who_of(scene, changed).rights
    assert scene.changed == ["ana"]
    assert (await refused(scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE))).status == 401
    assert await scene.office.sign_in.sign_in("ana", NEW, None, HERE)


async def test_a_one_time_password_is_good_for_a_week() -> None:
    """One found later in somebody's papers opens nothing."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT, must_change=True)
    scene.clock.ms += ONE_TIME_MS - 1
    assert await scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE)
    scene.clock.ms += 1
    assert (await refused(scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE))).status == 401


@pytest.mark.parametrize("bad", ["short", "ana", "aaaaaaaaaaaa", "ababababababab", "x" * 201, PASSWORD])
async def test_a_password_that_is_no_good_is_refused_and_says_why(bad: str) -> None:
    """Too short, too long, always the same, or the one of before."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT)
    key = await scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE)

    said = await refused(scene.office.sign_in.change_password(who_of(scene, key), PASSWORD, bad, HERE))

    assert (said.status, said.code) == (422, "bad_password")
    assert scene.people.by_session(key) is not None


async def test_to_change_a_password_one_must_know_it() -> None:
    """A browser left open is not enough, and guessing there locks as well."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT)
    who = who_of(scene, await scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE))
    for _ in range(FREE_BY_NAME):
        said = await refused(scene.office.sign_in.change_password(who, "wrong", NEW, HERE))
        assert said.status == 401
    assert (await refused(scene.office.sign_in.change_password(who, PASSWORD, NEW, HERE))).status == 429


async def test_a_code_is_asked_once_one_was_confirmed_and_is_good_once() -> None:
    """Not before; with it, the password alone opens nothing; the same code twice opens nothing either."""
    scene = Scene()
    account = await scene.with_password("ana", Role.AGENT)
    secret = totp.new_secret()
    code = pyotp.TOTP(secret)
    with pytest.raises(Refused):
        scene.office.sign_in.set_totp(account, secret, "000000", HERE)
    assert await scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE)
    scene.office.sign_in.set_totp(account, secret, code.at(scene.clock.ms // 1000), HERE)
    scene.clock.ms += 60_000
    now = code.at(scene.clock.ms // 1000)

    assert (await refused(scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE))).code == "totp_needed"
    assert (await refused(scene.office.sign_in.sign_in("ana", "wrong", now, HERE))).code == "sign_in_failed"
    assert await scene.office.sign_in.sign_in("ana", PASSWORD, f"{now[:3]} {now[3:]}", HERE)
    assert (await refused(scene.office.sign_in.sign_in("ana", PASSWORD, now, HERE))).code == "sign_in_failed"
    kept = scene.people.account("ana")
    assert kept is not None
    assert kept.totp is not None
    assert secret not in kept.totp


def test_a_code_may_be_half_a_minute_off_and_no_more() -> None:
    """RFC 6238's own vectors for SHA-1, six digits; telephones' clocks differ a little."""
    secret = pyotp.random_base32()
    now_ms = 1_111_111_109_000
    for steps, good in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = pyotp.HOTP(secret).at(now_ms // totp.STEP_MS + steps)
        assert (totp.step_of(secret, code, now_ms, 0) is not None) is good
    rfc = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for at_s, code in ((59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")):
        assert totp.step_of(rfc, code, at_s * 1000, 0) == at_s // 30
    for typed in ("", "12345", "1234567", "12345a", "١٢٣٤٥٦"):
        assert totp.step_of(rfc, typed, 59_000, 0) is None


async def test_a_session_ends_when_nobody_uses_it_and_in_any_case_after_a_shift() -> None:
    """Idle and absolute; using it keeps it alive only so long."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT)
    key = scene.session("ana")
    scene.clock.ms += IDLE_MS - 1
    assert scene.people.by_session(key) is not None
    scene.clock.ms += IDLE_MS
    assert scene.people.by_session(key) is None

    key = scene.session("ana")
    began_ms = scene.clock.ms
    while scene.people.by_session(key) is not None:
        scene.clock.ms += IDLE_MS // 2
    assert scene.clock.ms == began_ms + ABSOLUTE_MS


async def test_what_is_asked_is_written_down_and_no_password_with_it() -> None:
    """Who, from where, what came of it; a name that nobody has may be a password, and is left out."""
    scene = Scene()
    await scene.with_password("ana", Role.AGENT)
    await refused(scene.office.sign_in.sign_in("ana", "wrong-secret", None, HERE))
    await refused(scene.office.sign_in.sign_in(NEW, "x", None, HERE))
    await scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE)
    runner = asyncio.ensure_future(scene.people.keeper.run())
    await asyncio.sleep(0)
    assert await scene.people.keeper.written(1_000)
    runner.cancel()
    log = sorted(scene.memory.log.values(), key=lambda entry: entry.id)

    assert [(entry.who, entry.what, entry.result) for entry in log] == [
        ("ana", "sign_in", "wrong_password"),
        ("?", "sign_in", "wrong_password"),
        ("ana", "sign_in", "done"),
    ]
    assert all(entry.address == "10.0.0.1" for entry in log)
    assert "wrong-secret" not in repr(log)
    assert NEW not in repr(log)


async def test_an_old_hash_is_made_anew_at_the_next_sign_in() -> None:
    """When the costs are raised, nobody has to choose another password."""
    scene = Scene()
    weak = await Hasher(**{**CHEAP, "time_cost": 2}).hash(PASSWORD)
    scene.account("ana", Role.AGENT, password=weak)
    await scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE)
    account = scene.people.account("ana")

    assert account is not None
    assert "t=1" in account.password
    assert await scene.office.sign_in.sign_in("ana", PASSWORD, None, HERE)


async def test_sessions_that_are_over_are_forgotten_and_a_person_has_only_so_many() -> None:
    """Neither memory nor the database grows with every morning."""
    scene = Scene()
    scene.account("ana", Role.AGENT)
    scene.account("beto", Role.AGENT)
    for _ in range(SESSIONS_MAX + 5):
        scene.clock.ms += 1
        newest = scene.session("ana")
    assert len(scene.people.sessions("ana")) == SESSIONS_MAX
    assert scene.people.by_session(newest) is not None
    scene.clock.ms += ABSOLUTE_MS
    scene.session("beto")
    runner = asyncio.ensure_future(scene.people.keeper.run())
    await asyncio.sleep(0)
    assert await scene.people.keeper.written(1_000)
    runner.cancel()
    assert [session.person for session in scene.memory.kept.sessions] == ["beto"]
