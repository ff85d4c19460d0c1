"""Waiting for something to become so."""

from __future__ import annotations

import pytest

from tests.support.polling import eventually

pytestmark = pytest.mark.unit


async def test_the_first_true_answer_comes_back() -> None:
    """What the predicate answered is returned, and it is not asked again."""
    answers = iter([0, "", None, "here", "never asked"])

    assert await eventually(lambda: next(answers), 5, every_s=0) == "here"
    assert next(answers) == "never asked"


async def test_an_async_predicate_is_awaited() -> None:
    """A coroutine is not an answer: what it returns is."""
    answers = iter([False, True])

    async def asked() -> bool:
        return next(answers)

    assert await eventually(asked, 5, every_s=0) is True


async def test_a_failed_assertion_means_not_yet() -> None:
    """A predicate may assert; the last message is in the failure."""
    answers = iter([1, 2, 3])

    def three() -> bool:
        value = next(answers)
        assert value == 3, f"only {value}"
        return True

    assert await eventually(three, 5, every_s=0)


async def test_the_failure_says_what_was_missing_and_what_was_seen() -> None:
    """Name and last answer are in the message, so that a failed run can be understood."""
    with pytest.raises(AssertionError, match=r"not within 0 s: the phone rings; last answer of 1: \[\]"):
        await eventually(list, 0, "the phone rings")


async def test_other_errors_are_not_waited_away() -> None:
    """A bug in the predicate shows at once."""
    with pytest.raises(KeyError):
        await eventually(lambda: dict[str, str]()["x"], 5)
