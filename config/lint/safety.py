"""Is nobody trapped or deceived: proofs that end at a person, hang-ups, look-ups that stay private?"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from config.build_flows import exit_of
from config.flow_nodes import Flow, IdentifyNode, SurveyNode
from config.flow_people import steps_to_person
from config.flow_ways import SPEAKING
from config.flow_words import PLACEHOLDER
from config.lint.report import Report
from config.problems import KeyPath
from config.schema import Centre

_HOME_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".home.arpa")
"""Names that are never public (RFC 6762, RFC 6761, RFC 8375, ICANN's .internal)."""


def lint_safety(centre: Centre, report: Report) -> None:
    """Add ways on which callers get lost. All flows must be sound."""
    for name, flow in centre.flows.items():
        _proofs(flow, report, ("flows", name))
        _hang_ups(flow, report, ("flows", name))
    for name, queue in centre.queues.items():
        after = None if queue.survey is None else centre.flows.get(queue.survey)
        if after is not None and not any(isinstance(node, SurveyNode) for node in after.nodes.values()):
            said = (f"«{queue.survey}» no pregunta ninguna encuesta", f'"{queue.survey}" asks no survey')
            fix = ("añada un nodo {survey: …}", "add a node {survey: …}")
            report.say("survey-missing", ("queues", name, "survey"), said, fix)


def _proofs(flow: Flow, report: Report, path: KeyPath) -> None:
    steps = steps_to_person(flow)
    for node_id, node in flow.nodes.items():
        target = exit_of(node, flow.on, "too_many") if isinstance(node, IdentifyNode) else None
        if target is not None and steps.get(target, 0) > 0:
            said = (
                "quien falla demasiadas veces no llega a una persona",
                "who fails too often does not reach a person",
            )
            fix = (
                "lleve «too_many» a un nodo {enqueue: cola}",
                'let "too_many" lead to a node {enqueue: queue}',
            )
            report.say("identify-person", (*path, "nodes", node_id), said, fix, at_key=True)


def _hang_ups(flow: Flow, report: Report, path: KeyPath) -> None:
    """Once where the flow says it for all its nodes, and wherever a node says it for itself."""
    shared = [] if flow.on is None else [(("on", "hang_up"), flow.on.hang_up)]
    own = [
        (("nodes", node_id, "hang_up"), getattr(node, "hang_up", None))
        for node_id, node in flow.nodes.items()
    ]
    for place, target in (*shared, *own):
        if isinstance(flow.nodes.get(target or ""), SPEAKING):
            said = (f"ya no hay nadie que oiga «{target}»", f'nobody is there any more to hear "{target}"')
            fix = ("end, o un nodo lookup, set o branch", "end, or a node lookup, set or branch")
            report.say("hang-up-speaks", (*path, *place), said, fix)


def lint_lookups(centre: Centre, report: Report) -> None:
    """Add look-ups that would tell strangers what callers key."""
    for name, lookup in centre.lookups.items():
        place: KeyPath = ("lookups", name, "url")
        host = lookup.url.split("//", 1)[-1].split("/", 1)[0].split("?", 1)[0]
        if "{" in host:
            said = (
                "una variable no puede decidir a quién se pregunta",
                "a variable must not choose who is asked",
            )
            fix = ("use {nombre} tras la primera /", "use {name} behind the first /")
            report.say("lookup-host", place, said, fix)
        elif lookup.url.startswith("http:") and not _is_home(_host_name(lookup.url)):
            said = (
                "http fuera de la red propia: cualquiera podría leerlo por el camino",
                "http beyond the own network: anybody on the way could read it",
            )
            report.say("lookup-http", place, said, ("use https", "use https"))


def _host_name(url: str) -> str:
    try:
        return urlsplit(PLACEHOLDER.sub("x", url)).hostname or ""
    except ValueError:
        return ""


def _is_home(host: str) -> bool:
    """Whether this is our machine or a private network, by address or by a name that only exists there."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return ("." not in host and host != "") or host.endswith(_HOME_ENDINGS)
    return address.is_loopback or address.is_private
