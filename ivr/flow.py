"""
A flow as data: nodes that speak, ask, look things up, branch, queue or say goodbye.

Everything here is a frozen value without behaviour. `config` builds and checks
flows; `ivr.interpreter` walks them and stays total even over a flow that was
never checked.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType

NodeId = NewType("NodeId", str)
"""A node's name, unique within its flow."""

PromptId = NewType("PromptId", str)
"""A prompt's name in the configuration; one text (or recording) per language."""

VarName = NewType("VarName", str)
"""Something that is known of this call: keyed, spoken, looked up or set. Rules see it as `ivr.NAME`."""

IntentId = NewType("IntentId", str)
"""Why somebody calls, as the configuration names it under `intents`."""

DIGITS = "0123456789*#"
"""All that a caller can key."""


@dataclass(frozen=True, slots=True)
class Exits:
    """
    The ways out of a node other than those it is for.

    None for `no_input` and `no_match` asks again, as often as the node's tries allow;
    None for `hang_up` ends the walk with the caller.
    """

    too_many: NodeId
    """After the last try."""
    failure: NodeId
    """Something of ours does not work: a look-up, the recording, the telephone line."""
    no_input: NodeId | None = None
    no_match: NodeId | None = None
    hang_up: NodeId | None = None
    """Walked without the caller: nodes that speak or ask end it."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak, then go on. A key pressed meanwhile counts for the menu it leads into."""

    prompts: tuple[PromptId, ...]
    next: NodeId
    hang_up: NodeId | None = None


Phrases = Mapping[str, tuple[str, ...]]
"""By language, what somebody may say who means this."""


@dataclass(frozen=True, slots=True)
class Menu:
    """
    Ask for one key, or for what it stands for.

    `tries` counts how often the question is put, 1 or more. `timeout_ms` runs
    from the end of the prompt.
    """

    prompt: PromptId
    """The question for the keypad ("pulse")."""
    keys: Mapping[str, NodeId]
    exits: Exits
    spoken: PromptId | None = None
    """The question for the voice ("diga"); None: this menu is for keys only."""
    phrases: Mapping[str, Phrases] = field(default_factory=dict)
    """By key. The digit's own name always counts as well."""
    tries: int = 3
    timeout_ms: int = 5_000
    invalid: PromptId | None = None
    """Said after a key or words that the menu does not have; None repeats the question only."""
    silence: PromptId | None = None
    """Said after nothing at all."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What a key stands for, in words for agents; without one, the name of the node it leads to."""

    def label(self, key: str) -> str:
        """Of a key that the menu has."""
        return self.labels.get(key) or self.keys[key]


@dataclass(frozen=True, slots=True)
class Ask:
    """
    An open question: the caller says in their own words why they call.

    Without speech (no recognizer, no model, too many misses, a caller who prefers keys or
    presses `keypad_key`) the caller goes to `keypad`.
    """

    prompt: PromptId
    intents: Mapping[IntentId, NodeId]
    keypad: NodeId
    """Where the same is chosen by keys."""
    exits: Exits
    keypad_key: str = "1"
    tries: int = 2
    timeout_ms: int = 6_000
    invalid: PromptId | None = None
    silence: PromptId | None = None
    slots: Mapping[str, VarName] = field(default_factory=dict)
    """What else is taken from the words: "digits", "date", "amount" -> the variable that holds it."""
    key: str = "0"
    """Leads to a person at once."""
    person: NodeId | None = None
    """Where `key` leads; None: `exits.too_many`."""
    labels: Mapping[IntentId, str] = field(default_factory=dict)
    """What an intent is called when it is asked back, and for agents; without one, its name."""

    def label(self, intent: IntentId) -> str:
        """Of any intent."""
        return self.labels.get(intent) or intent


class Check(enum.StrEnum):
    """How a number proves itself; formulas in `ivr.check_digits`."""

    NONE = "none"
    LUHN = "luhn"
    """ISO/IEC 7812-1 annex B: cards, many order numbers."""
    DNI = "dni"
    """Spanish identity card or NIE: digits and a letter, which callers say or leave out."""
    MOD11 = "mod11"
    """Weights 2 to 7 from the right, remainder from 11; 10 and 11 give no valid number and 0."""
    MOD97 = "mod97"
    """ISO 7064 MOD 97-10, two check digits at the end."""
    GS1 = "gs1"
    """GS1 mod 10 (weights 3 and 1): parcels (SSCC), articles (EAN)."""


@dataclass(frozen=True, slots=True)
class Digits:
    """Ask for a number of several digits, keyed or spoken, and keep it."""

    prompt: PromptId
    into: VarName
    next: NodeId
    exits: Exits
    shortest: int = 1
    longest: int = 20
    check: Check = Check.NONE
    confirm: bool = False
    """Read back and asked for; what was spoken is always read back unless it is secret."""
    secret: bool = False
    """
    Keyed only, never spoken; kept in memory until a look-up or identification has used it,
    and by no log, event, record or trace.
    """
    spoken: PromptId | None = None
    """The question when the number may be spoken; None: keys only."""
    tries: int = 3
    timeout_ms: int = 6_000
    """Until the first digit, from the end of the prompt."""
    between_ms: int = 3_000
    """Between digits; `#` ends at once."""
    invalid: PromptId | None = None
    silence: PromptId | None = None


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask a source for something while the caller hears music; not known in time is `unknown`."""

    source: str
    """`customer` for the customer's record, or one of `lookups` of the configuration."""
    arguments: Mapping[str, VarName]
    """Name in the request -> the variable that holds it."""
    found: NodeId
    not_found: NodeId
    exits: Exits
    """`failure` also when it took too long."""
    saying: PromptId | None = None
    """Said before, so that nobody wonders about the pause."""


@dataclass(frozen=True, slots=True)
class Identify:
    """
    Let the caller prove who they are: what `value` holds is compared with the record.

    After `tries` failures in the whole call, whichever node they happened at, the
    caller goes to `exits.too_many`, marked as not verified.
    """

    by: str
    """`pin`, or a field of the record (`document`)."""
    value: VarName
    next: NodeId
    """Proven: trust is now `pin`."""
    again: NodeId
    """Not proven: where it is asked again."""
    exits: Exits
    """`failure`: the record could not be asked, or there is none for this caller."""
    tries: int = 3


@dataclass(frozen=True, slots=True)
class SetVars:
    """Put values into variables; `{name}` in a value stands for a variable's."""

    values: Mapping[VarName, str]
    next: NodeId


@dataclass(frozen=True, slots=True)
class Branch:
    """The first case that holds; conditions are written in the rule language and judged outside."""

    cases: tuple[NodeId, ...]
    """In the order of the conditions that the configuration has for this node."""
    otherwise: NodeId


@dataclass(frozen=True, slots=True)
class Hours:
    """Which way by the clock: the hours of this name hold now, or they do not."""

    hours: str
    open: NodeId
    closed: NodeId


@dataclass(frozen=True, slots=True)
class Language:
    """From here on the caller is spoken to in this language ("es", "en")."""

    language: str
    next: NodeId


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Wait for a person in this queue."""

    queue: str


@dataclass(frozen=True, slots=True)
class OfferCallback:
    """Promise to call back, place in the queue kept: key 1 accepts, 2 asks for another number."""

    queue: str
    prompt: PromptId
    accepted: NodeId
    declined: NodeId
    exits: Exits
    number_prompt: PromptId | None = None
    """Asks for another number; None: only the number that calls is offered, which must not be withheld."""
    timeout_ms: int = 5_000
    tries: int = 2


@dataclass(frozen=True, slots=True)
class Transfer:
    """Ring somebody for the caller: an agent by name, or a number outside that a trunk allows."""

    agent: str = ""
    number: str = ""
    ring_ms: int = 20_000
    exits: Exits = Exits(NodeId(""), NodeId(""))
    """`failure`: not reached."""


@dataclass(frozen=True, slots=True)
class Voicemail:
    """Take a message for a queue's people; `#` or silence ends it."""

    box: str
    """A queue."""
    prompt: PromptId
    next: NodeId
    exits: Exits
    """`no_input`: nothing was said."""
    longest_ms: int = 120_000
    silence_ms: int = 4_000


@dataclass(frozen=True, slots=True)
class Question:
    """One of a survey: a digit from `low` to `high`, keyed or spoken."""

    id: str
    prompt: PromptId
    low: int = 1
    high: int = 5


@dataclass(frozen=True, slots=True)
class Survey:
    """Ask the questions in turn; each answer is kept at once, so a half-finished survey counts."""

    survey: str
    questions: tuple[Question, ...]
    next: NodeId
    exits: Exits
    tries: int = 2
    timeout_ms: int = 5_000


@dataclass(frozen=True, slots=True)
class Goodbye:
    """End the call, after a last word if there is one."""

    prompt: PromptId | None = None


Node = (
    Say
    | Menu
    | Ask
    | Digits
    | LookUp
    | Identify
    | SetVars
    | Branch
    | Hours
    | Language
    | Enqueue
    | OfferCallback
    | Transfer
    | Voicemail
    | Survey
    | Goodbye
)


@dataclass(frozen=True, slots=True)
class Flow:
    """
    One tree.

    `refuge` is where a caller goes who wanders too long or whom the flow leads
    nowhere: an `Enqueue` wherever the flow has one.
    """

    id: str
    start: NodeId
    nodes: Mapping[NodeId, Node]
    refuge: NodeId
