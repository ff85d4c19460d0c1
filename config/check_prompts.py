"""Is every prompt there in every language, and can what it speaks of be known where it is said?"""

from __future__ import annotations

from collections.abc import Sequence

from config.check_queues import exits_of
from config.findings import Findings
from config.problems import KeyPath
from config.schema import Centre, Utterance
from ivr.prompts import NUMBERS, SERVICE_TEXTS
from ivr.reading import Kind
from ivr.templates import TemplateError, places


def check_prompts(centre: Centre, found: Findings) -> None:
    """Add texts that are missing, and places in them that cannot be filled."""
    if found.whole("languages"):
        _check_languages(centre, found)
    outside = _outside_flows(centre)
    for name, wordings in centre.prompts.items():
        for lang, wording in wordings.items():
            path = ("prompts", name, lang)
            if name in NUMBERS:
                _check_number_slot(found, path, wording)
            else:
                _check_places(found, path, wording, outside=name in outside)


def _check_languages(centre: Centre, found: Findings) -> None:
    for name, wordings in centre.prompts.items():
        own = SERVICE_TEXTS.get(name, {})  # type: ignore[call-overload]
        missing = [lang for lang in centre.languages if lang not in wordings and lang not in own]
        if missing and found.whole("prompts", name):
            _missing_language(found, ("prompts", name), missing[0])
        for lang in wordings:
            if lang not in centre.languages:
                found.unused("prompts", name, lang)
    for index, lang in enumerate(centre.languages):
        own_words = [
            str(prompt)
            for prompt, texts in SERVICE_TEXTS.items()
            if lang not in texts and prompt not in found.names("prompts")
        ]
        if own_words:
            _missing_language(found, ("languages", index), lang, own_words)


def _missing_language(found: Findings, path: KeyPath, lang: str, prompts: Sequence[str] = ()) -> None:
    of = f" de {', '.join(prompts)}" if prompts else ""
    of_en = f" of {', '.join(prompts)}" if prompts else ""
    es, en = f"falta el texto{of} en «{lang}»", f'the text{of_en} is missing in "{lang}"'
    fix = (f"añada «{lang}: …» o quite el idioma", f'add "{lang}: …" or remove the language')
    found.error("prompt-language", path, es, en, fix, at_key=True)


def _check_number_slot(found: Findings, path: KeyPath, wording: Utterance) -> None:
    if wording.text is None or "{n}" not in wording.text:
        es, en = "este texto necesita {n}, el número que se dice", "this text needs {n}, the number told"
        fix = ("p. ej. «Tiene {n} personas delante.»", 'e.g. "There are {n} people ahead of you."')
        found.error("prompt-number", path, es, en, fix)


def _outside_flows(centre: Centre) -> frozenset[str]:
    """Prompts that are said where no variable of a call is known."""
    ways = [way for queue in centre.queues.values() if queue.on is not None for _, way in exits_of(queue.on)]
    fallback = [] if centre.fallback.say is None else [centre.fallback.say]
    return frozenset([*fallback, *(prompt for way in ways for prompt in way.say)])


def _check_places(found: Findings, path: KeyPath, wording: Utterance, *, outside: bool) -> None:
    try:
        named = places(wording.text or "")
    except TemplateError as error:
        es, en = f"«{error.place}» no se puede leer", f'"{error.place}" cannot be read'
        kinds = ", ".join(Kind)
        fix = (f"{{variable: clase}}, de clase {kinds}", f"{{variable: kind}}, of kind {kinds}")
        found.error("bad-placeholder", path, es, en, fix)
        return
    if outside and named:
        es = f"en la cola y en «fallback» no se sabe «{named[0].name}»"
        en = f'in queues and in "fallback" nothing is known of "{named[0].name}"'
        fix = ("dígalo en un flujo, o quítelo", "say it in a flow, or remove it")
        found.error("prompt-variable", path, es, en, fix)
