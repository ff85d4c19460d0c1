"""Can the chosen policy work with its settings?"""

from __future__ import annotations

from acd.model import PolicyRules, Routing
from acd.routing.policies import build
from acd.routing.policies.tuned import NUMBERS
from config.findings import Findings
from config.problems import did_you_mean
from config.schema import Centre

_NOTHING = Routing("", {}, {})
_STEMS = {"tuned": [number.name for number in NUMBERS]}
"""What numbers each policy has, for the mend."""
_SEE = ("vea sus límites en docs/policies.md", "its limits are in docs/policies.md")


def check_policy(centre: Centre, found: Findings) -> None:
    """Add settings that the policy does not know or take; of numbers for what is not there, warn."""
    chosen = centre.routing
    if chosen.pick is not None and _refused(PolicyRules(chosen.policy, {}, {"pick": chosen.pick})):
        es, en = (
            f"la política «{chosen.policy}» no tiene «pick»",
            f'policy "{chosen.policy}" has no "pick"',
        )
        fix = ("quítelo, o ponga policy: fair", "remove it, or write policy: fair")
        found.error("policy", ("routing", "pick"), es, en, fix, at_key=True)
    for name, value in chosen.numbers.items():
        path = ("routing", "numbers", name)
        why = _refused(PolicyRules(chosen.policy, {name: value}, {}))
        if why:
            es = f"la política «{chosen.policy}» no admite «{name}: {value:g}»"
            known = _STEMS.get(chosen.policy, [])
            mend = _SEE if name in known else did_you_mean(name, known)
            found.error("policy", path, es, why, mend, at_key=True)
        elif not _leads_somewhere(name, found):
            es, en = "no es de ninguna cola, segmento ni habilidad", "is of no queue, segment or skill"
            fix = ("repita «centralita tune», o bórrelo", 'run "centralita tune" again, or delete it')
            found.warn("policy-unused", path, es, en, fix)


def _refused(rules: PolicyRules) -> str:
    """Why the policy cannot be built; empty if it can."""
    try:
        build(rules, _NOTHING)
    except ValueError as error:
        return str(error)
    return ""


def _leads_somewhere(name: str, found: Findings) -> bool:
    """What follows the first dot names something of the centre: `weight.ventas.oro`, `scarcity.lang.es`."""
    stem, _, rest = name.partition(".")
    if f"{stem}.QUEUE" not in _STEMS["tuned"]:
        return True
    if rest in found.names("queues") or rest in found.names("skills"):
        return True
    queue, _, segment = rest.partition(".")
    return queue in found.names("queues") and segment in found.names("segments")
