"""Who is asked how it went, and what they answered: into the customer's profile, with agent and reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from acd.model import ContactId
from acd.state import Contact, State
from centralita.services.walks import Later, Walks
from centralita.store.surveys import Answer, write_answer
from config.build_services import Survey

_WHOLE = 10_000


def is_sampled(contact_id: str, survey: Survey, segment: str) -> bool:
    """Whether this contact is asked: a keyed hash, so that asking again gives the same answer."""
    share = survey.sample.get(segment, survey.sample_otherwise)
    digest = hashlib.blake2b(f"{survey.id}/{contact_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _WHOLE < share * (_WHOLE // 100)


@dataclass(frozen=True, slots=True)
class Surveys:
    """
    Args:
        write: See `services.written`.
        walks: What flows know of their callers.
        state: The engine's, for reading.
        intent: Why a contact calls, where its flow has no intent: what was chosen in the menu.
        now_ms: UTC.
    """

    write: Later
    walks: Walks
    state: Callable[[], State]
    intent: Callable[[ContactId], str]
    now_ms: Callable[[], int]

    def wants(self, contact_id: ContactId, survey: Survey | None) -> bool:
        """Whether a caller who has talked to an agent is asked."""
        contact = self.state().contacts.get(contact_id)
        if survey is None or contact is None or not talked_to(contact):
            return False
        return is_sampled(contact_id, survey, contact.segment)

    def keep(self, contact_id: ContactId, survey: str, question: str, value: int) -> None:
        """See `ivr.ports.Services`."""
        contact = self.state().contacts.get(contact_id)
        answer = Answer(
            contact_id=contact_id,
            survey=survey,
            question=question,
            value=value,
            agent=talked_to(contact) if contact is not None else "",
            intent=self.walks.intent(contact_id) or self.intent(contact_id),
            queue=queue_of(contact) if contact is not None else "",
            segment=contact.segment if contact is not None else "",
            at_ms=self.now_ms(),
        )
        self.write.later(contact_id, partial(write_answer, answer=answer))


def talked_to(contact: Contact) -> str:
    """The agent who talked to the caller last; empty: nobody."""
    agents = [part.agent_id for part in contact.segments if part.kind == "talking" and part.agent_id]
    return str(agents[-1]) if agents else ""


def queue_of(contact: Contact) -> str:
    """Of the last talk; else where the contact waits or waited."""
    queues = [part.queue for part in contact.segments if part.kind == "talking" and part.queue]
    if queues:
        return str(queues[-1])
    return str(contact.rules.id) if contact.rules is not None else ""
