"""How a receiver knows that an event is ours, and fresh: HMAC-SHA256 over `timestamp.body`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

ID_HEADER = "Webhook-Id"
SIGNATURE_HEADER = "Webhook-Signature"


def signature(secrets: Sequence[str], timestamp_s: int, body: bytes) -> str:
    """
    The value of `Webhook-Signature`: `t=1750000000,v1=<hex>,v1=<hex>`.

    Args:
        secrets: One signature each; two while a secret is being changed. The bytes of
            the text are the key, as it stands in secrets.json.
        timestamp_s: UTC seconds of this attempt; receivers refuse old ones.
        body: As it is sent.
    """
    signed = str(timestamp_s).encode() + b"." + body
    digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={timestamp_s}", *(f"v1={digest}" for digest in digests)])
