from __future__ import annotations

from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from compliance import place_tables
from zerovoice.accounts.models import TenantModel, TenantQuerySet, country_code
from zerovoice.lib import pseudonym


class Channel(models.TextChoices):
    VOICE = "voice", "Call"
    SMS = "sms", "Message"


class Reason(models.TextChoices):
    """Why somebody must not be contacted now."""

    DNC = "dnc", "Do not call"
    OPTED_OUT = "opted_out"
    CARRIER_BLOCK = "carrier_block", "Blocked at the carrier"
    QUIET_HOURS = "quiet_hours"


class PersonalQuerySet(TenantQuerySet[Any]):
    def about(self, number: str) -> Self:
        """Rows about an E.164 number, those included from which it was erased."""
        return self.filter(number_hash__in=pseudonym.all_of_number(number))


class PersonalModel(TenantModel):
    """A row about somebody's number. The stand-in finds it; the number itself can be erased."""

    number = models.CharField("E.164 number", max_length=16, blank=True)
    number_hash = models.CharField(max_length=64, editable=False)

    class Meta:
        abstract = True

    objects: ClassVar = PersonalQuerySet.as_manager()

    @staticmethod
    def naming(number: str) -> dict[str, str]:
        """What a new row says of a number."""
        return {"number": number, "number_hash": pseudonym.of_number(number)}


class DncEntry(PersonalModel):
    """Somebody who must not be contacted: because the organisation was told so, or because they said STOP.

    The two stand side by side: START takes back what STOP did, and nothing else.
    """

    class Source(models.TextChoices):
        MANUAL = "manual"
        IMPORT = "import"
        OPT_OUT = "opt_out"

    source = models.CharField(max_length=7, choices=Source, default=Source.MANUAL)
    reason = models.CharField(max_length=200, blank=True)
    author_kind = models.CharField(max_length=16, editable=False)  # user | api_key | system
    author_id = models.UUIDField(null=True, editable=False)
    author_name = models.CharField(max_length=254, blank=True, editable=False)

    class Meta:
        verbose_name = "do-not-call entry"
        verbose_name_plural = "do-not-call list"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number_hash"], condition=~Q(source="opt_out"), name="compliance_listed_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "number_hash"], condition=Q(source="opt_out"), name="compliance_opted_out_once"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "number_hash"], include=["source"], name="compliance_dnc_look_up"),
            models.Index(fields=["organization", "-id"], name="compliance_dnc_list"),
            models.Index(fields=["organization", "source", "-id"], name="compliance_dnc_by_source"),
        ]

    def __str__(self) -> str:
        return self.number or "An erased number"


class CarrierBlock(PersonalModel):
    """Somebody blocked one of the organisation's numbers at the carrier (its error 21610)."""

    sender = models.CharField("our number", max_length=16)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "number_hash", "sender"], name="compliance_one_block_for_a_pair"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number or 'An erased number'} blocks {self.sender}"


class Decision(PersonalModel):
    """A refusal: whom we did not contact, and why."""

    channel = models.CharField(max_length=5, choices=Channel)
    reason = models.CharField(max_length=13, choices=Reason)
    detail = models.CharField(max_length=300)
    sender = models.CharField("our number", max_length=16, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=254, blank=True)

    class Meta:
        verbose_name = "refused contact"
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="compliance_decisions"),
            models.Index(fields=["organization", "number", "-created_at", "-id"], name="compliance_by_number"),
            models.Index(fields=["organization", "reason", "-created_at", "-id"], name="compliance_by_reason"),
            models.Index(fields=["organization", "channel", "-created_at", "-id"], name="compliance_by_channel"),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.number}: {self.get_reason_display()}"


class QuietHourRule(models.Model):
    """When people may be contacted where they live. Data of the instance, with its source and its dates."""

    class Weekday(models.IntegerChoices):
        MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)

    country = models.CharField("ISO 3166 country", max_length=2, blank=True, validators=[country_code])
    region = models.CharField("state or province", max_length=3, blank=True, help_text="Empty: the whole country")
    weekday = models.PositiveSmallIntegerField(
        null=True, blank=True, choices=Weekday, validators=[MaxValueValidator(6)], help_text="Empty: every day"
    )
    opens = models.TimeField(help_text="From then on, where the person is")
    closes = models.TimeField(help_text="Until then; the same time as it opens: nobody is contacted that day")
    effective_from = models.DateField(null=True, blank=True)
    effective_to = models.DateField(null=True, blank=True, help_text="The last day")
    source = models.CharField(max_length=300)

    objects: ClassVar = models.Manager()

    class Meta:
        ordering = ["country", "region", "weekday"]
        constraints = [
            models.CheckConstraint(condition=Q(opens__lte=models.F("closes")), name="compliance_opens_before_it_closes")
        ]

    def clean(self) -> None:
        """A rule that no address could ever meet helps nobody."""
        known = place_tables.ZONES.get(self.country)
        if self.region and not self.country:
            raise ValidationError({"region": "A state or province is one of a country"})
        if self.region and known and self.region not in known:
            raise ValidationError({"region": f"{self.country} has no such state or province; write its code"})
        if self.opens and self.closes and self.opens > self.closes:
            raise ValidationError({"closes": "Must not be before it opens"})
        if self.effective_from and self.effective_to and self.effective_from > self.effective_to:
            raise ValidationError({"effective_to": "Must not be before the first day"})

    def __str__(self) -> str:
        place = " ".join(part for part in (self.country, self.region) if part) or "Everywhere else"
        return f"{place} {self.opens:%H:%M}–{self.closes:%H:%M}"
