"""
The nodes that ask, put and answered: menus, open questions, surveys; numbers and offers stand apart. Pure.

Any input is legal; what does not fit is taken as if nothing had come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ivr import numbers, offers
from ivr.actions import Deaf, Done, Heard, Input, KeepAnswer, Listen, Mode
from ivr.asking import Scene, answered, key_of, to_keypad, told
from ivr.flow import Ask, Digits, Flow, IntentId, Language, Menu, NodeId, OfferCallback, Survey, VarName
from ivr.phrases import digit_options, menu_options
from ivr.picking import Missed, Question, check, checked, denied, pick, put
from ivr.state import Choice, Doing, Go, Move, Passed, State, Stay, World

INTENT = VarName("intent")
"""The variable that holds why the caller calls, once an open question has told it."""

Asking = Menu | Ask | Digits | OfferCallback | Survey


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of a flow at one moment."""

    flow: Flow
    world: World

    @property
    def scene(self) -> Scene:
        return Scene(self.flow.id, self.world)

    def put(self, state: State, node: Asking, key: str | None = None) -> Move:
        """Ask; a key that was pressed before may answer an open question."""
        match node:
            case Menu():
                return put(self.scene, state, self._of_menu(state, node))
            case Ask():
                return self._ask(state, node, key)
            case Digits():
                return numbers.ask(self.scene, state, node)
            case OfferCallback():
                return offers.ask(self.scene, state, node)
            case Survey():
                return self._next_question(state, node)

    def answer(self, state: State, node: Asking, answer: Input) -> Move:
        """Take what came."""
        match node:
            case Menu():
                return self._answer_menu(state, node, answer)
            case Ask():
                return self._answer_ask(state, node, answer)
            case Digits():
                return numbers.answer(self.scene, state, node, answer)
            case OfferCallback():
                return offers.answer(self.scene, state, node, answer)
            case Survey():
                return self._answer_survey(state, node, answer)

    # Menus

    def _of_menu(self, state: State, node: Menu) -> Question:
        options = menu_options(node.keys, node.phrases, self.scene.language(state))
        return Question(
            node.prompt, "".join(node.keys), node.timeout_ms, node.spoken, options, free_key(node)
        )

    def _answer_menu(self, state: State, node: Menu, answer: Input) -> Move:
        picked = pick(self.scene, state, self._of_menu(state, node), answer)
        if isinstance(picked, Stay):
            return picked
        if not isinstance(picked, Missed) and picked.key in node.keys:
            # Taken: the same key must not answer the next menu as well.
            chosen = self.chosen(state.node, node, picked.key)
            return Go(passing(picked.state, chosen), node.keys[picked.key])
        is_silence = isinstance(picked, Missed) and picked.is_silence
        notice = node.silence if is_silence else node.invalid
        missed = self.scene.missed(picked.state, node.exits, is_silence=is_silence, notice=notice)
        return missed if isinstance(missed, Go) else self.put(missed, node)

    def chosen(self, node_id: NodeId, menu: Menu, key: str) -> Passed:
        """What is told of a menu that was answered."""
        to_language = isinstance(self.flow.nodes.get(menu.keys[key]), Language)
        return Passed(node_id, key, menu.label(key), is_reason=not to_language)

    # Open questions

    def _ask(self, state: State, node: Ask, key: str | None = None) -> Move:
        if not self.scene.listens(state, free_speech=True):
            return Go(state, node.keypad, key)
        if key is not None and key in {node.keypad_key, node.key}:
            return self._keyed_ask(state, node, key)
        listen = Listen((node.prompt,), node.timeout_ms, intents=True)
        return self.scene.by_voice(state, listen, keypad_key=node.keypad_key)

    def _answer_ask(self, state: State, node: Ask, answer: Input) -> Move:
        if state.choice is not None:
            return self._ask_checked(state, node, state.choice, answer)
        if isinstance(answer, Heard):
            return self._ask_heard(state, node, answer)
        if isinstance(answer, Deaf):
            return Go(state, node.keypad)
        key = key_of(answer)
        if key is not None and key in {node.keypad_key, node.key}:
            return self._keyed_ask(state, node, key)
        if key is not None and key in self._keys_of(node.keypad):
            return Go(answered(state, Mode.KEYS), node.keypad, key)
        return self._ask_again(state, node, is_silence=key is None)

    def _keyed_ask(self, state: State, node: Ask, key: str) -> Move:
        """The two keys of an open question: to the keypad, and to a person."""
        if key == node.keypad_key:
            return Go(to_keypad(answered(state, None)), node.keypad)
        return Go(answered(state, None), node.exits.too_many if node.person is None else node.person)

    def _keys_of(self, node_id: NodeId) -> str:
        node = self.flow.nodes.get(node_id)
        return "".join(node.keys) if isinstance(node, Menu) else ""

    def _ask_heard(self, state: State, node: Ask, heard: Heard) -> Move:
        limits, intent = self.world.limits, IntentId(heard.intent)
        too_faint = heard.confidence < limits.confirm or heard.sure < limits.intent_confirm
        if intent not in node.intents or too_faint:
            state = told(state, self.scene.utterance(state, heard), "missed")
            return self._ask_again(state, node, is_silence=False)
        said = self.scene.utterance(state, heard, intent)
        choice = Choice(intent, node.label(intent), said, heard.slots)
        if heard.sure < limits.intent_accept:
            return check(self.scene, state, choice)
        return self._meant(told(state, said, "taken"), node, choice)

    def _ask_checked(self, state: State, node: Ask, choice: Choice, answer: Input) -> Move:
        verdict = checked(self.scene, state, choice, answer)
        if isinstance(verdict, Stay):
            return verdict
        if verdict and choice.value in node.intents:
            return self._meant(told(state, choice.heard, "confirmed"), node, choice)
        return self._ask_again(denied(state, choice), node, is_silence=False)

    def _meant(self, state: State, node: Ask, choice: Choice) -> Move:
        intent = IntentId(choice.value)
        slots = {name: choice.slots[slot] for slot, name in node.slots.items() if choice.slots.get(slot)}
        state = answered(state.with_vars({INTENT: intent, **slots}), Mode.SPEECH)
        passed = Passed(state.node, intent, node.label(intent), is_reason=True)
        return Go(passing(state, passed), node.intents[intent])

    def _ask_again(self, state: State, node: Ask, *, is_silence: bool) -> Move:
        notice = node.silence if is_silence else node.invalid
        missed = self.scene.missed(state, node.exits, is_silence=is_silence, notice=notice)
        return missed if isinstance(missed, Go) else self._ask(missed, node)

    # Surveys

    def _of_survey(self, state: State, node: Survey) -> Question:
        asked = node.questions[state.question]
        keys = "".join(key for key in "0123456789" if asked.low <= int(key) <= asked.high)
        options = digit_options(keys, self.scene.language(state))
        return Question(asked.prompt, keys, node.timeout_ms, asked.prompt, options)

    def _next_question(self, state: State, node: Survey) -> Move:
        if state.question >= len(node.questions):
            return Go(replace(state, question=0), node.next)
        return put(self.scene, state, self._of_survey(state, node))

    def _answer_survey(self, state: State, node: Survey, answer: Input) -> Move:
        if state.question >= len(node.questions):
            return self._next_question(state, node)
        if state.doing is Doing.WAITING:
            return self._rated(state, node, answer)
        picked = pick(self.scene, state, self._of_survey(state, node), answer)
        if isinstance(picked, Stay):
            return picked
        if not isinstance(picked, Missed):
            action = KeepAnswer(node.survey, node.questions[state.question].id, int(picked.key))
            return Stay(replace(picked.state, doing=Doing.WAITING), action)
        missed = self.scene.missed(picked.state, node.exits, is_silence=picked.is_silence, notice=None)
        if isinstance(missed, Go):
            return replace(missed, state=replace(missed.state, question=0))
        return self._next_question(missed, node)

    def _rated(self, state: State, node: Survey, answer: Input) -> Move:
        if not isinstance(answer, Done):
            return Go(replace(state, question=0), node.exits.failure)
        following = replace(
            state,
            question=state.question + 1,
            tries_left=max(node.tries, 1),
            is_deaf=False,
            doing=Doing.ASKING,
        )
        return self._next_question(following, node)


def free_key(menu: Menu) -> str:
    """The key that leads to the keypad's question: 1, unless the menu has it for something; then a sign."""
    return next((key for key in "1*#" if key not in menu.keys), "")


def passing(state: State, passed: Passed) -> State:
    """With one more thing told of this step."""
    return replace(state, passed=(*state.passed, passed))
