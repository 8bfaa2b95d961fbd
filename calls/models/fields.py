"""Columns that several models have."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models


def route(help_text: str) -> "models.JSONField[Any, Any]":
    """Where a caller is led: `{"type", "target_id"}` and, to a queue, `priority` and `skills`. Empty: nowhere."""
    return models.JSONField(default=dict, blank=True, help_text=help_text)


def skill_list(help_text: str) -> "ArrayField[Any, Any]":
    return ArrayField(models.CharField(max_length=32), default=list, blank=True, help_text=help_text)
