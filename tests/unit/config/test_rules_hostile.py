"""What somebody might write into a rule to get at the server: all of it is refused when read."""

from __future__ import annotations

import sys
from time import process_time

import pytest

from config.rules.errors import RuleError
from config.rules.expression import compile_expression
from config.rules.facts import facts_of
from config.rules.types import BOOL
from tests.unit.config.rules_scene import centre

pytestmark = pytest.mark.unit

FACTS = facts_of(centre())

HOSTILE = {
    "dunder": "call.from.__class__ == 'str'",
    "dunder call": "call.from.__class__.__mro__() == 'x'",
    "import": "__import__('os') == 'x'",
    "builtin": "exec('x')",
    "open": "open('/etc/passwd') == 'x'",
    "method": "call.to.upper() == 'A'",
    "method of a text": "'a'.upper() == call.to",
    "call of a value": "(call.to)('x')",
    "call of a call": "known(call.to)(call.to)",
    "list comprehension": "history.calls_24h in [x for x in call.to]",
    "generator": "known(x for x in call.to)",
    "lambda": "(lambda: true)()",
    "power": "history.calls_24h ** 9 > 3",
    "tower of powers": "9**9**9**9 > history.calls_24h",
    "product": "history.calls_24h * 999999999 > 3",
    "text times number": "call.to == 'a' * 1000000000",
    "formatted text": "call.to == f'{call.from}'",
    "bytes": "call.to == b'x'",
    "walrus": "(x := history.calls_24h) > 2",
    "assignment": "history.calls_24h = 3",
    "subscript": "call.to[0] == '9'",
    "slice": "call.to[0:2] == '90'",
    "dictionary": "{'a': 1} == call.to",
    "star": "first_known(*call.to) == 'x'",
    "double star": "first_known(**call.to) == 'x'",
    "keyword argument": "known(x=call.to)",
    "if-else": "call.withheld if true else call.withheld",
    "await": "await call.withheld",
    "yield": "(yield call.withheld)",
    "statement": "call.withheld; import os",
    "two lines": "call.withheld\nimport os",
    "comment": "call.withheld # and false",
    "backslash": "call.to == '\\x41'",
    "decorator": "@call.withheld",
    "ellipsis": "... == call.to",
    "huge number": "history.calls_24h > " + "9" * 4_000,
    "huge duration": "history.since_last > 99999999999999d",
    "hexadecimal": "history.calls_24h > 0xff",
    "octal": "history.calls_24h > 012",
    "underscores": "history.calls_24h > 1_000",
    "float": "history.calls_24h > 1e308",
    "complex": "history.calls_24h > 1j",
    "deep brackets": "(" * 500 + "true" + ")" * 400,
    "deep not": "not " * 200 + "true",
    "deep functions": "known(" + "first_known(call.to, " * 40 + "call.to" + ")" * 41,
    "long chain": " and ".join(["call.withheld"] * 600),
    "long text": "call.to == '" + "a" * 5_000 + "'",
    "long comparison": " < ".join(["history.calls_24h"] * 300),
    "cyrillic es": "\u0441all.to == 'x'",
    "full-width": "ｃall.to == 'x'",
    "mathematical": "𝒸all.to == 'x'",
    "combining": "cal\u0301l.to == 'x'",
    "right to left": "call.to == 'a\u202eb'",
    "zero width": "call.\u200bto == 'x'",
    "no-break space": "call.to\u00a0== 'x'",
    "null": "call.to == 'x'\0",
    "null in text": "call.to == 'x\0'",
    "new line in text": "call.to == 'x\ny'",
    "lone surrogate": "call.to == '\ud800'",
    "Python true": "call.withheld == True",
    "Python none": "call.to == None",
    "is": "call.withheld is true",
    "nothing": "",
    "spaces": "   \n ",
    "bare text": "'true'",
    "joined texts": "call.to == 'a' 'b'",
    "shell": "$(id) == call.to",
    "template": "{{7*7}} == call.to",
    "tuple": "call.to, call.from",
    "comparison of comparisons": "(call.withheld == true) == true",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_not_of_the_language_is_refused_with_its_place(text: str) -> None:
    """Every one gives a RuleError with a code, a column inside the text and words in both languages."""
    with pytest.raises(RuleError) as caught:
        compile_expression(text, FACTS, BOOL)

    for problem in caught.value.problems:
        assert problem.code and problem.es and problem.en
        assert 1 <= problem.column <= len(text) + 1
    assert str(caught.value).isprintable() or "\n" in str(caught.value)


def test_refusing_costs_nothing() -> None:
    """All of them together take less CPU than a person could notice: no blow-up hides in one."""
    began = process_time()
    for text in HOSTILE.values():
        with pytest.raises(RuleError):
            compile_expression(text, FACTS, BOOL)

    assert process_time() - began < 1.0


def test_names_of_python_are_not_reachable_from_a_compiled_rule() -> None:
    """The code object has no builtins and names only what the compiler itself put there."""
    compiled = compile_expression(
        "prefix_language(call.from) == es and min(history.calls_24h, 3) < 3 and customer.tier >= silver"
        " and call.withheld and customer.tier >= customer.tier and call.to in ['900']",
        FACTS,
        BOOL,
    ).evaluate

    code = compiled.__code__
    reachable = compiled.__globals__
    assert reachable["__builtins__"] == {}
    assert set(code.co_names) <= {"get", "__class__", *reachable}
    assert not code.co_freevars
    assert sys.getsizeof(code) < 2_000
