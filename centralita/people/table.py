"""The table of rights as it stands in docs/people.md; `python -m centralita.people.table` prints both."""

from __future__ import annotations

from centralita.people.rights import ROLES, SAID, Right, Role

_HEADS = {"es": "derecho", "en": "right"}


def table(language: str) -> list[str]:
    """Lines of Markdown: a row for each right, a column for each role; `language` is "es" or "en"."""
    at = ("es", "en").index(language)
    lines = [
        f"| {_HEADS[language]} | | {' | '.join(role.value for role in Role)} |",
        f"|---|---|{':-:|' * len(Role)}",
    ]
    for right in Right:
        marks = " | ".join("✓" if right in ROLES[role] else "" for role in Role)
        lines.append(f"| `{right.value}` | {SAID[right][at]} | {marks} |")
    return lines


if __name__ == "__main__":
    for each in ("es", "en"):
        print("\n".join(table(each)), end="\n\n")  # noqa: T201
