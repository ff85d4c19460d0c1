"""What stops a tuning."""

from __future__ import annotations


class TuneError(Exception):
    """The text says where and how to mend it, Spanish first."""
