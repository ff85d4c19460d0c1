from __future__ import annotations

from tests.unit.web.conftest import base, http, server, static

__all__ = ["base", "http", "server", "static"]
