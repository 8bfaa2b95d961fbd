"""Structured logs: JSON in production, readable lines elsewhere. The request id is on every line of a request.

No line has a person's number or e-mail address in it, nor the rows that a database's error quotes: logs are kept where
nobody can erase somebody from them.
"""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

#: An E.164 number, also as it stands in an address, and an e-mail address.
_PERSONAL = re.compile(r"(?:\+|%2B)[1-9]\d{6,14}(?!\d)|[\w.%+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
#: What PostgreSQL and psycopg say of the rows at hand.
_QUOTED_ROWS = re.compile(r"^(DETAIL|CONTEXT|LINE \d+):.*$", re.MULTILINE)


def without_people(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: numbers and addresses become stars, in every text of the line."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _PERSONAL.sub("***", _QUOTED_ROWS.sub(r"\1: ***", value))
        elif not isinstance(value, int | float | bool | None):
            event[name] = _PERSONAL.sub("***", _QUOTED_ROWS.sub(r"\1: ***", str(value)))
    return event


_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


def logging_config(*, level: str, as_json: bool) -> dict[str, Any]:
    """A `LOGGING` dict in which stdlib and structlog records take the same way out. Configures structlog as well."""
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "default": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    without_people,
                    renderer,
                ],
                "foreign_pre_chain": _shared,
            }
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "default"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "twilio.http_client": {"level": "WARNING"},
            "httpx": {"level": "WARNING"},
            # On a terminal, every request and its answer would bury what matters; machines get them all.
            "django_structlog": {"level": level if as_json else "WARNING"},
            "stripe": {"level": "WARNING"},
        },
    }
