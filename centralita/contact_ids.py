"""Our ids of contacts: minted when a customer first reaches us, or is called."""

from __future__ import annotations

import secrets

from acd.model import ContactId


def new_contact_id(now_ms: int) -> ContactId:
    """Sorts by time; letters and digits only, as it becomes part of channel names."""
    return ContactId(f"c{now_ms:012x}{secrets.token_hex(4)}")
