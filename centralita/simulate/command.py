"""The command `centralita simulate`: options in, results out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from centralita.simulate.cases import load, only
from centralita.simulate.choice import choose
from centralita.simulate.results import Result, as_json, lines
from centralita.simulate.run import plan, run


def simulate(
    file: Path,
    say: Callable[[str], None],
    *,
    name: str | None = None,
    policy: str | None = None,
    weights: Path | None = None,
    seed: int = 1,
    as_json_text: bool = False,
    workers: int | None = None,
) -> bool:
    """
    Run the cases of a file and tell what came of each.

    Args:
        file: Of reference cases.
        say: Gets the output, line by line.
        name: Only cases of this name; None: all.
        policy: In place of the cases' own rules; None: those.
        weights: Settings of a policy, as `centralita tune` writes them.
        seed: Of all that is drawn.
        as_json_text: One JSON list instead of lines.
        workers: Processes; None: one for each core.

    Returns:
        Whether every figure is within its tolerance and every goal is reached.

    Raises:
        CasesError: The file, a name or an option cannot be used; says how to mend it.
    """
    everything = load(file)
    cases = everything if name is None else only(everything, name)
    choice = choose(policy, weights)
    named = policy or ("" if weights is None else "tuned")
    if weights is not None:
        named = f"{named} ({weights.name})"
    results: list[Result] = []
    for result in run(plan(cases, everything, choice, named, seed), workers=workers):
        results.append(result)
        if not as_json_text:
            for line in lines(result):
                say(line)
    if as_json_text:
        say(json.dumps([as_json(result) for result in results], ensure_ascii=False, indent=1))
    else:
        say(_summary(results))
    return all(result.ok for result in results)


def _summary(results: list[Result]) -> str:
    skipped = sum(1 for result in results if result.skipped)
    failed = sum(1 for result in results if not result.ok)
    good = len(results) - skipped - failed
    return (
        f"bien / ok: {good}; fuera de tolerancia / outside tolerance: {failed}; omitidos / skipped: {skipped}"
    )
