"""All of lint, in one pass over a configuration whose names and forms are checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from config.findings import Findings
from config.lint.conditions import lint_rules
from config.lint.listening import lint_listening
from config.lint.people import lint_people
from config.lint.pools import Pools
from config.lint.promises import lint_promises
from config.lint.proofs import lint_proofs
from config.lint.report import Report
from config.lint.safety import lint_lookups, lint_safety
from config.lint.sites import lint_sites
from config.lint.variables import lint_conditions, lint_variables
from config.lint.ways import lint_exits, lint_hours, lint_unused_queues
from config.schema import Centre


def lint(centre: Centre, found: Findings, texts: Mapping[Path, str]) -> None:
    """
    Add what can be read without error and still is a mistake.

    What needs the whole of a section is not judged while part of it is left out:
    one mistake, one message.

    Args:
        centre: The sound part of the configuration.
        found: Where problems go.
        texts: Its files as they were read.
    """
    report = Report(found, texts)
    whole = found.whole
    if whole("segments") and whole("languages") and whole("agents"):
        lint_rules(centre, report)
    if whole("agents") and whole("skills") and whole("queues") and not found.dangling("skills", "sites"):
        pools = Pools(centre)
        lint_people(centre, report, pools)
        lint_sites(centre, report, pools)
        if not found.dangling("queues") and whole("classify"):
            lint_promises(centre, report, pools)
    lint_exits(centre, report)
    if whole("flows") and whole("queues") and not found.dangling("queues"):
        lint_unused_queues(centre, report)
    lint_hours(centre, report)
    if whole("flows") and whole("facts") and whole("lookups") and whole("intents"):
        lint_conditions(centre, report)
        if not found.dangling("nodes", "lookups", "intents", "prompts", "surveys"):
            _lint_flows(centre, report)
    lint_lookups(centre, report)


def _lint_flows(centre: Centre, report: Report) -> None:
    """Add what can be judged only where every name leads somewhere."""
    if report.found.whole("prompts") and report.found.whole("surveys") and report.found.whole("queues"):
        lint_variables(centre, report)
        lint_proofs(centre, report)
        lint_safety(centre, report)
    if report.found.whole("speech") and report.found.whole("languages"):
        lint_listening(centre, report)
