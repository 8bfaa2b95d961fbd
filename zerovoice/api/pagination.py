"""`page` and `limit`, and counts that stay cheap."""

import re
from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from zerovoice.api.counting import Counter
from zerovoice.api.errors import BadRequest

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
COUNTED_MATCHES = 10_000
PARAMETERS = frozenset({"page", "limit"})
_DIGITS = re.compile(r"[0-9]{1,1000}")
_SOUGHT_FROM = 1000
_MAX_OFFSET = 2**63 - 1 - MAX_LIMIT


class PageLimitPagination(BasePagination):
    """{"count", "next", "previous", "results"}; a page past the end is empty.

    The count is exact when nothing is filtered, up to 10,000 matches, and where the view has a `counter()` that knows
    the filters. Beyond that it is 10000 with `"count_exact": false`. What is no queryset
    says by its length how many it has, and may say by `complete` that there are more.
    """

    #: How a page's rows are read, where it is not as instances of their model.
    read: Callable[[QuerySet[Any]], QuerySet[Any, Any]] | None = None
    example: ClassVar[dict[str, Any]] = {}  # what a page has beside count, next, previous and results

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.page = _number(request, "page", 1, None)
        self.limit = _number(request, "limit", DEFAULT_LIMIT, MAX_LIMIT)
        if isinstance(queryset, QuerySet) and not queryset.ordered:
            queryset = queryset.order_by("-pk")  # UUIDv7: newest first
        counter = view.counter() if isinstance(queryset, QuerySet) and hasattr(view, "counter") else None
        offset = (self.page - 1) * self.limit
        if counter and _SOUGHT_FROM <= offset <= _MAX_OFFSET:  # far from the beginning it is sought, not skipped to
            self.count, place = counter.seek(offset)
            self.count_exact = True
            rows = self._rows(queryset.filter(created_at__lt=place.until), place.skipped) if place else []
        else:
            self.count, self.count_exact = self._count(queryset, counter)
            rows = self._rows(queryset, offset) if offset <= _MAX_OFFSET else []
        self.has_more = len(rows) > self.limit
        return rows[: self.limit]

    def _rows(self, queryset: Any, offset: int) -> list[Any]:
        """The page, and one row more if there is one."""
        if self.read:
            queryset = self.read(queryset)
        return list(queryset[offset : offset + self.limit + 1])

    def _count(self, queryset: Any, counter: Counter | None) -> tuple[int, bool]:
        if not isinstance(queryset, QuerySet):
            return len(queryset), getattr(queryset, "complete", True)
        if counter:
            return counter.count(), True
        if not set(self.request.query_params) - PARAMETERS:
            return queryset.count(), True
        matches = queryset.order_by()[: COUNTED_MATCHES + 1].count()
        return min(matches, COUNTED_MATCHES), matches <= COUNTED_MATCHES

    def get_paginated_response(self, data: Any) -> Response:
        answer = {"count": self.count, "next": self._next(), "previous": self._previous(), "results": data}
        if not self.count_exact:
            answer["count_exact"] = False
        return Response(answer)

    def _next(self) -> str | None:
        if not self.has_more:
            return None
        return replace_query_param(self.request.build_absolute_uri(), "page", self.page + 1)

    def _previous(self) -> str | None:
        if self.page == 1:
            return None
        url = self.request.build_absolute_uri()
        return remove_query_param(url, "page") if self.page == 2 else replace_query_param(url, "page", self.page - 1)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "page",
                "in": "query",
                "description": "Which page, from 1. One past the end is empty.",
                "schema": {"type": "integer", "minimum": 1, "default": 1},
            },
            {
                "name": "limit",
                "in": "query",
                "description": "How many on a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
            },
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "minimum": 0, "examples": [1]},
                "count_exact": {
                    "type": "boolean",
                    "description": "Present, and false, when there are more matches than were counted.",
                },
                "next": {**link, "description": "The next page, if any."},
                "previous": {**link, "description": "The page before, if any."},
                "results": schema,
            },
        }


def _number(request: Request, name: str, default: int, most: int | None) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    number = int(text) if _DIGITS.fullmatch(text) else 0
    if number < 1 or (most is not None and number > most):
        raise BadRequest(f"Must be a whole number from 1{f' to {most}' if most else ''}", name)
    return number
