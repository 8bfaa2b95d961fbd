"""Deleting several rows at once: one by one, so that what is refused stays and is told."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import actions
from django.contrib.admin.utils import model_ngettext
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from zerovoice.api.errors import ApiError


@admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
def delete_selected(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
    """In place of Django's, which says "successfully deleted" of all that were chosen."""
    if not request.POST.get("post"):
        return actions.delete_selected(model_admin, request, queryset)  # which asks
    done, refused = 0, Counter[str]()
    for row in queryset:
        if not model_admin.has_delete_permission(request, row):
            refused["not yours to delete"] += 1
            continue
        try:
            with transaction.atomic():
                model_admin.log_deletions(request, [row])
                model_admin.delete_model(request, row)
        except ApiError as error:
            refused[error.message] += 1
        else:
            done += 1
    if done:
        model_admin.message_user(request, f"Deleted: {done} {model_ngettext(model_admin.opts, done)}", messages.SUCCESS)
    for why, number in refused.items():
        model_admin.message_user(request, f"Not deleted: {number}. {why}", messages.WARNING)
    return None
