"""Can what callers say be told apart: phrases of a menu, examples of intents; and does somebody listen?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from config.build_flows import spoken_in
from config.flow_nodes import AskNode, DigitsNode, MenuNode
from config.flow_words import EVERY_LANGUAGE
from config.lint.report import Report
from config.lint.sounds_like import alike
from config.problems import KeyPath
from config.schema import Centre
from ivr.phrases import digit_options, folded

EXAMPLES_MIN = 3


def lint_listening(centre: Centre, report: Report) -> None:
    """Add what would be confused, and what nobody would hear. All flows must be sound."""
    with_engine = {} if centre.speech is None else centre.speech.languages
    heard = [lang for lang in centre.languages if lang in with_engine]
    listening = list(_listening(centre))
    # A `speech` without languages is by keys on purpose: prepared for models that are still to come.
    by_keys = centre.speech is not None and not centre.speech.languages
    if listening and not by_keys and len(heard) < len(centre.languages):
        _deaf(report, *listening[0], [lang for lang in centre.languages if lang not in heard])
    for path, node in listening:
        if isinstance(node, MenuNode):
            _menu(centre, report, path, node, heard)
    _intents(centre, report, heard)


def _deaf(report: Report, path: KeyPath, node: MenuNode | AskNode | DigitsNode, langs: list[str]) -> None:
    """Said once, at the first node that listens."""
    place = "ask" if isinstance(node, AskNode) else "spoken"
    written = ", ".join(langs)
    said = (
        f"nadie escucha en {written}: se preguntará por teclado",
        f"nobody listens in {written}: callers will be asked by keys",
    )
    fix = (
        f"añada speech: {{languages: {{{langs[0]}: {{model: …}}}}}}",
        f"add speech: {{languages: {{{langs[0]}: {{model: …}}}}}}",
    )
    report.say("no-recognizer", (*path, place), said, fix, at_key=True)


def _listening(centre: Centre) -> Iterator[tuple[KeyPath, MenuNode | AskNode | DigitsNode]]:
    for name, flow in centre.flows.items():
        for node_id, node in flow.nodes.items():
            path: KeyPath = ("flows", name, "nodes", node_id)
            if isinstance(node, AskNode) or (
                isinstance(node, MenuNode | DigitsNode) and node.spoken is not None
            ):
                yield path, node


def _menu(centre: Centre, report: Report, path: KeyPath, menu: MenuNode, heard: list[str]) -> None:
    if set("1*#") <= menu.keys.keys():
        said = (
            "un menú hablado necesita libre 1, * o # para pasar al teclado",
            "a spoken menu wants 1, * or # free for changing to the keypad",
        )
        fix = ("dé otra tecla a una de ellas", "give one of them another key")
        report.say("no-keypad-key", (*path, "keys", "*"), said, fix, at_key=True)
    for lang in centre.languages:
        spoken = [
            (key, phrase)
            for key, texts in menu.phrases.items()
            for phrase in spoken_in(centre.languages, texts).get(lang, ())
        ]
        if lang in heard and menu.phrases and not spoken:
            said = (f"no hay frases en «{lang}»", f'there are no phrases in "{lang}"')
            fix = (f"añada {{{lang}: […]}}", f"add {{{lang}: […]}}")
            report.say("phrases-language", (*path, "phrases"), said, fix, at_key=True)
        names = [(option.key, option.text) for option in digit_options(menu.keys, lang)]
        _apart(report, path, [*spoken, *names], lang, len(spoken))
    _everywhere(centre, report, path, menu, heard)


def _everywhere(centre: Centre, report: Report, path: KeyPath, menu: MenuNode, heard: list[str]) -> None:
    """A plain list is said in every language, which words seldom are."""
    for key, texts in menu.phrases.items():
        if EVERY_LANGUAGE in texts and len(heard) > 1:
            written = ", ".join(f"{lang}: […]" for lang in heard)
            said = (
                f"estas frases valdrían en {' y '.join(heard)}",
                f"these phrases would hold in {' and '.join(heard)}",
            )
            fix = (f"escríbalas por idioma: {{{written}}}", f"write them by language: {{{written}}}")
            report.say("phrases-language", (*path, "phrases", key), said, fix, at_key=True)


def _apart(report: Report, path: KeyPath, said: list[tuple[str, str]], lang: str, written: int) -> None:
    """Phrases of different keys; the first `written` stand in the file, the others are names of digits."""
    for (at, (key, one)), (_, (other_key, other)) in combinations(enumerate(said), 2):
        if key == other_key or at >= written:
            continue
        place = (*path, "phrases", key)
        first, second = folded(one), folded(other)
        if first == second:
            told = (
                f"«{one}» vale para las teclas {key} y {other_key} ({lang})",
                f'"{one}" stands for keys {key} and {other_key} ({lang})',
            )
            report.say("phrase-twice", place, told, ("deje una", "keep one"), at_key=True)
        elif alike(one, other, lang):
            told = (
                f"«{one}» y «{other}» ({other_key}) suenan parecido ({lang})",
                f'"{one}" and "{other}" ({other_key}) sound alike ({lang})',
            )
            fix = ("use palabras más distintas o más largas", "use words that differ more, or longer ones")
            report.say("phrases-alike", place, told, fix, at_key=True)
        elif f"{second} ".startswith(f"{first} ") or f"{first} ".startswith(f"{second} "):
            told = (
                f"«{one}» y «{other}» ({other_key}) empiezan igual: se decidiría por la corta ({lang})",
                f'"{one}" and "{other}" ({other_key}) begin alike: the short one would win ({lang})',
            )
            fix = ("alargue la corta o cambie una", "make the short one longer or change one")
            report.say("phrase-begins", place, told, fix, at_key=True)


def _intents(centre: Centre, report: Report, heard: list[str]) -> None:
    first: dict[tuple[str, str], str] = {}
    for name, intent in centre.intents.items():
        missing = [lang for lang in heard if lang not in intent.examples]
        if missing:
            said = (f"no hay ejemplos en «{missing[0]}»", f'there are no examples in "{missing[0]}"')
            fix = (f"añada {missing[0]}: […]", f"add {missing[0]}: […]")
            report.say("intent-language", ("intents", name, "examples"), said, fix, at_key=True)
        for lang, examples in intent.examples.items():
            place: KeyPath = ("intents", name, "examples", lang)
            if len({folded(text) for text in examples}) < EXAMPLES_MIN:
                said = ("son pocos ejemplos para reconocerla", "too few examples to tell it by")
                fix = ("diez o más, como lo dice la gente", "ten or more, as people say it")
                report.say("intent-few-examples", place, said, fix, at_key=True)
            for index, text in enumerate(examples):
                other = first.setdefault((lang, folded(text)), name)
                if other != name:
                    said = (f"es también un ejemplo de «{other}»", f'is an example of "{other}", too')
                    report.say("intent-example-twice", (*place, index), said, ("deje uno", "keep one"))
