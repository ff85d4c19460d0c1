"""What a flow may learn of the caller's own record: nothing, before the caller has proven who they are."""

from __future__ import annotations

from collections.abc import Mapping

from centralita.store.customers import CustomerRecord
from ivr.actions import Failed, Found, NotFound
from ivr.flow import VarName

SOURCE = "customer"
UNPROVEN = "not proven"


def fetched(record: CustomerRecord | None, *, proven: bool) -> Found | NotFound | Failed:
    """
    The caller's record as variables: `name`, `segment`, `language`, and the fields of the centre's own.

    Args:
        record: Of who calls.
        proven: Whether the caller has proven in this call to be that customer; a number is no proof.
    """
    if not proven:
        return Failed(UNPROVEN)
    return NotFound() if record is None else Found(variables_of(record))


def variables_of(record: CustomerRecord) -> Mapping[VarName, str]:
    """What is known, as texts; what is not known is left out."""
    own = {"name": record.name, "segment": record.segment, "language": record.language}
    found: dict[VarName, str] = {}
    for name, value in {**own, **record.fields}.items():
        if isinstance(value, bool):
            found[VarName(name)] = "true" if value else "false"
        elif isinstance(value, str | int) and value != "":
            found[VarName(name)] = str(value)
    return found
