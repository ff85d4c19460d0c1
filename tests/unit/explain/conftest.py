"""A database as the store's own tests have it."""

from __future__ import annotations

from tests.unit.store.conftest import history, projection, url

__all__ = ["history", "projection", "url"]
