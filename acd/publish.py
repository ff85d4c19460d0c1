"""A configuration takes effect: agents change at once, who waits keeps the rules they joined by."""

from __future__ import annotations

from acd import agents
from acd import events as ev
from acd.line import leave, take_place
from acd.model import Phase, QueueId, QueueRules, Routing
from acd.records import ConfigApplied
from acd.state import IN_LINE, Former, State
from acd.turn import Turn


def publish(turn: Turn, event: ev.ConfigPublished) -> None:
    """Take a configuration up. With `move_waiting`, who waits changes rules, place and clocks kept."""
    _keep_former(turn.state, event.routing, turn.now_ms)
    turn.state.routing = event.routing
    agents.publish(turn, event.routing)
    moved: dict[QueueId, QueueRules] = dict(event.routing.queues) if event.move_waiting else {}
    for contact in turn.state.contacts.values():
        if contact.phase in IN_LINE and contact.rules is not None:
            leave(turn, contact)
            if contact.rules.id in moved:
                contact.rules, contact.config_version = moved[contact.rules.id], event.routing.version
            take_place(turn, contact)  # the language of those of whom none is known may have changed
        elif contact.phase is Phase.PROMISED and contact.rules is not None and contact.rules.id in moved:
            contact.rules, contact.config_version = moved[contact.rules.id], event.routing.version
    turn.remember(ConfigApplied(event.routing.version, turn.now_ms))


def _keep_former(state: State, routing: Routing, now_ms: int) -> None:
    """Queues that go stay in reach of those who are here already, and are forgotten with the last of them."""
    for queue, rules in state.routing.queues.items():
        if queue not in routing.queues:
            state.former[queue] = Former(rules, state.routing.version, now_ms)
    oldest_ms = min((contact.started_ms for contact in state.contacts.values()), default=now_ms + 1)
    for queue, former in list(state.former.items()):
        if queue in routing.queues or former.left_ms < oldest_ms:
            del state.former[queue]
