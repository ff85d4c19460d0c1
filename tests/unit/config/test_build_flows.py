"""From the file to the values that the walk and the services take: nothing is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import build
from config.build_services import (
    CallbackSite,
    Engine,
    Given,
    Intent,
    Lookup,
    Speech,
    Survey,
    ValueType,
    survey_of,
)
from config.lint.sounds_like import alike
from config.loader import check_text
from config.schema import Centre
from ivr.actions import Limits, Mode
from ivr.flow import (
    Ask,
    Branch,
    Check,
    Digits,
    Exits,
    Identify,
    IntentId,
    LookUp,
    Menu,
    NodeId,
    OfferCallback,
    PromptId,
    Question,
    Say,
    SetVars,
    Transfer,
    VarName,
    Voicemail,
)
from ivr.flow import Survey as SurveyNode
from tests.unit.config.test_lint_flows import GOOD, changed, problems

pytestmark = pytest.mark.unit

N, P, V = NodeId, PromptId, VarName
TO_PERSON = Exits(N("persona"), N("persona"))


@pytest.fixture(scope="module")
def centre() -> Centre:
    return check_text(GOOD, Path("centro.yaml")).config


def test_each_node_is_what_the_file_says(centre: Centre) -> None:
    """Its own exits, else the flow's; `again` and `end` are None."""
    nodes = build.flows(centre)["principal"].nodes

    assert nodes[N("motivo")] == Ask(
        P("que_desea"), {IntentId("factura"): N("doc"), IntentId("averia"): N("persona")},
        N("menu"), TO_PERSON,
        slots={"digits": V("pedido")}, labels={IntentId("factura"): "Factura", IntentId("averia"): "Avería"},
    )  # fmt: skip
    assert nodes[N("menu")] == Menu(
        P("pulse"), {"1": N("doc"), "2": N("llamar"), "0": N("persona")}, TO_PERSON, P("diga"),
        {
            "1": {"es": ("mi factura",), "en": ("my bill",)},
            "2": {"es": ("una llamada",), "en": ("a callback",)},
        },
    )  # fmt: skip
    assert nodes[N("doc")] == Digits(
        P("teclee"), V("doc"), N("clave"), TO_PERSON, shortest=8, longest=8, spoken=P("diga_doc")
    )
    clave = nodes[N("clave")]
    assert isinstance(clave, Digits) and clave.secret and clave.spoken is None
    assert nodes[N("probar")] == Identify("pin", V("pin"), N("mirar"), N("clave"), TO_PERSON)
    assert nodes[N("mirar")] == LookUp("saldo", {"doc": V("doc")}, N("segun"), N("alta"), TO_PERSON)
    assert nodes[N("segun")] == Branch((N("leer"), N("leer")), N("persona"))
    assert nodes[N("leer")] == Say((P("su_saldo"),), N("nota"))
    assert nodes[N("nota")] == SetVars({V("nota"): "saldo {saldo}"}, N("persona"))
    assert nodes[N("llamar")] == OfferCallback("ventas", P("le_llamamos"), N("adios"), N("pasar"), TO_PERSON)
    assert nodes[N("pasar")] == Transfer(number="+34910000001", exits=Exits(N("ficha"), N("ficha")))
    assert nodes[N("buzon")] == Voicemail("ventas", P("deje"), N("adios"), TO_PERSON)
    survey = build.flows(centre)["despues"].nodes[N("encuesta")]
    questions = (Question("trato", P("trato"), 1, 5),)
    assert survey == SurveyNode("fin", questions, N("fin"), Exits(N("fin"), N("fin")))


def test_settings_of_a_question_are_taken_over() -> None:
    """Tries, times, checks, and an exit of its own beside those of the flow."""
    text = changed(
        "into: doc, length: 8,",
        "into: doc, length: 5-9, check: dni, confirm: yes, tries: 2, timeout: 4s, between: 1s, "
        "invalid: diga, silence: pulse, no_match: menu, hang_up: nota,",
    )
    node = build.flows(check_text(text, Path("centro.yaml")).config)["principal"].nodes[N("doc")]

    assert node == Digits(
        P("teclee"), V("doc"), N("clave"),
        Exits(N("persona"), N("persona"), no_match=N("menu"), hang_up=N("nota")),
        shortest=5, longest=9, check=Check.DNI, confirm=True, spoken=P("diga_doc"), tries=2, timeout_ms=4_000,
        between_ms=1_000, invalid=P("diga"), silence=P("pulse"),
    )  # fmt: skip


def test_what_flows_work_with(centre: Centre) -> None:
    """Speech, intents, look-ups, surveys, sites: plain values, with what the file leaves out filled in."""
    heard = build.speech(centre)

    assert heard == Speech(
        first=Mode.SPEECH, limits=Limits(), slots=12, free_slots=2, keep_said_days=30,
        engines={"es": Engine("vosk", "es-small"), "en": Engine("vosk", "en-small")},
    )  # fmt: skip
    assert build.intents(centre)[1] == Intent(
        IntentId("averia"), "Avería",
        {"es": ("no funciona", "se ha roto", "un técnico"), "en": ("broken", "no power", "technician")},
    )  # fmt: skip
    looked = build.lookups(centre)
    assert looked["saldo"].gives[V("saldo")] == Given(("data", "saldo"), ValueType.MONEY)
    assert looked["saldo"].arguments == {"doc"}
    body = {"doc": "{doc}", "pin": "{pin}"}
    assert looked["alta"] == Lookup(
        "alta", "https://crm.example/alta", "POST", body, {}, 3_000, {}, 404, None
    )
    questions = (Question("trato", P("trato"), 1, 5),)
    assert build.surveys(centre) == {"fin": Survey("fin", questions, {"oro": 0}, 20)}
    site = CallbackSite("web", ("https://tienda.example",), "ventas", 30)
    assert build.callback_sites(centre) == {"web": site}
    assert survey_of(centre) == build.plan(centre).survey_of == {"ventas": "despues"}
    assert (build.plan(centre).limits, build.plan(centre).first) == (heard.limits, Mode.SPEECH)


def test_confidence_is_a_share(centre: Centre) -> None:
    """Per cent in the file, 0 to 1 for the walk."""
    text = changed("speech: {", "speech: {accept: 90%, confirm: 40%, intent_accept: 70%, misses: 3, ")
    limits = build.plan(check_text(text, Path("centro.yaml")).config).limits

    assert (limits.accept, limits.confirm, limits.intent_accept, limits.misses) == (0.9, 0.4, 0.7, 3)


def test_without_speech_everybody_is_asked_by_keys() -> None:
    """Also where `first: speech` stands but nobody could listen in any language."""
    without = changed("speech: {languages: {es: {model: es-small}, en: {model: en-small}}}\n", "")
    nobody = changed("{languages: {es: {model: es-small}, en: {model: en-small}}}", "{first: speech}")

    assert build.plan(check_text(without, Path("centro.yaml")).config).first is Mode.KEYS
    assert build.plan(check_text(nobody, Path("centro.yaml")).config).first is Mode.KEYS


def test_phrases_that_nobody_would_hear_are_told() -> None:
    """A menu with phrases and no question for the voice."""
    codes = [problem.code for problem in problems(changed("        spoken: diga\n", ""))]

    assert codes == ["phrases-unheard", "unused"]


@pytest.mark.parametrize(
    ("one", "other", "lang", "result"),
    [
        ("ventas", "rentas", "es", True), ("vaca", "baca", "es", True), ("cien", "sien", "es", True),
        ("hola", "ola", "es", True), ("sesenta", "setenta", "es", True), ("ventas", "soporte", "es", False),
        ("facturación", "facturas", "es", False), ("sí", "no", "es", False), ("sales", "sails", "en", True),
        ("billing", "sales", "en", False), ("fifteen", "fifty", "en", True), ("ajuda", "ajudes", "ca", False),
    ],
)  # fmt: skip
def test_what_sounds_alike(one: str, other: str, lang: str, result: bool) -> None:
    """By how letters sound, and how many of them must change."""
    assert alike(one, other, lang) is alike(other, one, lang) is result
