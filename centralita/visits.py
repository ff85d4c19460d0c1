"""What a caller's AGI request says, in the words of whoever serves callers."""

from __future__ import annotations

from centralita.callers import Visit
from cti.asterisk.agi.request import AgiRequest
from cti.asterisk.caller import is_withheld


def not_calling(entry: str) -> Visit:
    """For the rules: somebody who is not on the line; `entry` is the way they asked to be called by."""
    return Visit("", "", "", entry, "", "", came_back=False, number="", name="", withheld=False)


def visit_of(request: AgiRequest, switch: str) -> Visit:
    """One visit of a caller of this switch; what the dialplan passes on stands in the request's query."""
    query = request.query
    return Visit(
        switch=switch,
        uniqueid=request.uniqueid,
        channel=request.channel,
        entry=query.get("entry", ""),
        contact=query.get("contact", ""),
        key=query.get("key", ""),
        came_back=bool(query.get("back")),
        number=request.caller_number,
        name=request.caller_name,
        withheld=is_withheld(request.callingpres),
        trunk=query.get("trunk", ""),
    )
