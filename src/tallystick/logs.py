"""What the process tells its operator: one JSON object a line on standard error, from us and from libraries alike."""

from __future__ import annotations

import logging
import sys
from types import TracebackType

import structlog

_BEFORE_RENDERING: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def configure_logs(level: str) -> None:
    """Set up logging for this process; ``level`` as in the setting ``log_level``."""
    structlog.configure(
        processors=[*_BEFORE_RENDERING, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_BEFORE_RENDERING,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # It has a switch of its own, and who wants it wants it at every level.
    logging.getLogger("tallystick.access").setLevel(logging.INFO)
    sys.excepthook = log_unhandled
    # They tell at every start what nobody asked.
    for name in ("alembic", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)


def log_unhandled(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """What ends a process is told in the same form as everything else."""
    logging.getLogger("tallystick").critical("unhandled error", exc_info=(kind, error, traceback))
