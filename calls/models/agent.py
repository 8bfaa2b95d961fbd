from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from calls import lifecycle
from zerovoice.accounts.models import TenantModel, TenantQuerySet
from zerovoice.lib import clock


class Agent(TenantModel):
    """Who takes calls, on which phone. May be one of the organisation's users, or only a phone."""

    class State(models.TextChoices):
        AVAILABLE = "available"
        RINGING = "ringing"
        BUSY = "busy"
        WRAP_UP = "wrap_up"
        BREAK = "break"
        OFFLINE = "offline"

    #: What a person may set; the rest follows from calls.
    PRESENCES = (State.AVAILABLE, State.BREAK, State.OFFLINE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=128)
    endpoint = models.CharField(
        "phone", max_length=128, help_text="What rings: E.164, sip:user@host, or client:identity for a browser"
    )
    press_to_accept = models.BooleanField(
        "press 1 to take a call", default=True, help_text="Keeps customers out of the agent's own voicemail"
    )
    queues: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "calls.Queue", through="calls.QueueMembership", related_name="agents"
    )
    state = models.CharField(max_length=9, choices=State, default=State.OFFLINE)
    state_reason = models.CharField(max_length=64, blank=True)
    state_since = models.DateTimeField(default=clock.now)
    idle_since = models.DateTimeField(default=clock.now, help_text="Longest idle is served first")
    wrap_up_until = models.DateTimeField(null=True)
    wrapping_up = models.ForeignKey(
        "calls.CallLeg", models.SET_NULL, null=True, related_name="+", db_index=False, help_text="What they write up"
    )
    wanted_state = models.CharField(
        max_length=9, choices=State, blank=True, help_text="Set while on a call; taken after it"
    )
    wanted_reason = models.CharField(max_length=64, blank=True)
    missed = models.PositiveSmallIntegerField(default=0, help_text="Calls in a row that rang out")
    missed_limit = models.PositiveSmallIntegerField(
        default=3, help_text="After so many calls in a row that rang out, the agent is set on a break"
    )
    skills: models.JSONField[Any, Any] = models.JSONField(
        default=dict, blank=True, help_text='What they know, and how well (1 to 10): {"french": 8}'
    )
    voicemail_greeting = models.CharField(max_length=1000, blank=True)
    voicemail_prompt = models.ForeignKey("calls.Prompt", models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar = TenantQuerySet["Agent"].as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"], condition=Q(user__isnull=False), name="calls_one_agent_per_user"
            ),
            models.UniqueConstraint(fields=["organization", "endpoint"], name="calls_one_agent_per_phone"),
            # Organisations may share a carrier account, and there an identity is one person's.
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(endpoint__startswith="client:"), name="calls_one_agent_per_client"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "idle_since"], name="calls_idle", condition=Q(state="available")),
            models.Index(fields=["wrap_up_until"], name="calls_wrap_up", condition=Q(state="wrap_up")),
        ]

    def __str__(self) -> str:
        return self.name

    def set_state(self, state: Agent.State | str, at: datetime, *, reason: str = "", **also: Any) -> None:
        """Write the state and its history. The caller holds the row's lock."""
        if state == self.State.AVAILABLE and self.wanted_state:
            state, reason = self.wanted_state, self.wanted_reason
        if self.state == self.State.WRAP_UP and self.wrapping_up_id:
            self._wrapped_up(at)
        changes: dict[str, Any] = {
            "state": state,
            "state_since": at,
            "state_reason": reason,
            "wrap_up_until": None,
            "wrapping_up": None,
        }
        if state == self.State.AVAILABLE:
            changes["idle_since"] = at
        changes |= also
        if state in self.PRESENCES:
            changes["wanted_state"] = changes["wanted_reason"] = ""
        for field, value in changes.items():
            setattr(self, field, value)
        self.save(update_fields=list(changes))
        AgentStateChange.objects.create(
            organization_id=self.organization_id, agent=self, state=state, reason=reason, created_at=at
        )

    def _wrapped_up(self, at: datetime) -> None:
        """How long it took goes to the leg now, and to its call after the commit: whoever holds an agent's lock must
        not wait for a call's."""
        from calls.models.call import Call, CallLeg

        leg = CallLeg.objects.get(pk=str(self.wrapping_up_id))
        leg.wrap_up_seconds = lifecycle.seconds(self.state_since, at)
        leg.save(update_fields=["wrap_up_seconds"])
        transaction.on_commit(partial(Call.objects.add_up_wrap_up, leg.call_id))


class AgentStateChange(TenantModel):
    """Append-only: when an agent went into which state."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="history")
    state = models.CharField(max_length=9, choices=Agent.State)
    reason = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["agent", "created_at", "id"], name="calls_agent_history")]

    def __str__(self) -> str:
        return f"{self.state} at {self.created_at:%H:%M:%S}"


class QueueMembership(models.Model):
    agent = models.ForeignKey(Agent, models.CASCADE, related_name="memberships")
    queue = models.ForeignKey("calls.Queue", models.CASCADE, related_name="memberships")
    last_rung_at = models.DateTimeField(null=True, help_text="For a caller of this queue")
    taken_on = models.DateField(null=True, help_text="The day, in the organisation's zone, that `taken` counts")
    taken = models.PositiveIntegerField(default=0, help_text="Calls of this queue taken that day")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "queue"], name="calls_one_membership")]

    def __str__(self) -> str:
        return f"{self.agent} in {self.queue}"

    def taken_today(self) -> int:
        """Calls of the queue that the agent took today, in the organisation's zone. Load `agent__organization`."""
        return self.taken if self.taken_on == self._today() else 0

    def count_taken(self) -> None:
        """One more. The caller holds the row's lock."""
        self.taken, self.taken_on = self.taken_today() + 1, self._today()
        self.save(update_fields=["taken", "taken_on"])

    def _today(self) -> date:
        return clock.now().astimezone(ZoneInfo(self.agent.organization.timezone)).date()
