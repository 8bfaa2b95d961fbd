from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import OuterRef, Q, Subquery, Sum

from calls import events, lifecycle
from zerovoice.accounts.models import TenantModel, TenantQuerySet
from zerovoice.lib import clock


class CallQuerySet(TenantQuerySet["Call"]):
    def live(self) -> CallQuerySet:
        """Calls that are not over."""
        return self.filter(ended_at=None)

    def over(self) -> CallQuerySet:
        return self.filter(ended_at__isnull=False)

    def add_up_wrap_up(self, call_id: uuid.UUID) -> None:
        """The call's wrap-up time is that of its legs."""
        legs = CallLeg.objects.filter(call=OuterRef("pk")).order_by().values("call")
        seconds = legs.annotate(seconds=Sum("wrap_up_seconds")).values("seconds")
        self.filter(pk=call_id).update(wrap_up_seconds=Subquery(seconds))

    def locked(self, call_id: uuid.UUID) -> Call:
        """The call, locked until the transaction ends. Whoever changes a call or its legs locks the call first.

        `FOR NO KEY UPDATE`: a leg may be inserted meanwhile (the assigner does), so the two cannot wait for each other.
        """
        return self.select_for_update(no_key=True).get(pk=call_id)


class Call(TenantModel):
    """A conversation with one person outside: the customer. Its legs are the carrier's calls."""

    class Direction(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"

    class Status(models.TextChoices):
        QUEUED = "queued"
        INITIATED = "initiated"
        RINGING = "ringing"
        IN_PROGRESS = "in_progress"
        COMPLETED = "completed"
        BUSY = "busy"
        NO_ANSWER = "no_answer"
        CANCELED = "canceled"
        FAILED = "failed"

    class Phase(models.TextChoices):
        """What the customer's leg is to do when the carrier asks. Status says what the carrier did with it."""

        AGENT_FIRST = "agent_first", "Ringing the agent who asked, before the customer is dialled"
        CALLBACK = "callback", "Waiting for their turn to be called back"
        DIALING = "dialing", "Ringing the customer"
        MENU = "menu", "In a menu"
        WAITING = "waiting", "Waiting in a queue"
        JOINED = "joined", "Talking"
        HELD = "held", "On hold"
        CONSULTING = "consulting", "On hold while the agent asks the transfer target"
        TRANSFERRING = "transferring", "On hold while the target is rung"
        VOICEMAIL = "voicemail", "Leaving a message"
        LEAVING = "leaving", "Being told goodbye"
        OVER = "over", "Over"

    class Consent(models.TextChoices):
        """What has to come before the call is recorded."""

        ANNOUNCE = "announce", "They are told"
        REQUIRE = "require", "They have to agree"

    class Answer(models.TextChoices):
        TOLD = "told", "They were told"
        YES = "yes", "They agreed"
        NO = "no", "They did not agree"
        SILENCE = "silence", "They said nothing"

    class Disposition(models.TextChoices):
        """The outcomes that are set by what happened; a wrap-up code may replace one."""

        ANSWERED = "answered"
        NO_ANSWER = "no_answer"
        BUSY = "busy"
        FAILED = "failed"
        CANCELED = "canceled"
        VOICEMAIL = "voicemail"
        ABANDONED = "abandoned"
        CALLBACK = "callback"
        OVERFLOW = "overflow"

    #: Somebody spoke with the customer; a person may have chosen another disposition since.
    ANSWERED: ClassVar = Q(talk_seconds__gt=0) | Q(disposition=Disposition.ANSWERED)

    direction = models.CharField(max_length=8, choices=Direction)
    from_number = models.CharField(max_length=128, help_text="As the carrier gives it; not always E.164")
    to_number = models.CharField(max_length=128)
    own_number = models.ForeignKey("numbers.PhoneNumber", models.PROTECT, null=True, related_name="+")
    stir_verstat = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=11, choices=Status, default=Status.QUEUED)
    phase = models.CharField(max_length=12, choices=Phase, default=Phase.DIALING)
    disposition = models.CharField(max_length=64, blank=True)
    wrapped_up = models.BooleanField(default=False, help_text="A person chose the disposition; what happens keeps it")
    failure_reason = models.CharField(max_length=64, blank=True)
    queue = models.ForeignKey("calls.Queue", models.PROTECT, null=True, related_name="calls", db_index=False)
    agent = models.ForeignKey(
        "calls.Agent",
        models.PROTECT,
        null=True,
        related_name="calls",
        db_index=False,  # as that of the queue: the indexes below begin with it
        help_text="Who spoke, or last spoke, with them",
    )
    partner = models.ForeignKey(
        "calls.CallLeg", models.SET_NULL, null=True, related_name="+", help_text="The leg the customer is joined with"
    )
    menu = models.ForeignKey(
        "calls.IvrMenu", models.SET_NULL, null=True, related_name="+", db_index=False, help_text="While they are in it"
    )
    menu_state: models.JSONField[Any, Any] = models.JSONField(default=dict, help_text="Where in the menu they are")
    original = models.ForeignKey(
        "self", models.SET_NULL, null=True, related_name="callbacks", help_text="The call that this one calls back"
    )
    record = models.BooleanField(default=False)
    consent_mode = models.CharField(
        "consent to the recording",
        max_length=8,
        choices=Consent,
        blank=True,
        help_text="What the customer is told or asked before it is recorded; empty: nothing",
    )
    consent_text = models.CharField("in these words", max_length=500, blank=True)
    consent_answer = models.CharField(max_length=7, choices=Answer, blank=True)
    consent_at = models.DateTimeField(null=True)
    recording_paused = models.BooleanField(default=False, help_text="Somebody paused it, for a card number perhaps")
    status_callback_url = models.URLField(max_length=2048, blank=True)
    hung_up_by = models.CharField(max_length=8, blank=True, help_text="customer, agent, target, queue, menu, or api")

    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    wait_seconds = models.PositiveIntegerField(default=0, help_text="In queues")
    ring_seconds = models.PositiveIntegerField(default=0, help_text="Until the customer answered")
    talk_seconds = models.PositiveIntegerField(default=0, help_text="Joined with an agent or a transfer target")
    hold_seconds = models.PositiveIntegerField(default=0, help_text="On hold between and after conversations")
    wrap_up_seconds = models.PositiveIntegerField(default=0, help_text="The agents' work after it")
    duration_seconds = models.PositiveIntegerField(default=0, help_text="From the customer's answer to the end")
    erased_at = models.DateTimeField(null=True, editable=False, help_text="When the customer was erased from it")

    objects: ClassVar = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        # One for each filter of the logs, in the order of the pages. What else is asked for most rides along: whether
        # the call is over, direction and disposition, and the organisation where it is no key. So matches are counted
        # in the index alone; else PostgreSQL would rather read the table from its beginning whenever filters let much
        # through (docs/performance.md).
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], include=["ended_at"], name="calls_list"),
            models.Index(
                fields=["organization", "direction", "-created_at", "-id"],
                include=["ended_at"],
                name="calls_by_direction",
            ),
            models.Index(
                fields=["organization", "disposition", "-created_at", "-id"],
                include=["ended_at", "direction"],
                name="calls_by_disposition",
            ),
            *(
                models.Index(
                    fields=["organization", f"{end}_number", "-created_at", "-id"],
                    include=["ended_at", "direction", "disposition"],
                    name=f"calls_by_{end}",
                )
                for end in ("from", "to")
            ),
            *(
                models.Index(
                    fields=[field, "-created_at", "-id"],
                    include=["organization", "ended_at", "direction", "disposition"],
                    name=f"calls_by_{field}",
                )
                for field in ("queue", "agent")
            ),
            models.Index(
                fields=["organization", "-created_at", "-id"], name="calls_live", condition=Q(ended_at__isnull=True)
            ),
            models.Index(fields=["menu"], name="calls_in_menu", condition=Q(menu__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} call {self.from_number} → {self.to_number}"

    @property
    def customer_number(self) -> str:
        return self.to_number if self.direction == self.Direction.OUTBOUND else self.from_number

    @property
    def our_number(self) -> str:
        return self.from_number if self.direction == self.Direction.OUTBOUND else self.to_number

    @property
    def asks_consent(self) -> bool:
        """Whether the customer is still to be told of the recording, or asked."""
        return bool(self.consent_mode) and not self.consent_answer

    @property
    def may_be_recorded(self) -> bool:
        """It is to be recorded, and whatever has to come before that has come. In doubt it is not."""
        if not self.consent_mode:
            return self.record
        needed = self.Answer.TOLD if self.consent_mode == self.Consent.ANNOUNCE else self.Answer.YES
        return self.record and self.consent_answer == needed

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    @property
    def is_ending(self) -> bool:
        """It is over, or the customer's leg is being ended: nobody is rung for it, nobody joined, any more."""
        return self.is_over or bool(self.hung_up_by)

    @property
    def is_on_hold(self) -> bool:
        """The customer hears music, in no queue."""
        return self.phase in (self.Phase.HELD, self.Phase.CONSULTING, self.Phase.TRANSFERRING)

    @property
    def conference_name(self) -> str:
        return f"call-{self.pk}"

    def customer_leg(self) -> CallLeg:
        return self.legs.get(role=CallLeg.Role.CUSTOMER)

    def note_event(self, kind: str, *, leg: CallLeg | None = None, **data: Any) -> None:
        """Append to the timeline, and tell the organisation's own systems what it means to them.

        `data` holds ids, states and codes; never a person's words or numbers.
        """
        CallEvent.objects.create(
            organization_id=self.organization_id, call=self, leg=leg, kind=kind, data=data, created_at=clock.now()
        )
        events.of_timeline(self, kind, leg)


class CallLegQuerySet(TenantQuerySet["CallLeg"]):
    def active(self) -> CallLegQuerySet:
        return self.filter(ended_at=None)


class CallLeg(TenantModel):
    """One call at the carrier: the customer's, an agent's, a transfer target's or a listening supervisor's."""

    class Role(models.TextChoices):
        CUSTOMER = "customer"
        AGENT = "agent"
        TARGET = "target", "Transfer target"
        SUPERVISOR = "supervisor", "Supervisor who listens"

    class Mode(models.TextChoices):
        """What a supervisor does in a conversation."""

        LISTEN = "listen", "Hears both, is heard by nobody"
        WHISPER = "whisper", "Is heard by the agent alone"
        BARGE = "barge", "Is heard by both"

    class Farewell(models.TextChoices):
        """What is said to who is on the line before we hang up."""

        TAKEN = "taken", "Somebody else has the call"
        CUSTOMER_LEFT = "customer_left", "The customer has hung up"
        NOT_NOW = "not_now", "Nobody can take the call"
        CALLBACK = "callback", "We shall call back"
        MESSAGE = "message", "Thanks for the message"
        GOODBYE = "goodbye", "Nothing but goodbye"

    class Transfer(models.TextChoices):
        COLD = "cold", "The customer is handed over at once"
        WARM = "warm", "The agent speaks with them first"

    call = models.ForeignKey(Call, models.CASCADE, related_name="legs")
    role = models.CharField(max_length=10, choices=Role)
    mode = models.CharField(max_length=7, choices=Mode, blank=True)
    transfer = models.CharField(
        max_length=4, choices=Transfer, blank=True, help_text="The transfer that rings it; empty: none"
    )
    farewell = models.CharField(max_length=16, choices=Farewell, blank=True, help_text="What it hears before we end it")
    sid = models.CharField("carrier's id", max_length=34, null=True, unique=True)  # noqa: DJ001 – unknown until bound
    status = models.CharField(max_length=11, choices=Call.Status, default=Call.Status.QUEUED)
    from_number = models.CharField(max_length=128)
    to_number = models.CharField(max_length=128)
    agent = models.ForeignKey("calls.Agent", models.PROTECT, null=True, related_name="legs")
    entry = models.ForeignKey("calls.QueueEntry", models.SET_NULL, null=True, related_name="legs")
    released = models.BooleanField(default=False, help_text="We end it; that it ends is nobody's doing but ours")
    failure_reason = models.CharField(max_length=64, blank=True)
    carrier_error = models.IntegerField(null=True)

    dialed_at = models.DateTimeField(null=True, help_text="When we had the carrier ring it")
    answered_at = models.DateTimeField(null=True)
    led_in_at = models.DateTimeField(null=True, help_text="When the customer was first told to join their partner")
    accepted_at = models.DateTimeField(null=True, help_text="When the agent took the call, or the target picked up")
    ended_at = models.DateTimeField(null=True)
    wrap_up_seconds = models.PositiveIntegerField(default=0, help_text="The agent's work after it")
    to_agent = models.BooleanField(
        default=False,
        editable=False,
        help_text="A supervisor's, to a browser, a SIP phone or an agent's telephone: in the price of the call",
    )
    time_limit = models.PositiveIntegerField(
        null=True, help_text="Seconds after which the carrier ends it: money is reserved for them; empty: no limit"
    )
    billed_seconds = models.PositiveIntegerField(null=True, help_text="That the carrier counts; empty: none yet")
    unbound_until = models.DateTimeField(null=True, help_text="Until when we wait for the carrier to show it has it")
    checked_at = models.DateTimeField(default=clock.now, help_text="When the carrier last told us about it")

    objects: ClassVar = CallLegQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agent"],
                condition=Q(agent__isnull=False, ended_at__isnull=True, released=False),
                name="calls_one_leg_per_agent",
            ),
            models.UniqueConstraint(
                fields=["call"], condition=Q(role="customer"), name="calls_one_customer_leg_per_call"
            ),
        ]
        indexes = [
            models.Index(fields=["agent", "-created_at"], name="calls_legs_by_agent"),
            models.Index(fields=["checked_at"], name="calls_legs_active", condition=Q(ended_at__isnull=True)),
            # Those that may need more minutes: few, and looked for at every tick.
            models.Index(
                fields=["organization", "answered_at"],
                name="calls_legs_limited",
                condition=Q(ended_at__isnull=True, time_limit__isnull=False, answered_at__isnull=False, released=False),
            ),
            # Whoever asks to be erased may have been whom somebody else's call was handed to.
            models.Index(
                fields=["organization", "to_number"], name="calls_legs_of_targets", condition=Q(role="target")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} leg {self.to_number}"

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None

    def is_in_conference(self) -> bool:
        """Whether the carrier has told us that it came into the call's conference, and not that it left."""
        moves = [event.as_move() for event in self.conference_events.all()]
        return any(stay.end is None for stay in lifecycle.stays(moves, begin=clock.now(), end=None))


class ConferenceEvent(models.Model):
    """That a leg came into a conference or left it, as the carrier told us. Told twice, it is kept once."""

    leg = models.ForeignKey(CallLeg, models.CASCADE, related_name="conference_events")
    conference_sid = models.CharField(max_length=34)
    joined = models.BooleanField(help_text="Else: left")
    at = models.DateTimeField()
    sequence = models.IntegerField(default=0, help_text="The carrier's own order, within a conference")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["leg", "conference_sid", "joined", "at", "sequence"], name="calls_conference_event_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.leg} {'joined' if self.joined else 'left'} {self.conference_sid}"

    def as_move(self) -> lifecycle.Move:
        return lifecycle.Move(self.conference_sid, self.joined, self.at, self.sequence)


class CallEvent(TenantModel):
    """The call's timeline. Append-only: the database refuses to change a row."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="events")
    leg = models.ForeignKey(CallLeg, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=32)
    data: models.JSONField[Any, Any] = models.JSONField(default=dict)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["call", "created_at", "id"], name="calls_timeline")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.created_at:%H:%M:%S}"


class CallNote(TenantModel):
    call = models.ForeignKey(Call, models.CASCADE, related_name="notes")
    author_id = models.UUIDField()
    author_name = models.CharField(max_length=254)
    text = models.TextField()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["call", "-created_at", "-id"], name="calls_notes")]

    def __str__(self) -> str:
        return f"Note by {self.author_name}"
