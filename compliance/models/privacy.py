"""Requests of people about their data, what has to go from other places, how long things are kept, and what must be
kept all the same. See docs/decisions/0061-erasing-a-person.md."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject

from zerovoice.accounts.models import TenantModel, TenantQuerySet
from zerovoice.carrier.work import State, WorkQuerySet, WorkRow
from zerovoice.lib import pseudonym
from zerovoice.lib.personal import Person

#: What stays, and why, as certificates say it.
KEPT = {
    "calls": "That calls took place, when and for how long; the number is replaced by a stand-in. For the books.",
    "messages": "That messages were exchanged, and when; number and text are gone. For the books.",
    "do_not_call_entries": "A stand-in of the number, so that nobody calls or writes to them again.",
    "audit": "Ids of rows and names of fields, never what was in them.",
}


#: Named one by one, for an index finds what is equal.
NOT_DONE = [State.PENDING, State.PROCESSING, State.FAILED]
#: Why removals wait, as far as it is told with the request; the rest is in the list of its removals.
MOST_PROBLEMS = 20


def removals_of_each() -> dict[str, Any]:
    """For `annotate`: how many removals elsewhere of a request are done and how many wait, and why some do. Added up by
    the database, for a request may have any number."""
    of = Removal.objects.filter(request=OuterRef("pk")).order_by()
    waiting = of.filter(state__in=NOT_DONE)

    def number(rows: models.QuerySet[Removal]) -> Coalesce:
        return Coalesce(Subquery(rows.values("request").annotate(number=Count("pk")).values("number")), 0)

    problems = waiting.exclude(last_error="").values_list(JSONObject(place="place", error="last_error")).distinct()
    return {
        "removals_done": number(of.filter(state=State.DONE)),
        "removals_waiting": number(waiting),
        "removal_problems": ArraySubquery(problems[:MOST_PROBLEMS]),
    }


class PrivacyRequest(WorkRow, TenantModel):
    """Somebody wants to have, or to have erased, what an organisation holds about them.

    While it is worked on it knows who they are. What is left of that afterwards are stand-ins, by which a later
    request about the same person finds this one.
    """

    class Kind(models.TextChoices):
        EXPORT = "export"
        DELETE = "delete", "Erasure"

    LEASE = timedelta(seconds=60)  # renewed with every batch

    kind = models.CharField(max_length=6, choices=Kind)
    dry_run = models.BooleanField(default=False)
    given = models.CharField(max_length=10)  # phone | email | contact_id
    phones = ArrayField(models.CharField(max_length=16), default=list)
    emails = ArrayField(models.CharField(max_length=254), default=list)
    contact_ids = ArrayField(models.UUIDField(), default=list)
    names = ArrayField(models.CharField(max_length=200), default=list)
    stand_ins = ArrayField(models.CharField(max_length=64), default=list)
    reason = models.CharField(max_length=500)
    author_kind = models.CharField(max_length=16)
    author_id = models.UUIDField(null=True)
    author_name = models.CharField(max_length=254, blank=True)
    due_date = models.DateField(help_text="A month by the calendar from when it was asked for")
    waiting_for = models.CharField(max_length=100, blank=True)
    total = models.PositiveIntegerField(default=0, help_text="Rows that it is about")
    counts: models.JSONField[Any, Any] = models.JSONField(default=dict)  # kind → rows exported or erased
    held: models.JSONField[Any, Any] = models.JSONField(default=dict)  # kind → rows that a legal hold keeps
    reading: models.JSONField[Any, Any] = models.JSONField(default=dict)  # kind → how far its rows have been read
    certificate: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    result = models.FileField(upload_to="privacy", blank=True, max_length=255)
    expires_at = models.DateTimeField(null=True, help_text="When the file is removed")

    objects: ClassVar = WorkQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        verbose_name = "privacy request"
        ordering = ["-created_at", "-id"]
        indexes = [
            *WorkRow.indexes("privacy_request"),
            models.Index(fields=["organization", "-created_at", "-id"], name="compliance_requests"),
            models.Index(fields=["organization", "kind", "-created_at", "-id"], name="compliance_requests_by_kind"),
            models.Index(fields=["organization", "state", "-created_at", "-id"], name="compliance_requests_by_state"),
            GinIndex(fields=["stand_ins"], name="compliance_requests_about"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.created_at:%Y-%m-%d}"

    @property
    def folder(self) -> str:
        return f"privacy/{self.organization_id}"

    def person(self) -> Person:
        return Person(
            self.organization_id,
            phones=frozenset(self.phones),
            emails=frozenset(self.emails),
            contact_ids=frozenset(self.contact_ids),
            names=frozenset(self.names),
        )

    @property
    def percent(self) -> int:
        """0 to 100; 100 only when it is done."""
        if self.state == State.DONE:
            return 100
        return min(99, 100 * sum(self.counts.values()) // self.total) if self.total else 0

    @property
    def is_expired(self) -> bool:
        return bool(self.expires_at) and not self.result


def stand_ins_of(person: Person) -> list[str]:
    """By which requests about the person are found, whatever is left of them."""
    return [known for word in sorted(person.phones | person.emails) for known in pseudonym.all_of_number(word)]


class Removal(WorkRow, TenantModel):
    """Something that has to go from a place outside of the database. It is tried until it is gone."""

    class Place(models.TextChoices):
        FILES = "files", "Stored file"
        RECORDING = "carrier_recording", "Recording at the carrier"
        MESSAGE = "carrier_message", "Message at the carrier"
        MEDIA = "carrier_media", "Attachment at the carrier"
        ZERODB = "zerodb", "Vectors in ZeroDB"

    LEASE = timedelta(seconds=60)

    request = models.ForeignKey(PrivacyRequest, models.CASCADE, null=True, related_name="removals", db_index=False)
    run = models.ForeignKey("compliance.RetentionRun", models.CASCADE, null=True, related_name="removals")
    place = models.CharField(max_length=17, choices=Place)
    what: models.JSONField[Any, Any] = models.JSONField(default=dict)  # ids only

    objects: ClassVar = WorkQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        ordering = ["id"]
        indexes = [
            *WorkRow.indexes("removal"),
            # How many of a request's are done, and those that are not.
            models.Index(
                fields=["request", "state", "id"],
                name="compliance_removals_by_state",
                condition=Q(request__isnull=False),
            ),
            models.Index(fields=["request", "id"], name="compliance_removals", condition=Q(request__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.get_place_display()


class RetentionRun(WorkRow, TenantModel):
    """One night's removal of one sort of things that an organisation does not want to keep for longer."""

    class Kind(models.TextChoices):
        RECORDINGS = "recordings"
        TRANSCRIPTS = "transcripts"
        MESSAGES = "messages"

    LEASE = timedelta(seconds=60)  # renewed with every batch

    kind = models.CharField(max_length=11, choices=Kind)
    day = models.DateField(help_text="In the organisation's zone")
    days = models.PositiveIntegerField(help_text="For how long they are kept")
    before = models.DateTimeField(help_text="What is older goes")
    removed = models.PositiveIntegerField(default=0)
    held = models.PositiveIntegerField(default=0, help_text="Kept because of a legal hold")

    objects: ClassVar = WorkQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        verbose_name = "retention run"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "kind", "day"], name="compliance_one_run_a_night")
        ]
        indexes = [
            *WorkRow.indexes("retention_run"),
            models.Index(fields=["organization", "-id"], name="compliance_retention_runs"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.day}"


class LegalHoldQuerySet(TenantQuerySet["LegalHold"]):
    def standing(self) -> LegalHoldQuerySet:
        return self.filter(released_at=None)


class LegalHold(TenantModel):
    """Keep this, whoever wants it gone. A bare id: the call belongs to an app above, and a contact must not take the
    hold with it."""

    contact_id = models.UUIDField(null=True)
    call_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=500)
    author_kind = models.CharField(max_length=16)
    author_id = models.UUIDField(null=True)
    author_name = models.CharField(max_length=254, blank=True)
    released_at = models.DateTimeField(null=True)

    objects: ClassVar = LegalHoldQuerySet.as_manager()

    class Meta:
        verbose_name = "legal hold"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(contact_id__isnull=False, call_id__isnull=True)
                | Q(contact_id__isnull=True, call_id__isnull=False),
                name="compliance_hold_on_one_thing",
            ),
            *(
                models.UniqueConstraint(
                    fields=["organization", name],
                    condition=Q(released_at=None, **{f"{name}__isnull": False}),
                    name=f"compliance_one_hold_a_{name.removesuffix('_id')}",
                )
                for name in ("contact_id", "call_id")
            ),
        ]
        indexes = [models.Index(fields=["organization", "-id"], name="compliance_holds")]

    def __str__(self) -> str:
        return f"Hold on a {'contact' if self.contact_id else 'call'}"
