"""
What is known of a call, and from where on: which node sets a variable, which one uses it.

Variables are set on some ways out of a node only: what a look-up gives is there
when it was found, what a caller keyed when it was taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from config import flow_nodes as nodes
from config.check_nodes import CUSTOMER, prompts_of
from config.flow_ways import ways
from config.flow_words import PLACEHOLDER
from config.problems import KeyPath
from config.schema import Centre, Utterance
from config.words import FactType
from ivr.templates import TemplateError, places

OF_THE_HOUSE = frozenset({"intent", "verified"})
"""Variables that the house sets; no node may."""
OF_THE_RECORD = ("name",)
"""What `lookup: customer` gives besides the fields of the record."""
SLOT_TYPES = {"digits": "text", "date": "date", "amount": "money"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A node sets a variable."""

    name: str
    type: str
    """A word of `config.rules.variables.TYPES`."""
    on: frozenset[str]
    """Kinds of way (`config.flow_ways.Way.kind`) on which it is set."""
    place: KeyPath
    """Below the node."""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """A node uses a variable."""

    name: str
    place: KeyPath
    """Below the node."""
    how: str
    """prompt, set, argument, proof."""


def settings(centre: Centre, node: nodes.Node) -> Iterator[Setting]:
    """What a node sets."""
    match node:
        case nodes.DigitsNode():
            yield Setting(node.into, "text", frozenset({"next"}), ("into",), node.secret)
        case nodes.AskNode():
            for slot, name in node.slots.items():
                yield Setting(name, SLOT_TYPES[slot], frozenset({"intent"}), ("slots", slot))
        case nodes.SetNode():
            for name in node.set:
                yield Setting(name, "text", frozenset({"next"}), ("set", name))
        case nodes.LookupNode():
            for name, kind in gives(centre, node.lookup).items():
                yield Setting(name, kind, frozenset({"found"}), ("lookup",))


def gives(centre: Centre, source: str) -> Mapping[str, str]:
    """Variables that a source sets when it has found something, with their types."""
    if source == CUSTOMER:
        fields = {name: _record_type(kind) for name, kind in centre.facts.customer.fields.items()}
        return dict.fromkeys(OF_THE_RECORD, "text") | fields
    lookup = centre.lookups.get(source)
    return {} if lookup is None else {name: given.type for name, given in lookup.gives.items()}


def _record_type(kind: FactType) -> str:
    return kind if isinstance(kind, str) and kind in {"int", "bool"} else "text"


def uses(centre: Centre, node: nodes.Node) -> Iterator[Use]:
    """What a node needs to be there; conditions are read by the rule language itself."""
    for place, prompt in _all_prompts(centre, node):
        for name in sorted(placeholders(centre, prompt)):
            yield Use(name, place, "prompt")
    match node:
        case nodes.SetNode():
            for name, text in node.set.items():
                for used in PLACEHOLDER.findall(text):
                    yield Use(used, ("set", name), "set")
        case nodes.LookupNode():
            for argument, name in node.with_.items():
                yield Use(name, ("with", argument), "argument")
        case nodes.IdentifyNode():
            yield Use(node.value, ("value",), "proof")


def _all_prompts(centre: Centre, node: nodes.Node) -> Iterator[tuple[KeyPath, str]]:
    yield from prompts_of(node)
    if isinstance(node, nodes.SurveyNode) and node.survey in centre.surveys:
        yield from ((("survey",), question.prompt) for question in centre.surveys[node.survey].questions)


def placeholders(centre: Centre, prompt: str) -> frozenset[str]:
    """Variables that a prompt speaks, in any language."""
    wordings = centre.prompts.get(prompt, {}).values()
    return frozenset(name for wording in wordings for name in _spoken(wording))


def _spoken(wording: Utterance) -> list[str]:
    """None of a text that is not well written: that is said elsewhere."""
    try:
        return [place.name for place in places(wording.text or "")]
    except TemplateError:
        return []


def known_at(centre: Centre, flow: nodes.Flow, at_start: frozenset[str]) -> Mapping[str, frozenset[str]]:
    """
    Variables that some way to each node has set.

    Args:
        centre: The configuration.
        flow: One of its flows.
        at_start: What callers may bring along into it.
    """
    known: dict[str, frozenset[str]] = {flow.start: at_start}
    ahead = [flow.start]
    while ahead:
        node_id = ahead.pop()
        node = flow.nodes.get(node_id)
        if node is None:
            continue
        made = list(settings(centre, node))
        for way in ways(flow, node_id):
            told = known[node_id] | {one.name for one in made if way.kind in one.on}
            before = known.get(way.target)
            if before is None or not told <= before:
                known[way.target] = told | (before or frozenset())
                ahead.append(way.target)
    return known


def all_settings(centre: Centre) -> Iterator[tuple[str, str, Setting]]:
    """Flow, node and what it sets, in the order of the file."""
    for flow_name, flow in centre.flows.items():
        for node_id, node in flow.nodes.items():
            for setting in settings(centre, node):
                yield flow_name, node_id, setting


def secrets(centre: Centre) -> frozenset[str]:
    """Variables that some node fills with secret digits."""
    return frozenset(setting.name for _, _, setting in all_settings(centre) if setting.secret)


def variable_types(centre: Centre) -> Mapping[str, str]:
    """
    All variables that rules may ask, with the word for their type; secret ones are not among them.

    Where a node merely sets a text and a source gives something more exact, the source decides.
    """
    found: dict[str, str] = {}
    hidden = secrets(centre)
    for _, _, setting in all_settings(centre):
        if setting.name not in hidden and found.get(setting.name, "text") == "text":
            found[setting.name] = setting.type
    return found
