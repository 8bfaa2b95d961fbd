from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from zerovoice.accounts.models import TenantModel, TenantQuerySet


class Queue(TenantModel):
    """Where callers wait for an agent. Every organisation has one default queue."""

    name = models.CharField(max_length=64)
    is_default = models.BooleanField(default=False)
    ring_timeout_seconds = models.PositiveIntegerField(default=20, help_text="How long an agent's phone rings")
    max_wait_seconds = models.PositiveIntegerField(default=900, help_text="Then the caller is told to try again later")
    wrap_up_seconds = models.PositiveIntegerField(default=10, help_text="For the agent after a call, before the next")

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="calls_queue_name"),
            models.UniqueConstraint(
                fields=["organization"], condition=Q(is_default=True), name="calls_one_default_queue"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class QueueEntryQuerySet(TenantQuerySet["QueueEntry"]):
    def open(self) -> QueueEntryQuerySet:
        """Entries of callers who still wait, an agent being rung for them or not."""
        return self.filter(state__in=[QueueEntry.State.WAITING, QueueEntry.State.RINGING])

    def in_order(self) -> QueueEntryQuerySet:
        return self.order_by("-priority", "entered_at", "id")


class QueueEntry(TenantModel):
    """One wait of one caller, and how it ended."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RINGING = "ringing", "An agent is being rung"
        ANSWERED = "answered"
        ABANDONED = "abandoned", "The caller hung up"
        TIMED_OUT = "timed_out", "Waited for the longest time allowed"
        CANCELED = "canceled", "Hung up or transferred by us"

    HEAD_PRIORITY = 100

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="entries")
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="entries")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    priority = models.SmallIntegerField(default=0)
    preferred_agent = models.ForeignKey("calls.Agent", models.SET_NULL, null=True, related_name="+")
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    objects: ClassVar = QueueEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "queue entries"
        constraints = [
            models.UniqueConstraint(
                fields=["call"], condition=Q(state__in=["waiting", "ringing"]), name="calls_one_open_entry_per_call"
            )
        ]
        indexes = [
            models.Index(
                fields=["organization", "-priority", "entered_at", "id"],
                name="calls_waiting",
                condition=Q(state__in=["waiting", "ringing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} in {self.queue}"

    @property
    def is_return(self) -> bool:
        """The caller has talked with somebody before."""
        return self.priority == self.HEAD_PRIORITY
