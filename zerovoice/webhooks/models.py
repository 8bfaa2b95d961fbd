"""Events, the endpoints that want to be told of them, and what became of telling them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q, Value

from zerovoice.accounts.models import Organization, TenantModel, TenantQuerySet
from zerovoice.lib import clock
from zerovoice.lib.encryption import SecretField
from zerovoice.webhooks import signing

_NUMBERS = "webhooks_event_numbers"


class Event(TenantModel):
    """Something that happened: written in the transaction in which it did. Append-only, but for its place in line.

    `number` says in which order rows were written, which is not that in which they became visible: a transaction that
    began early may commit late. So readers go by `position`, which is given to committed events alone, by one process
    at a time (see `line.py`): dense in each organisation, 1, 2, 3, and nothing ever appears behind what was read.
    `sequence` is the same for the events of one subject.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    number = models.BigIntegerField(db_default=Func(Value(_NUMBERS), function="nextval"), editable=False)
    kind = models.CharField(max_length=64)
    subject_type = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)
    callback_url = models.CharField(max_length=2048, blank=True, default="", help_text="Where else it is told")
    position = models.BigIntegerField(null=True)
    sequence = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "position"], name="webhooks_events_in_line"),
            models.UniqueConstraint(fields=["subject_id", "sequence"], name="webhooks_events_of_subject"),
        ]
        indexes = [
            models.Index(fields=["number"], name="webhooks_events_unlined", condition=Q(position__isnull=True)),
            models.Index(
                fields=["organization", "kind", "position"],
                name="webhooks_events_of_kind",
                condition=Q(position__isnull=False),
            ),
            models.Index(
                fields=["organization", "-created_at", "-id"], include=["position"], name="webhooks_events_newest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class Feed(models.Model):
    """How many events an organisation has had. Written by who gives them their places, and by nobody else."""

    organization = models.OneToOneField(Organization, models.PROTECT, primary_key=True, related_name="+")
    last_position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_position)


class Signer(models.Model):
    """Has a secret to sign with, and for a while after a rotation the one before as well."""

    secret = SecretField(default=signing.new_secret)
    previous_secret = SecretField(blank=True, default="")
    previous_secret_until = models.DateTimeField(null=True, blank=True)  # machine time

    class Meta:
        abstract = True

    def secrets(self, at: datetime) -> list[str]:
        """Those that sign now, the new one first."""
        overlap = self.previous_secret and self.previous_secret_until and at < self.previous_secret_until
        return [self.secret, self.previous_secret] if overlap else [self.secret]


class EndpointQuerySet(TenantQuerySet["Endpoint"]):
    def kept(self) -> EndpointQuerySet:
        """Without those that somebody deleted."""
        return self.filter(deleted_at=None)


class Endpoint(Signer, TenantModel):
    """An address of the organisation's own system, and what it wants to be told."""

    class Reason(models.TextChoices):
        """Why it is disabled."""

        NONE = "", "–"
        OWNER = "owner", "Switched off by somebody"
        GONE = "gone", "It answered 410: gone"
        FAILING = "failing", "It failed for days"

    url = models.CharField(max_length=2048)
    description = models.CharField(max_length=200, blank=True)
    types = ArrayField(models.CharField(max_length=64), help_text="Kinds of events: call.completed, call.*, or *")
    enabled = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=8, choices=Reason, blank=True, default="")
    disabled_at = models.DateTimeField(null=True, editable=False)  # machine time, as all of these
    failing_since = models.DateTimeField(null=True, editable=False)  # every attempt since then has failed
    deleted_at = models.DateTimeField(null=True, editable=False)  # gone for everybody; the row, when its log is

    objects: ClassVar = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["organization", "-id"], name="webhooks_endpoints")]

    def __str__(self) -> str:
        return self.description or self.url


class CallbackSecret(Signer, TenantModel):
    """Signs what goes to the `status_callback_url` of single requests. Made when it is first needed."""

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return "Callback secret"


class Delivery(TenantModel):
    """An event and where it is to be told: at an endpoint, or at the address that came with a request.

    Times are machine time, but for `created_at`. A claim is a lease, `attempts` the fence, as of every work row
    (docs/decisions/0011); they are claimed many at once and by lane, so they are no `WorkRow`.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        PROCESSING = "processing"
        DELIVERED = "delivered"
        FAILED = "failed"

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", db_index=False)
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries", db_index=False)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, null=True, related_name="deliveries", db_index=False)
    url = models.CharField(max_length=2048, blank=True, help_text="Of a single request; else the endpoint's")
    kind = models.CharField(max_length=64)  # the event's, for the lists
    lane = models.UUIDField(editable=False)  # what shares one queue: an endpoint, or a host of single requests
    body = models.TextField(blank=True, help_text="As it is sent, each time alike; empty once it was cleared")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    round_attempts = models.PositiveIntegerField(default=0)  # since it was last begun anew
    due_at = models.DateTimeField(default=clock.machine_now)
    lease_expires_at = models.DateTimeField(null=True, editable=False)
    log: models.JSONField[Any, Any] = models.JSONField(default=list)  # of each attempt: at, status, latency_ms, error
    response_status = models.PositiveSmallIntegerField(null=True)  # the last attempt's
    last_error = models.CharField(max_length=200, blank=True, default="")
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="webhooks_one_delivery", nulls_distinct=False)
        ]
        indexes = [
            models.Index(
                fields=["organization", "lane", "due_at"], name="webhooks_pending", condition=Q(state="pending")
            ),
            models.Index(fields=["lease_expires_at"], name="webhooks_under_way", condition=Q(state="processing")),
            models.Index(fields=["endpoint", "-created_at", "-id"], name="webhooks_log"),
            models.Index(fields=["endpoint", "kind", "-created_at", "-id"], name="webhooks_log_of_kind"),
            models.Index(
                fields=["organization", "endpoint", "state", "-created_at", "-id"],
                name="webhooks_undelivered",
                condition=~Q(state="delivered"),
            ),
            models.Index(fields=["organization", "-created_at", "-id"], name="webhooks_deliveries_newest"),
            models.Index(
                fields=["organization", "-created_at", "-id"],
                name="webhooks_callbacks",
                condition=Q(endpoint__isnull=True),
            ),
            # For the purge: what still has a body, the oldest first.
            models.Index(
                fields=["id"],
                name="webhooks_bodies",
                condition=Q(state__in=["delivered", "failed"]) & ~Q(body=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.get_state_display().lower()}"


class Replay(TenantModel):
    """A stretch of events that is told to an endpoint again, in batches; `position` is how far it is."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="replays")
    since = models.DateTimeField()
    until = models.DateTimeField()
    delivered_too = models.BooleanField(default=False)
    position = models.BigIntegerField(default=0)
    until_position = models.BigIntegerField()
    event_count = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], name="webhooks_replays", condition=Q(finished_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M} to {self.until:%Y-%m-%d %H:%M}"


class PurgedUntil(models.Model):
    """How far the purge of old events has come: what was kept before this id, it does not look at again."""

    one = models.PositiveSmallIntegerField(primary_key=True, default=1)
    event_id = models.UUIDField(default=uuid.UUID(int=0))

    def __str__(self) -> str:
        return str(self.event_id)


class Sender(models.Model):
    """Who may send now: one worker process for each slot, for as long as its lease lasts."""

    slot = models.PositiveSmallIntegerField(primary_key=True)
    holder = models.UUIDField(default=uuid.uuid4)
    lease_expires_at = models.DateTimeField(default=clock.machine_now)

    def __str__(self) -> str:
        return str(self.slot)
