"""Does each node of a flow ask for what exists, and can it do what it is for?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from config.dialling import way_out
from config.findings import Findings
from config.flow_nodes import (
    AskNode,
    CallbackNode,
    DigitsNode,
    EnqueueNode,
    GoodbyeNode,
    HoursNode,
    IdentifyNode,
    LanguageNode,
    LookupNode,
    MenuNode,
    Node,
    SayNode,
    SurveyNode,
    TransferNode,
    VoicemailNode,
)
from config.flow_words import PLACEHOLDER
from config.problems import KeyPath, did_you_mean
from config.schema import Centre

CUSTOMER = "customer"
"""In place of a look-up: the caller's own record."""
PIN = "pin"
"""What every record may have to prove by, beside its fields."""

_LABEL_FIX = ("póngala en «keys» o quite su «labels»", 'put it into "keys" or take its label away')
_PHRASE_FIX = ("póngala en «keys» o quite sus frases", 'put it into "keys" or take its phrases away')


def check_node(centre: Centre, found: Findings, path: KeyPath, node: Node) -> None:
    """Add names that lead nowhere, and what one node by itself cannot do."""
    for place, prompt in prompts_of(node):
        found.refer("prompts", prompt, found.prompts(), (*path, *place))
    for field, section in _NAMED.get(type(node), {}).items():
        found.refer(section, getattr(node, field), found.names(section), (*path, field))
    match node:
        case MenuNode():
            _check_menu(found, path, node)
        case AskNode():
            _check_ask(centre, found, path, node)
        case LanguageNode():
            if found.whole("languages"):
                found.refer("languages", node.language, centre.languages, (*path, "language"))
        case LookupNode():
            _check_lookup(centre, found, path, node)
        case IdentifyNode():
            if found.whole("facts"):
                known = {PIN, *centre.facts.customer.fields}
                found.refer("fields", node.identify, known, (*path, "identify"))
        case TransferNode():
            _check_transfer(centre, found, path, node)


_NAMED: dict[type, dict[str, str]] = {
    EnqueueNode: {"enqueue": "queues"},
    CallbackNode: {"callback": "queues"},
    VoicemailNode: {"voicemail": "queues"},
    HoursNode: {"hours": "hours"},
    SurveyNode: {"survey": "surveys"},
}
"""What is named by a key alone: the section that has it."""


def prompts_of(node: Node) -> Iterator[tuple[KeyPath, str]]:
    """Every prompt that a node may say, and where in it that stands. Questions of a survey are its own."""
    if isinstance(node, SayNode):
        yield from ((("say", index), prompt) for index, prompt in enumerate(node.say))
    for field in _PROMPTS.get(type(node), ()):
        prompt = getattr(node, field)
        if prompt is not None:
            yield (field,), prompt


_PROMPTS: dict[type, tuple[str, ...]] = {
    MenuNode: ("menu", "spoken", "invalid", "silence"),
    AskNode: ("ask", "invalid", "silence"),
    DigitsNode: ("digits", "spoken", "invalid", "silence"),
    LookupNode: ("saying",),
    CallbackNode: ("offer", "number"),
    VoicemailNode: ("prompt",),
    GoodbyeNode: ("goodbye",),
}


def _check_menu(found: Findings, path: KeyPath, node: MenuNode) -> None:
    for field, fix in (("labels", _LABEL_FIX), ("phrases", _PHRASE_FIX)):
        for digit in sorted(getattr(node, field).keys() - node.keys.keys()):
            es, en = f"el menú no tiene la tecla «{digit}»", f'the menu has no key "{digit}"'
            found.error("unknown-key", (*path, field, digit), es, en, fix, at_key=True)
    if node.phrases and node.spoken is None:
        es, en = "estas frases no se oirían nunca", "these phrases would never be heard"
        fix = ("añada spoken: la locución que dice «diga»", 'add spoken: the prompt that says "say"')
        found.error("phrases-unheard", (*path, "phrases"), es, en, fix, at_key=True)


def _check_ask(centre: Centre, found: Findings, path: KeyPath, node: AskNode) -> None:
    for intent in node.intents:
        place = (*path, "intents", intent)
        found.refer("intents", intent, found.names("intents"), place, at_key=True)
    flow = centre.flows.get(str(path[1]))
    keypad = None if flow is None else flow.nodes.get(node.keypad)
    if keypad is not None and not isinstance(keypad, MenuNode):
        es, en = f"«{node.keypad}» no es un menú", f'"{node.keypad}" is no menu'
        fix = (
            "lleve keypad a un nodo {menu: …} con las mismas opciones",
            "let keypad lead to a node {menu: …} with the same choices",
        )
        found.error("keypad-menu", (*path, "keypad"), es, en, fix)
    if node.key == node.keypad_key:
        es, en = "es la misma tecla que key", "is the same key as key"
        fix = ('p. ej. key: "0", keypad_key: "1"', 'e.g. key: "0", keypad_key: "1"')
        found.error("key-twice", (*path, "keypad_key"), es, en, fix)


def _check_lookup(centre: Centre, found: Findings, path: KeyPath, node: LookupNode) -> None:
    if node.lookup == CUSTOMER:
        for name in node.with_:
            _unasked(found, (*path, "with", name), name)
        return
    found.refer("lookups", node.lookup, found.names("lookups") | {CUSTOMER}, (*path, "lookup"))
    source = centre.lookups.get(node.lookup)
    if source is None:
        return
    texts = (source.url, *source.body.values())
    asked = {name for text in texts for name in PLACEHOLDER.findall(text)}
    missing = sorted(asked - node.with_.keys())
    if missing and asked >= node.with_.keys():
        names = ", ".join(missing)
        es, en = f"a la consulta le falta {names}", f"the lookup wants {names}"
        fix = (f"añada with: {{{missing[0]}: variable}}", f"add with: {{{missing[0]}: variable}}")
        found.error("lookup-argument", (*path, "lookup"), es, en, fix)
    for name in node.with_:
        if name not in asked:
            _unasked(found, (*path, "with", name), name, missing)


def _unasked(found: Findings, path: KeyPath, name: str, missing: Sequence[str] = ()) -> None:
    es, en = f"la consulta no usa «{name}»", f'the lookup does not use "{name}"'
    fix = (
        f"quítelo, o ponga {{{name}}} en su url o body",
        f"remove it, or put {{{name}}} into its url or body",
    )
    found.error("lookup-argument", path, es, en, did_you_mean(name, missing) if missing else fix, at_key=True)


def _check_transfer(centre: Centre, found: Findings, path: KeyPath, node: TransferNode) -> None:
    place = (*path, "transfer")
    to = node.transfer
    found.refer("agents", to.agent, found.names("agents"), (*place, "agent"))
    if to.number is not None and found.whole("trunks") and way_out(centre.trunks, to.number) is None:
        es, en = f"ninguna línea puede marcar {to.number}", f"no trunk may dial {to.number}"
        fix = ("añádalo a «allow» de una línea", 'add it to "allow" of a trunk')
        found.error("transfer-number", (*place, "number"), es, en, fix)
