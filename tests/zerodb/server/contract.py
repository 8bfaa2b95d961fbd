"""What a request may say. Anything else is refused with 422, naming the place, as FastAPI would."""

from __future__ import annotations

import json
import math
from typing import Any
from uuid import UUID

MOST_VECTORS = 100  # of a batch, and of an answer


class Refused(Exception):
    """An answer `{"detail", "error_code"}`."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


def invalid(place: str, why: str) -> Refused:
    return Refused(422, "VALIDATION_ERROR", f"{place}: {why}")


def parsed(content_type: str, body: bytes) -> Any:
    if content_type != "application/json":
        raise invalid("Content-Type", "must be application/json")
    try:
        return json.loads(body, parse_constant=_no_number)
    except ValueError as error:
        raise invalid("body", f"is no JSON: {error}") from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def batch_of(body: Any) -> list[dict[str, Any]]:
    if not isinstance(body, list):
        raise invalid("body", "must be a bare list")
    if not 1 <= len(body) <= MOST_VECTORS:
        raise invalid("body", f"must hold 1 to {MOST_VECTORS} vectors, not {len(body)}")
    for place, item in enumerate(body):
        where = f"body[{place}]"
        required = {"vector_id", "vector_embedding", "namespace", "vector_metadata", "document", "source"}
        _fields(where, item, required)
        _uuid(f"{where}.vector_id", item["vector_id"])
        _numbers(f"{where}.vector_embedding", item["vector_embedding"])
        _texts(f"{where}.vector_metadata", item["vector_metadata"])
        for name in ("namespace", "document", "source"):
            _text(f"{where}.{name}", item[name])
    return body


def search_of(body: Any) -> dict[str, Any]:
    _fields("body", body, {"query_vector", "namespace", "limit", "threshold"}, {"metadata_filter"})
    _numbers("body.query_vector", body["query_vector"])
    _text("body.namespace", body["namespace"])
    limit = body["limit"]
    if type(limit) is not int or not 1 <= limit <= MOST_VECTORS:
        raise invalid("body.limit", f"must be a whole number from 1 to {MOST_VECTORS}")
    if not _is_number(body["threshold"]) or not 0 <= body["threshold"] <= 1:
        raise invalid("body.threshold", "must be a number from 0 to 1")
    if "metadata_filter" in body:
        _texts("body.metadata_filter", body["metadata_filter"])
        if not body["metadata_filter"]:
            raise invalid("body.metadata_filter", "must not be empty")
    return body


def limit_of(query: list[tuple[str, str]]) -> int:
    if unknown := sorted({name for name, _ in query} - {"limit"}):
        raise invalid(f"query.{unknown[0]}", "is unknown")
    texts = [value for _, value in query]
    if len(texts) != 1 or not texts[0].isdecimal() or not 1 <= int(texts[0]) <= MOST_VECTORS:
        raise invalid("query.limit", f"must be given once, a whole number from 1 to {MOST_VECTORS}")
    return int(texts[0])


def _fields(where: str, value: Any, required: set[str], optional: set[str] | None = None) -> None:
    if not isinstance(value, dict):
        raise invalid(where, "must be an object")
    if missing := sorted(required - set(value)):
        raise invalid(f"{where}.{missing[0]}", "is missing")
    if unknown := sorted(set(value) - required - (optional or set())):
        raise invalid(f"{where}.{unknown[0]}", "is unknown")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _numbers(where: str, value: Any) -> None:
    if not isinstance(value, list) or not value or not all(_is_number(number) for number in value):
        raise invalid(where, "must be a list of finite numbers")


def _text(where: str, value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise invalid(where, "must be a text that is not empty")


def _texts(where: str, value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise invalid(where, "must be an object of texts")


def _uuid(where: str, value: Any) -> None:
    try:
        if str(UUID(value)) == value:
            return
    except (AttributeError, TypeError, ValueError):
        pass
    raise invalid(where, "must be a UUID")
