"""Answers kept for requests that must not act twice."""

from typing import Any

from django.db import models

from zerovoice.lib.clock import machine_now
from zerovoice.lib.ids import new_id


class IdempotentAnswer(models.Model):
    """What the first request with an Idempotency-Key was answered. Without a status it is still being worked on.

    The organisation is a bare id: this layer does not know accounts. Times are machine time.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization_id = models.UUIDField()
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of method, path and body
    status = models.PositiveSmallIntegerField(null=True)
    headers: "models.JSONField[dict[str, str], Any]" = models.JSONField(default=dict)
    body = models.TextField(default="")  # JSON, byte for byte
    created_at = models.DateTimeField(default=machine_now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "key"], name="one_answer_for_each_key")]
        indexes = [models.Index(fields=["created_at"], name="idempotent_answer_age")]
