"""Numbers of several digits: keyed, spoken, read back, secret."""

from __future__ import annotations

import pytest

from ivr.actions import Collect, Deaf, Gather, Gathered, Heard, Join, Key, Listen, Mode, Play, Played, Silence
from ivr.flow import DIGITS, Check, Digits, Enqueue, Exits, VarName
from tests.unit.ivr.talk import TO_PERSON, N, P, Talk, flow_of

pytestmark = pytest.mark.unit

ORDER = VarName("order")
KEYED = Digits(P("key_it"), ORDER, N("done"), TO_PERSON, shortest=4, longest=6)
SPOKEN = Digits(P("key_it"), ORDER, N("done"), TO_PERSON, shortest=4, longest=6, spoken=P("say_it"))
PIN = Digits(
    P("pin"), VarName("pin"), N("done"), TO_PERSON, shortest=4, longest=4, secret=True, spoken=P("say_pin")
)
DONE = Enqueue("done")
READ_BACK = "leido", "confirmar"


def talk(node: Digits, **how: object) -> Talk:
    return Talk(flow_of(number=node, done=DONE), **how)  # type: ignore[arg-type]


def test_a_number_is_gathered_and_kept() -> None:
    """As many keys as may come, in one go."""
    caller = talk(KEYED)
    assert caller.action == Gather((P("key_it"),), 6, 6_000, 3_000)

    assert caller.on(Gathered("12345")) == Join("done")
    assert caller.state.vars == {"order": "12345"}


@pytest.mark.parametrize("keyed", ["123", "1234567", "12*4"])
def test_a_number_that_cannot_be_is_said_to_be_none(keyed: str) -> None:
    """Too short, too long, or with a sign in it."""
    caller = talk(KEYED)
    caller.on(Gathered(keyed))

    assert caller.heard() == ("numero_no_valido", "key_it")
    assert caller.state.vars == {}


def test_tries_are_limited_and_silence_is_no_wrong_number() -> None:
    """Three times nothing: a person."""
    caller = talk(KEYED)
    assert caller.on(Silence()) == Gather((P("key_it"),), 6, 6_000, 3_000)

    assert caller.on(Silence(), Silence()) == Join("general")


def test_a_check_digit_is_checked() -> None:
    """What was mistyped is asked for again, what is right is kept."""
    node = Digits(P("key_it"), ORDER, N("done"), TO_PERSON, check=Check.LUHN)
    caller = talk(node)
    caller.on(Gathered("79927398710"))
    assert caller.heard()[0] == "numero_no_valido"

    assert caller.on(Gathered("79927398713")) == Join("done")


def test_a_number_to_be_confirmed_is_read_back() -> None:
    """By key as well: 2 asks again, 1 goes on."""
    caller = talk(Digits(P("key_it"), ORDER, N("done"), TO_PERSON, confirm=True), mode=Mode.KEYS)
    caller.on(Gathered("1234"))
    assert (caller.heard(), caller.values()["digits"]) == (READ_BACK, "1234")
    caller.on(Played("2"))
    assert caller.heard() == ("key_it",)

    caller.on(Gathered("1235"), Played())
    assert caller.action == Collect(5_000)
    assert caller.on(Key("1")) == Join("done")
    assert caller.state.vars == {"order": "1235"}


def test_a_spoken_number_is_always_read_back() -> None:
    """However sure; what was said is told to nobody."""
    caller = talk(SPOKEN)
    action = caller.action
    assert isinstance(action, Listen)
    assert (action.digits, action.prompts, action.values["key"]) == (
        True,
        (P("say_it"), P("usar_teclado")),
        "asterisco",
    )
    caller.says("es el doce treinta y cuatro", 1.0)
    assert (caller.heard(), caller.values()["digits"]) == (READ_BACK, "1234")

    assert caller.says("sí") == Join("done")
    assert caller.state.vars == {"order": "1234"}
    assert caller.outcomes() == [("", "order", "confirmed")]
    assert caller.learned == [Mode.SPEECH]


def test_of_several_readings_the_one_that_fits_is_taken() -> None:
    """ "doce treinta cuatro" is 1234, or 12304 where five digits are asked for."""
    four = talk(SPOKEN)
    four.says("doce treinta y cuatro")
    assert four.values()["digits"] == "1234"

    node = Digits(P("k"), ORDER, N("done"), TO_PERSON, shortest=5, longest=5, spoken=P("s"))
    five = talk(node)
    five.says("doce treinta y cuatro")
    assert five.values()["digits"] == "12304"


def test_a_document_is_spoken_with_its_letter_or_without() -> None:
    """The letter follows from the digits; a wrong one is a wrong number."""
    node = Digits(
        P("k"), VarName("doc"), N("done"), TO_PERSON, shortest=7, longest=8, check=Check.DNI, spoken=P("s")
    )
    digits = "doce treinta y cuatro cincuenta y seis setenta y ocho"
    for said in (digits, f"{digits} zeta"):
        caller = talk(node)
        caller.says(said)
        assert caller.values()["digits"] == "12345678Z"
    wrong = talk(node)
    wrong.says(f"{digits} erre")
    assert wrong.heard()[0] == "numero_no_valido"


def test_words_without_a_number_are_kept_for_the_page_numbers_are_not() -> None:
    """ "no lo sé" helps whoever looks after the flow; half a document number helps nobody."""
    caller = talk(SPOKEN)
    caller.says("no lo sé")
    caller.says("doce", 0.3)

    assert caller.outcomes() == [("no lo sé", "", "missed"), ("", "", "missed")]


def test_misses_by_voice_lead_to_the_keys() -> None:
    """As everywhere."""
    caller = talk(SPOKEN)
    caller.says("no lo sé")
    caller.says("no lo sé")

    assert isinstance(caller.action, Gather)
    assert caller.heard() == ("no_entendido", "key_it")


def test_whoever_begins_to_key_goes_on_keying() -> None:
    """The first digit was heard by the ear; the others follow in silence, and nothing is learned from it."""
    caller = talk(SPOKEN)
    assert caller.on(Key("1")) == Gather((), 5, 3_000, 3_000)
    assert caller.on(Gathered("234")) == Join("done")
    assert (caller.state.vars, caller.learned) == ({"order": "1234"}, [])

    stopped = talk(SPOKEN)
    stopped.on(Key("1"), Silence())
    assert stopped.heard()[0] == "numero_no_valido"


@pytest.mark.parametrize("key", ["*", "#"])
def test_a_sign_leads_to_the_keys(key: str) -> None:
    """Chosen, learned, and no try lost."""
    caller = talk(SPOKEN)

    assert caller.on(Key(key)) == Gather((P("key_it"),), 6, 6_000, 3_000)
    assert (caller.learned, caller.state.tries_left) == ([Mode.KEYS], 3)


def test_without_an_ear_the_number_is_keyed() -> None:
    """From the start, or from when the ear is lost."""
    assert isinstance(talk(SPOKEN, ears=("free",)).action, Gather)
    assert isinstance(talk(SPOKEN).on(Deaf()), Gather)


def test_what_is_secret_is_never_spoken_never_read_back_never_shown() -> None:
    """Keys only, by the switch's own means; neither variable nor text of anything."""
    caller = talk(PIN)
    assert caller.action == Gather((P("pin"),), 4, 6_000, 3_000, secret=True)
    caller.flow = flow_of(number=PIN, done=KEYED)
    caller.on(Gathered("4711"))

    assert caller.state.secrets == {"pin": "4711"}
    assert caller.state.vars == {}
    assert "4711" not in repr(caller.state) + repr(caller.action) + str(caller.passed)


def test_secrets_end_with_the_walk() -> None:
    """Not used, not kept."""
    caller = talk(PIN)

    assert caller.on(Gathered("4711")) == Join("done")
    assert caller.state.secrets == {}


def test_a_denied_number_may_have_its_own_way_out() -> None:
    """The administrator's no_match, at once."""
    node = Digits(
        P("k"),
        ORDER,
        N("done"),
        Exits(N("person"), N("failed"), no_match=N("other")),
        spoken=P("s"),
    )
    caller = Talk(flow_of(number=node, done=DONE, other=Enqueue("other")))
    caller.says("uno dos tres")

    assert caller.on(Heard("no", 0.9)) == Join("other")
    assert caller.outcomes() == [("", "order", "denied")]


def test_a_number_is_confirmed_by_keys_after_the_ear_is_lost() -> None:
    """The number is not asked for again."""
    caller = talk(SPOKEN)
    caller.says("uno dos tres cuatro")

    assert caller.on(Deaf()) == Play((P("leido"), P("confirmar")), DIGITS, {"digits": "1234"})
