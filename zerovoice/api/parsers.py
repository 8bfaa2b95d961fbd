"""JSON in."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from zerovoice.api.errors import BadRequest

MAX_DEPTH = 32


class OrjsonParser(BaseParser):
    """Strict UTF-8 JSON of bounded size and depth; strings without NUL, which PostgreSQL cannot hold."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BadRequest(f"The body is larger than {limit} bytes")
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise BadRequest(f"The body is not valid JSON: {error}") from error
        # Only a body with many brackets can be deep, only one with the escape can hold a NUL: others are not walked.
        if b"\\u0000" in body or body.count(b"[") + body.count(b"{") > MAX_DEPTH:
            _check(data)
        return data


def _check(data: Any) -> None:
    pending: list[tuple[Any, str, int]] = [(data, "", 1)]
    while pending:
        value, path, depth = pending.pop()
        if isinstance(value, str):
            if "\x00" in value:
                raise BadRequest("Null characters are not allowed", path)
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise BadRequest(f"The body is nested more than {MAX_DEPTH} levels deep")
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for key, item in items:
                if isinstance(key, str) and "\x00" in key:
                    raise BadRequest("Null characters are not allowed", path)
                pending.append((item, f"{path}.{key}" if path else str(key), depth + 1))
