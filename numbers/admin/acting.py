"""What the lists of numbers and of differences share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from zerovoice.accounts.admin import organizations_with, staff_user
from zerovoice.api.errors import ApiError


def may_write(request: HttpRequest) -> bool:
    return staff_user(request).is_superuser or bool(organizations_with(request, "numbers:write"))


def writable(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Of the chosen rows, those that the person may act upon."""
    if staff_user(request).is_superuser:
        return rows
    return rows.filter(organization__in=organizations_with(request, "numbers:write"))


def carry_out(
    admin: ModelAdmin[Any], request: HttpRequest, rows: Iterable[Any], act: Callable[[Any], object], done: str
) -> None:
    """`act` on each row; what is refused is said, and the others are done all the same."""
    count = 0
    for row in rows:
        try:
            act(row)
            count += 1
        except ApiError as error:
            admin.message_user(request, f"{row.number}: {error.message}", messages.ERROR)
    admin.message_user(request, f"{count} {done}")
