"""
Writes one more example phrase into the text of a configuration, where the list of examples stands.

Everything else stays letter by letter: comments, order, quotes, ends of lines. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import yaml

from config.tree import plain

LINE_MAX = 110
"""A list in brackets goes on in a new line beyond this."""
_BARE = re.compile(r"[^\W\d_][\w áéíóúüñÁÉÍÓÚÜÑ¿?¡!.'-]*[^\W_]")
"""What needs no quotes anywhere in YAML; everything else gets them."""


class NowhereError(LookupError):
    """There is no such intent in this text."""


def with_phrase(text: str, intent: str, language: str, phrase: str) -> str:
    """
    The text with this phrase as the last example.

    Args:
        text: One file of a configuration that can be read.
        intent: By name.
        language: Of the phrase; gets a list of its own if it has none yet.
        phrase: One line.

    Raises:
        NowhereError: The intent is not in this text.
    """
    examples = _examples(text, intent)
    word = _written(phrase)
    found = _value(examples, language)
    if isinstance(found, yaml.SequenceNode):
        return _into_list(text, found, word)
    return _new_language(text, examples, language, word)


def _examples(text: str, intent: str) -> yaml.MappingNode:
    """The group of this intent's examples."""
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    for name in ("intents", intent, "examples"):
        node = _value(node, name)
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise NowhereError(intent)
    return node


def _value(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _written(phrase: str) -> str:
    if _BARE.fullmatch(phrase) and isinstance(plain(phrase), str):
        return phrase
    return json.dumps(phrase, ensure_ascii=False)


def _into_list(text: str, found: yaml.SequenceNode, word: str) -> str:
    if not found.value:
        # "[]": between the brackets.
        return _inserted(text, found.end_mark.index - 1, word)
    if found.flow_style:
        return _after_in_brackets(text, found.value, word)
    return _line_below(text, found.value[-1], found.start_mark.column, f"- {word}")


def _after_in_brackets(text: str, items: Sequence[yaml.Node], word: str) -> str:
    last = items[-1]
    at, column = last.end_mark.index, last.end_mark.column
    if column + len(word) + 3 <= LINE_MAX:
        return _inserted(text, at, f", {word}")
    indent = " " * min(item.start_mark.column for item in items)
    return _inserted(text, at, f",{_end_of_line(text)}{indent}{word}")


def _new_language(text: str, examples: yaml.MappingNode, language: str, word: str) -> str:
    _, last = examples.value[-1]
    entry = f"{language}: [{word}]"
    if examples.flow_style:
        return _inserted(text, last.end_mark.index, f", {entry}")
    return _line_below(text, _deepest(last), examples.start_mark.column, entry)


def _deepest(node: yaml.Node) -> yaml.Node:
    """The last thing that is written of it: groups without brackets end where the next one begins."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def _line_below(text: str, last: yaml.Node, column: int, line: str) -> str:
    """A line of its own below what is there, and below what is remarked beside it."""
    break_ = _end_of_line(text)
    at, indented = last.end_mark.index, " " * column + line
    if last.end_mark.column == 0:  # a text of several lines ends at the beginning of the next
        return _inserted(text, at, f"{indented}{break_}")
    end = text.find("\n", at)
    if end < 0:
        return f"{text}{break_}{indented}{break_}"
    return _inserted(text, end + 1, f"{indented}{break_}")


def _inserted(text: str, at: int, more: str) -> str:
    return text[:at] + more + text[at:]


def _end_of_line(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
