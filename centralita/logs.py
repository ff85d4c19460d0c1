"""Logs: one JSON line an event, configured once; no number, name or keyed text in them."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path
from typing import Any

import msgspec
import structlog

MAX_BYTES = 20_000_000
KEPT = 5


def configure_logs(path: Path | None, level: int = logging.INFO) -> None:
    """
    Send structlog and the standard logging to one file (rotated), or to standard error for a person.

    Args:
        path: The file; None writes readable lines to standard error.
        level: The lowest level that is written.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    if path is None:
        handler: logging.Handler = logging.StreamHandler()
        render: Any = structlog.dev.ConsoleRenderer(colors=False)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=MAX_BYTES, backupCount=KEPT)
        render = structlog.processors.JSONRenderer(serializer=_serialise)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def _serialise(value: Any, **_: Any) -> str:
    return msgspec.json.encode(value, enc_hook=str).decode()
