from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from zerovoice.accounts.models import Organization, TenantModel, TenantQuerySet
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id


class PhoneNumberQuerySet(TenantQuerySet["PhoneNumber"]):
    def named(self, given: str) -> PhoneNumber | None:
        """The one that `given` names: its E.164 number, or its id."""
        try:
            return self.filter(pk=uuid.UUID(given)).first()
        except ValueError:
            return self.filter(number=given).first()

    def active(self) -> PhoneNumberQuerySet:
        """Numbers that calls and messages may come from and go to."""
        return self.filter(status=PhoneNumber.Status.ACTIVE)

    def live(self) -> PhoneNumberQuerySet:
        """Numbers that are at the carrier, or may be."""
        return self.filter(status__in=PhoneNumber.LIVE)

    def unsettled(self) -> PhoneNumberQuerySet:
        """Numbers of which we do not know yet what the carrier did."""
        return self.filter(status__in=PhoneNumber.UNSETTLED)

    def leading_to(self, kind: str, target_id: uuid.UUID) -> PhoneNumberQuerySet:
        return self.live().filter(routing__type=kind, routing__target_id=str(target_id))

    def open_by(self, hours_id: uuid.UUID) -> PhoneNumberQuerySet:
        """Numbers whose calls take their own route while these business hours are open."""
        return self.live().filter(routing__business_hours_id=str(hours_id))


class PhoneNumber(TenantModel):
    """A number that the organisation owns at its carrier, is buying, or once had.

    purchasing → active → releasing → released, or purchasing → failed. The row is written before the carrier is asked,
    so that whatever dies meanwhile, somebody looks what became of it (`numbers/settling.py`).
    """

    class Type(models.TextChoices):
        LOCAL = "local"
        TOLL_FREE = "toll_free"
        MOBILE = "mobile"

    class Status(models.TextChoices):
        PURCHASING = "purchasing"
        ACTIVE = "active"
        RELEASING = "releasing"
        RELEASED = "released"
        FAILED = "failed", "Not bought"

    UNSETTLED = (Status.PURCHASING, Status.RELEASING)
    LIVE = (Status.PURCHASING, Status.ACTIVE, Status.RELEASING)

    number = models.CharField("E.164 number", max_length=16)
    sid = models.CharField("carrier's id", max_length=34, blank=True)
    account_sid = models.CharField("carrier account", max_length=34, blank=True)
    friendly_name = models.CharField(max_length=64, blank=True)
    country = models.CharField("ISO 3166 country", max_length=2)
    number_type = models.CharField(max_length=9, choices=Type)
    voice = models.BooleanField("can call", default=True)
    sms = models.BooleanField("can send SMS", default=True)
    mms = models.BooleanField("can send MMS", default=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    failure_reason = models.CharField(max_length=64, blank=True, help_text="Why it was not bought")
    routing: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True, help_text='{"type", "target_id"}')
    settle_at = models.DateTimeField(null=True, editable=False, help_text="When to look what the carrier did")
    unsettled_until = models.DateTimeField(
        null=True, editable=False, help_text="From then on, what the carrier does not show did not happen"
    )

    objects: ClassVar = PhoneNumberQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(status__in=("purchasing", "active", "releasing")),
                name="numbers_one_owner_per_number",
            )
        ]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="numbers_list"),
            models.Index(
                fields=["settle_at"], condition=Q(status__in=("purchasing", "releasing")), name="numbers_unsettled"
            ),
            models.Index(fields=["account_sid"], name="numbers_account"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.friendly_name}".strip()


class Drift(models.Model):
    """A difference between our list of numbers and a carrier account's, as the last comparison found it.

    `organization` is empty for a number that nobody here owns on the instance's shared account: the operator's matter.
    """

    class Kind(models.TextChoices):
        MISSING = "missing", "Not on the carrier account"
        UNKNOWN = "unknown", "On the carrier account, and nobody's here"
        MISDIRECTED = "misdirected", "Its calls or messages go elsewhere"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="+")
    phone_number = models.ForeignKey(PhoneNumber, models.CASCADE, null=True, related_name="drifts")
    kind = models.CharField(max_length=11, choices=Kind)
    account_sid = models.CharField("carrier account", max_length=34)
    number = models.CharField("E.164 number", max_length=16)
    sid = models.CharField("carrier's id", max_length=34, blank=True)
    fields = ArrayField(models.CharField(max_length=32), default=list, help_text="Which addresses point elsewhere")
    found_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ["-found_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account_sid", "kind", "number"], name="numbers_one_drift_of_a_kind")
        ]
        indexes = [models.Index(fields=["organization", "-found_at", "-id"], name="numbers_drift_list")]

    def __str__(self) -> str:
        return f"{self.number}: {self.get_kind_display()}"
