"""From the flows of a configuration to the values that `ivr` walks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from config import flow_nodes as nodes
from config.flow_words import AGAIN, END, EVERY_LANGUAGE
from config.schema import Centre
from ivr import flow as ivr
from ivr.flow import Exits, IntentId, NodeId, PromptId, VarName

_MODES_OF_EXIT = frozenset({AGAIN, END})


def flows(centre: Centre) -> dict[str, ivr.Flow]:
    """All flows by name."""
    return {name: _flow(name, flow, centre) for name, flow in centre.flows.items()}


def _flow(name: str, flow: nodes.Flow, centre: Centre) -> ivr.Flow:
    built = {NodeId(node_id): _node(node, flow.on, centre) for node_id, node in flow.nodes.items()}
    start = NodeId(flow.start)
    return ivr.Flow(name, start, built, _refuge(built, start))


def exit_of(node: nodes.Node, on: nodes.On | None, kind: str) -> str | None:
    """
    Where this way out of a node leads, as it is written: the node's own, else the flow's.

    None: the node has no such way out, or nobody has said where it leads.
    """
    if kind not in type(node).model_fields:
        return None
    own: str | None = getattr(node, kind)
    if own is not None or on is None:
        return own
    shared: str = getattr(on, kind)
    return shared


def _exits(node: nodes.Node, on: nodes.On | None) -> Exits:
    """Of the two that every node has, one that this kind cannot take is the other."""
    too_many, failure = exit_of(node, on, "too_many"), exit_of(node, on, "failure")
    return Exits(
        too_many=NodeId(too_many or failure or ""),
        failure=NodeId(failure or too_many or ""),
        no_input=_target(exit_of(node, on, "no_input")),
        no_match=_target(exit_of(node, on, "no_match")),
        hang_up=_target(exit_of(node, on, "hang_up")),
    )


def _target(written: str | None) -> NodeId | None:
    return None if written is None or written in _MODES_OF_EXIT else NodeId(written)


def _node(node: nodes.Node, on: nodes.On | None, centre: Centre) -> ivr.Node:
    match node:
        case nodes.SayNode():
            said = tuple(PromptId(prompt) for prompt in node.say)
            return ivr.Say(said, NodeId(node.next), _target(exit_of(node, on, "hang_up")))
        case nodes.MenuNode():
            return _menu(node, on, centre)
        case nodes.AskNode():
            return _ask(node, on, centre)
        case nodes.DigitsNode():
            return _digits(node, on)
        case (
            nodes.SetNode()
            | nodes.BranchNode()
            | nodes.HoursNode()
            | nodes.LanguageNode()
            | nodes.EnqueueNode()
            | nodes.GoodbyeNode()
        ):
            return _plain(node)
        case _:
            return _service(node, on, centre)


def _plain(
    node: nodes.SetNode
    | nodes.BranchNode
    | nodes.HoursNode
    | nodes.LanguageNode
    | nodes.EnqueueNode
    | nodes.GoodbyeNode,
) -> ivr.Node:
    """Of a node without exits but its own."""
    match node:
        case nodes.SetNode():
            return ivr.SetVars({VarName(name): text for name, text in node.set.items()}, NodeId(node.next))
        case nodes.BranchNode():
            return ivr.Branch(tuple(NodeId(case.to) for case in node.branch), NodeId(node.otherwise))
        case nodes.HoursNode():
            return ivr.Hours(node.hours, NodeId(node.open), NodeId(node.closed))
        case nodes.LanguageNode():
            return ivr.Language(node.language, NodeId(node.next))
        case nodes.EnqueueNode():
            return ivr.Enqueue(node.enqueue)
        case nodes.GoodbyeNode():
            return ivr.Goodbye(_prompt(node.goodbye))
        case _:
            assert_never(node)


def _service(
    node: nodes.LookupNode
    | nodes.IdentifyNode
    | nodes.CallbackNode
    | nodes.TransferNode
    | nodes.VoicemailNode
    | nodes.SurveyNode,
    on: nodes.On | None,
    centre: Centre,
) -> ivr.Node:
    """Of a node that needs something besides the caller."""
    exits = _exits(node, on)
    match node:
        case nodes.LookupNode():
            asked = {name: VarName(var) for name, var in node.with_.items()}
            ways = NodeId(node.found), NodeId(node.not_found)
            return ivr.LookUp(node.lookup, asked, *ways, exits, _prompt(node.saying))
        case nodes.IdentifyNode():
            ways = NodeId(node.next), NodeId(node.again)
            return ivr.Identify(node.identify, VarName(node.value), *ways, exits, node.tries)
        case nodes.CallbackNode():
            return _callback(node, exits)
        case nodes.TransferNode():
            to = node.transfer
            return ivr.Transfer(to.agent or "", to.number or "", node.ring, exits)
        case nodes.VoicemailNode():
            prompt, following = PromptId(node.prompt), NodeId(node.next)
            return ivr.Voicemail(node.voicemail, prompt, following, exits, node.longest, node.silence)
        case nodes.SurveyNode():
            return _survey(node, exits, centre)
        case _:
            assert_never(node)


def _menu(node: nodes.MenuNode, on: nodes.On | None, centre: Centre) -> ivr.Menu:
    return ivr.Menu(
        prompt=PromptId(node.menu),
        keys={digit: NodeId(target) for digit, target in node.keys.items()},
        exits=_exits(node, on),
        spoken=_prompt(node.spoken),
        phrases={key: spoken_in(centre.languages, texts) for key, texts in node.phrases.items()},
        tries=node.tries,
        timeout_ms=node.timeout,
        invalid=_prompt(node.invalid),
        silence=_prompt(node.silence),
        labels=dict(node.labels),
    )


def spoken_in(languages: list[str], texts: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """By language; what is said in every language is in each."""
    everywhere = texts.get(EVERY_LANGUAGE, [])
    found = {lang: (*texts.get(lang, ()), *everywhere) for lang in languages}
    return {lang: phrases for lang, phrases in found.items() if phrases}


def _ask(node: nodes.AskNode, on: nodes.On | None, centre: Centre) -> ivr.Ask:
    return ivr.Ask(
        prompt=PromptId(node.ask),
        intents={IntentId(intent): NodeId(target) for intent, target in node.intents.items()},
        keypad=NodeId(node.keypad),
        exits=_exits(node, on),
        keypad_key=node.keypad_key,
        tries=node.tries,
        timeout_ms=node.timeout,
        invalid=_prompt(node.invalid),
        silence=_prompt(node.silence),
        slots={slot: VarName(var) for slot, var in node.slots.items()},
        key=node.key,
        person=None if node.person is None else NodeId(node.person),
        labels={
            IntentId(name): centre.intents[name].label for name in node.intents if name in centre.intents
        },
    )


def _digits(node: nodes.DigitsNode, on: nodes.On | None) -> ivr.Digits:
    return ivr.Digits(
        prompt=PromptId(node.digits),
        into=VarName(node.into),
        next=NodeId(node.next),
        exits=_exits(node, on),
        shortest=node.length[0],
        longest=node.length[1],
        check=ivr.Check(node.check),
        confirm=node.confirm,
        secret=node.secret,
        spoken=_prompt(node.spoken),
        tries=node.tries,
        timeout_ms=node.timeout,
        between_ms=node.between_ms,
        invalid=_prompt(node.invalid),
        silence=_prompt(node.silence),
    )


def _callback(node: nodes.CallbackNode, exits: Exits) -> ivr.OfferCallback:
    return ivr.OfferCallback(
        queue=node.callback,
        prompt=PromptId(node.offer),
        accepted=NodeId(node.accepted),
        declined=NodeId(node.declined),
        exits=exits,
        number_prompt=_prompt(node.number),
        timeout_ms=node.timeout,
        tries=node.tries,
    )


def _survey(node: nodes.SurveyNode, exits: Exits, centre: Centre) -> ivr.Survey:
    survey = centre.surveys.get(node.survey)
    asked = () if survey is None else survey.questions
    questions = tuple(ivr.Question(one.id, PromptId(one.prompt), one.from_, one.to) for one in asked)
    return ivr.Survey(node.survey, questions, NodeId(node.next), exits, node.tries, node.timeout)


def _prompt(name: str | None) -> PromptId | None:
    return None if name is None else PromptId(name)


def _refuge(built: Mapping[NodeId, ivr.Node], start: NodeId) -> NodeId:
    """Where the first menu's key 0 leads; else the first queue in the file; else the first end."""
    node_id = start
    for _ in built:
        match built.get(node_id):
            case ivr.Say(next=following) | ivr.Language(next=following) | ivr.SetVars(next=following):
                node_id = following
            case ivr.Hours(open=following):
                node_id = following
            case ivr.Menu(keys=keys):
                node_id = keys.get("0", node_id)
            case ivr.Ask() as asking:
                node_id = asking.person or asking.exits.too_many
            case ivr.Enqueue():
                return node_id
            case _:
                break
    queues = [name for name, node in built.items() if isinstance(node, ivr.Enqueue)]
    ends = [name for name, node in built.items() if isinstance(node, ivr.Goodbye)]
    return (queues or ends or [start])[0]
