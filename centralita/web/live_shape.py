"""The shape of `GET /api/live` and of the stream's `snapshot`: what is true at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

Answers = Literal["screen", "command", "by_hand"]


class LiveWait(TypedDict):
    """An estimate, milliseconds; eight in ten end between `low_ms` and `high_ms`."""

    mean_ms: int
    low_ms: int
    high_ms: int


class LiveQueue(TypedDict):
    id: str
    open: bool | None
    """Whether the opening hours hold; null for a queue without hours, which is always open."""
    until_ms: int | None
    """When `open` changes next, UTC ms; null for never, or not within what the calendar can see."""
    waiting: int
    """Contacts in the queue that nobody has answered yet, offered ones included."""
    callbacks: int
    """Contacts to be called back; those that are not to be called just now are not among the waiting."""
    longest_wait_since_ms: int | None
    """Since when the longest waiting contact waits, UTC ms; null when nobody waits."""
    ready: int
    """Agents who could be offered a contact of this queue now (at some step, in some language)."""
    busy: int
    """Agents of this queue who ring, talk or wrap up, for whichever queue."""
    not_ready: int
    """Agents of this queue who are signed in, do nothing and cannot be offered anything."""
    talking: int
    """Contacts of this queue with an agent."""
    escalate_to: str | None
    """The next tier, to which agents may hand contacts of this queue over."""
    wait: LiveWait | None
    """Estimated for one who calls now; null without a model."""


class LiveAgent(TypedDict):
    id: str
    name: str
    """For people; the id where none is known."""
    presence: str
    """acd.model.Presence"""
    activity: str
    """acd.model.Activity"""
    reason: str
    reachable: bool
    """The agent's phone is registered."""
    in_use: bool
    """The phone has a call of its own, none of ours."""
    desktop: str
    """acd.model.Desktop; "gone" is a veto."""
    since_ms: int
    """Since when the agent has been in this state, UTC ms."""
    contact_id: str | None
    resting_until_ms: int | None
    wrap_until_ms: int | None
    wrap_extensions: int
    """How often this wrap-up can still be extended; 0 outside of wrap-up."""
    pending: str | None
    """acd.model.Presence that the agent gets when the contact in hand is over; null for none."""
    pending_reason: str
    team: int
    """Place in `Live.teams` of the queues that the agent could serve; 0 for none."""
    talk: Literal["talking", "held", "consulting", "conference", "dialling", "asked"] | None
    """
    What the agent does with `contact_id`: talks to it, has it on hold, asks somebody meanwhile, talks in a
    conference, calls the customer, or is asked by the agent who has it (`activity` tells whether the phone
    only rings). Null when it rings for a contact, is wrapped up, or there is none.
    """
    answers: Answers
    """How `answer` makes the phone pick up: by the agent's own page, by the switch, or not at all."""


class LiveReason(TypedDict):
    """One reason why a contact waits, with how many agents it holds back."""

    code: str
    """
    What keeps agents who could serve (acd.routing.eligible.Veto), or "turn" when some are free and others
    come first, or "nobody" when nobody could, or "nobody_yet" when a later step asks for less. After that
    "skill" for those who could not.
    """
    agents: int
    skill: str | None
    """What is missing, for "skill"."""


class LiveConsult(TypedDict):
    """Whom the agent of a contact asks meanwhile."""

    agent: str | None
    """Null: somebody outside."""
    outside: bool
    state: Literal["ringing", "up"]
    """`up`: they talk."""
    since_ms: int
    """Of this state, UTC ms."""


class LiveContact(TypedDict):
    id: str
    phase: str
    """acd.model.Phase, never "closed"."""
    direction: str
    """acd.model.Direction: `outbound` when an agent has called the customer."""
    queue: str | None
    position: int | None
    """1 is next; null when not waiting."""
    since_ms: int
    """Since when the contact has been in this phase, UTC ms; for one who waits, since first queued."""
    agent: str | None
    hold_since_ms: int | None
    """Since when the agent has it on hold, UTC ms; null when it is not."""
    muted: bool
    """It does not hear its agent."""
    consult: LiveConsult | None
    conference: bool
    """It talks to two at a time."""
    with_outside: bool
    """Somebody outside has taken it over, is called to take it over, or is in the conference."""
    absent: bool
    """Nobody is on the line: it waits to be called back."""
    promised_ms: int | None
    """Since when it is promised a call, UTC ms; null: it is not, or has been called."""
    number: str | None
    """E.164, null when not known for sure."""
    customer: str
    """Name in the record that the number belongs to; empty for none. A number can be forged."""
    verified: bool | None
    """Whether they have proven who they are; false: tried too often in vain, null: nobody has asked."""
    language: str
    """Of the caller, ISO 639-1; the centre's own where nothing is known."""
    segment: str
    """Of the customer; empty for none."""
    head_start_ms: int
    """How much earlier than it came the contact counts as queued."""
    step: str
    """Of the queue, empty for none."""
    wait: LiveWait | None
    """Estimated rest of the wait; null unless it waits, or without a model."""
    why: list[LiveReason]
    """Why nobody has been offered this contact; empty unless it waits."""


class LiveSpeech(TypedDict):
    """Counters since the start, and how things are now, by name."""

    recognition: Mapping[str, int]
    """Of the recognizers: slots and how many are taken, workers, what was refused and why."""
    line: Mapping[str, int]
    """Of the questions put to callers who may speak: how they ended, and what cut them short."""


class Live(TypedDict):
    at_ms: int
    seq: int
    """The journal seq this includes: an event with `seq // 4096 <= seq` is already in it."""
    config_version: str
    alarms: list[str]
    """What an administrator has to mend, each "español / English"; calls go on all the same."""
    queues: list[LiveQueue]
    teams: list[list[str]]
    """Each set of queues that some agent could serve, by queue id; the first is empty."""
    agents: list[LiveAgent]
    contacts: list[LiveContact]
    speech: LiveSpeech
    """How callers are heard."""
