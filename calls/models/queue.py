from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from calls.models.fields import route, skill_list
from calls.routing import Strategy
from zerovoice.accounts.models import TenantModel, TenantQuerySet

STRATEGIES = [(str(strategy), strategy.name.replace("_", " ").lower()) for strategy in Strategy]


class Queue(TenantModel):
    """Where callers wait for an agent. Every organisation has one default queue."""

    name = models.CharField(max_length=64)
    is_default = models.BooleanField(default=False)
    strategy = models.CharField(
        max_length=12,
        choices=[(str(s), s.name.replace("_", " ").lower()) for s in Strategy],
        default=Strategy.LONGEST_IDLE,
    )
    skills = skill_list("What an agent must know to be rung for callers of this queue")
    skills_timeout_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="After so long any agent of the queue will do; empty: never"
    )
    ring_timeout_seconds = models.PositiveIntegerField(default=20, help_text="How long an agent's phone rings")
    wrap_up_seconds = models.PositiveIntegerField(default=10, help_text="For the agent after a call, before the next")
    max_wait_seconds = models.PositiveIntegerField(default=900, help_text="Then the overflow route is taken")
    max_size = models.PositiveIntegerField(
        null=True, blank=True, help_text="More callers than this are led elsewhere at once; empty: no limit"
    )
    overflow_route = route("Where callers go who wait too long or find the queue full; empty: they are told so")
    service_level_seconds = models.PositiveIntegerField(default=20, help_text="Answered within this is in time")
    short_abandon_seconds = models.PositiveIntegerField(default=5, help_text="Who gives up within this does not count")
    announce_position = models.BooleanField(default=True)
    announce_wait = models.BooleanField("announce the expected wait", default=False)
    offers_callback = models.BooleanField(
        "offers a callback", default=False, help_text="Callers may press 1 to hang up and keep their place"
    )
    music = models.ForeignKey("calls.Prompt", models.PROTECT, null=True, blank=True, related_name="+")
    voicemail_greeting = models.CharField(max_length=1000, blank=True)
    voicemail_prompt = models.ForeignKey("calls.Prompt", models.PROTECT, null=True, blank=True, related_name="+")

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

    def position(self, entry: QueueEntry) -> int:
        """1 for who is next. Counted to 100: beyond that a caller does not care, and the request must not grow."""
        open_entries = self.of(entry.organization_id).open().filter(queue=entry.queue_id)
        before = Q(entered_at__lt=entry.entered_at) | Q(entered_at=entry.entered_at, pk__lt=entry.pk)
        ahead = open_entries.filter(Q(priority__gt=entry.priority) | Q(before, priority=entry.priority))
        return ahead.order_by()[:99].count() + 1


class QueueEntry(TenantModel):
    """One wait of one caller, and how it ended."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RINGING = "ringing", "An agent is being rung"
        ANSWERED = "answered"
        ABANDONED = "abandoned", "The caller hung up"
        OVERFLOWED = "overflow", "Waited too long, or found the queue full: led elsewhere, or told so"
        VOICEMAIL = "voicemail", "Led to the voicemail"
        CALLBACK = "callback", "Keeps the place and is called back"
        CANCELED = "canceled", "Hung up or transferred by us"

    HEAD_PRIORITY = 100

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="entries")
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="entries")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    priority = models.SmallIntegerField(default=0)
    skills = skill_list("What an agent must know to be rung for this caller, beyond what the queue asks")
    talked_before = models.BooleanField(default=False, help_text="They come back from a conversation of this call")
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
            models.Index(fields=["queue", "entered_at"], include=["left_at", "state"], name="calls_entries_by_queue"),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} in {self.queue}"
