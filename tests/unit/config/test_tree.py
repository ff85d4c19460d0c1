from __future__ import annotations

import time

import pytest

from config.tree import NODES_MAX, parse

pytestmark = pytest.mark.unit


def test_plain_words_stay_what_the_administrator_wrote() -> None:
    """Norway's `no`, numbers with a leading zero and times are text; 1.2 core values are not."""
    tree = parse('[no, yes, on, 012, 1:30, 0x1f, 1e3, 8, -3, 2.5, true, null, ~, "8", 0..10]', "f")

    assert tree.value == [
        "no", "yes", "on", "012", "1:30", "0x1f", "1e3", 8, -3, 2.5, True, None, None, "8", "0..10",
    ]  # fmt: skip
    assert tree.problems == []


def test_keys_are_always_text() -> None:
    """`900:` and `"900":` are the same number."""
    assert parse("{900: a, no: b, 1: c}", "f").value == {"900": "a", "no": "b", "1": "c"}


def test_every_key_and_value_has_its_place() -> None:
    """Lines and columns count from 1; what is missing lies at its nearest parent."""
    tree = parse("a:\n  b: [x, y]\nc: 1\n", "f")

    assert tree.mark(("a", "b"), at_key=True) == ("f", 2, 3)
    assert tree.mark(("a", "b", 1)) == ("f", 2, 10)
    assert tree.mark(("c",)) == ("f", 3, 4)
    assert tree.mark(("a", "missing", "deep")) == ("f", 2, 3)


def test_duplicate_keys_are_all_reported_and_the_first_one_counts() -> None:
    """Two values for one thing: nobody knows which was meant."""
    tree = parse("a: 1\nb: 2\na: {x: 3}\na: 4\n", "f")

    assert tree.value == {"a": 1, "b": 2}
    assert [(problem.code, problem.line) for problem in tree.problems] == [
        ("duplicate-key", 3),
        ("duplicate-key", 4),
    ]
    assert "línea 1" in str(tree.problems[0])


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: &x 1\nb: *x", "alias", 2),
        ("a: 1\nb: !!python/name:os.system x", "tag", 2),
        ("a: !secret x", "tag", 1),
        ("a: 1\n---\nb: 2", "one-document", 2),
        ("? [a, b]\n: 1", "key-not-text", 1),
        ("a: 1\n\tb: 2", "yaml", 2),
        ("a:\n  b: 1\n c: 2", "yaml", 3),
        ("a: 'x", "yaml", 1),
        ("a: \x07", "yaml", 1),
        ("*", "yaml", 1),
    ],
)
def test_what_nobody_writes_by_hand_is_refused_with_its_place(text: str, code: str, line: int) -> None:
    """Aliases, tags, second documents, odd keys and broken text are errors, never exceptions."""
    problems = parse(text, "f").problems

    assert [(problem.code, problem.line) for problem in problems] == [(code, line)]


@pytest.mark.parametrize(
    "bomb",
    [
        "[" * 500_000,
        "{a: " * 200_000,
        "- " * 400_000 + "a",
        "[" + "1," * (NODES_MAX + 10) + "1]",
        "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(f"b{i}: &b{i} [*a,*a,*a,*a,*a]\n" for i in range(1_000)),
    ],
    ids=["brackets", "braces", "dashes", "items", "aliases"],
)
def test_bombs_cost_neither_time_nor_memory(bomb: str) -> None:
    """Nesting, size and alias bombs end in a problem within seconds (libyaml alone takes minutes)."""
    started = time.monotonic()
    tree = parse(bomb, "f")

    assert tree.problems
    assert time.monotonic() - started < 5
