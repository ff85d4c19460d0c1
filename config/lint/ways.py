"""Does something lead to every queue, and does every queue lead on? Do hours ever open?"""

from __future__ import annotations

from config.check_queues import exits_of
from config.flow_nodes import CallbackNode, EnqueueNode
from config.lint.report import Report
from config.schema import Centre


def lint_exits(centre: Centre, report: Report) -> None:
    """A queue without exits keeps its callers for ever: all five are compulsory."""
    for name, queue in centre.queues.items():
        if queue.on is None and report.found.whole("queues", name):
            said = ("faltan las salidas «on»", 'the exits "on" are missing')
            fix = (
                "añada on: {closed, full, nobody_signed_in, nobody_could_ever, waited}",
                "add on: {closed, full, nobody_signed_in, nobody_could_ever, waited}",
            )
            report.say("missing-exits", ("queues", name), said, fix, at_key=True)


def lint_unused_queues(centre: Centre, report: Report) -> None:
    """No flow, exit, lower tier or web page leads there. All flows and queues must be sound."""
    nodes = [node for flow in centre.flows.values() for node in flow.nodes.values()]
    used = {node.enqueue for node in nodes if isinstance(node, EnqueueNode)}
    used |= {node.callback for node in nodes if isinstance(node, CallbackNode)}
    used |= {site.queue for site in centre.callbacks.sites.values()}
    for name, queue in centre.queues.items():
        ways = () if queue.on is None else exits_of(queue.on)
        used |= {way.name for _, way in ways if way.then == "queue" and way.name and way.name != name}
        used |= {queue.escalate} if queue.escalate is not None else set()
    for name in centre.queues:
        if name not in used:
            said = ("ningún menú ni salida lleva a esta cola", "no menu and no exit leads to this queue")
            fix = ("enlácela con {enqueue: …} o bórrela", "link to it with {enqueue: …} or delete it")
            report.say("queue-unused", ("queues", name), said, fix, at_key=True)


def lint_hours(centre: Centre, report: Report) -> None:
    """Hours without a single minute: every caller would find it closed."""
    for name, hours in centre.hours.items():
        spans = [span for texts in (*hours.week.values(), *hours.days.values()) for span in texts]
        if not spans:
            said = ("este horario no abre nunca", "these hours never open")
            fix = ('p. ej. week: {mon-fri: "09:00-18:00"}', 'e.g. week: {mon-fri: "09:00-18:00"}')
            report.say("hours-never-open", ("hours", name), said, fix, at_key=True)
