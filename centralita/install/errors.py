"""What an installation step says when it cannot go on."""

from __future__ import annotations


class InstallError(Exception):
    """
    A step failed for a reason that a person can mend.

    The text is complete: what failed, where, and what to do, in Spanish and then in English.
    """


def both(spanish: str, english: str) -> str:
    """One line in the two languages of the house."""
    return f"{spanish} / {english}"


def failure(spanish: str, english: str, detail: str = "") -> InstallError:
    """
    Make the error of a failed step.

    Args:
        spanish: What failed and how to mend it.
        english: The same.
        detail: What the failed program itself said; shown indented below, empty for nothing.
    """
    shown = "".join(f"\n    {line}" for line in detail.strip().splitlines())
    return InstallError(f"{spanish}\n{english}{shown}")
