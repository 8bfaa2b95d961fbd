from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from compliance.models.lists import Channel
from zerovoice.accounts.models import TenantModel

MOST_DAYS = 36_500


def every_channel() -> list[str]:
    return list(Channel.values)


def _days(what: str) -> models.PositiveIntegerField:
    return models.PositiveIntegerField(
        f"days that {what} are kept",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text="Empty: for ever",
    )


class Settings(TenantModel):
    """What an organisation asks of the gate beyond the lists, how long it keeps what was said and written, and what
    callers are told before they are recorded. Without a row: nothing, for ever, nothing."""

    class Consent(models.TextChoices):
        NONE = "none", "Record without a word"
        ANNOUNCE = "announce", "Tell them first"
        REQUIRE = "require", "Ask them first, and record only who agrees"

    quiet_hours = models.BooleanField(default=False)
    quiet_hours_channels = ArrayField(models.CharField(max_length=5, choices=Channel), default=every_channel)
    keep_recordings_days = _days("recordings")
    keep_transcripts_days = _days("transcripts")
    keep_messages_days = _days("messages")
    record_inbound = models.BooleanField("record calls that come in", default=False)
    recording_consent = models.CharField(max_length=8, choices=Consent, default=Consent.NONE)
    recording_consent_text = models.CharField(
        "what they are told", max_length=500, blank=True, help_text="Spoken to who is to be recorded; empty: our words"
    )

    class Meta:
        verbose_name_plural = "settings"
        constraints = [models.UniqueConstraint(fields=["organization"], name="compliance_one_settings_row")]

    def __str__(self) -> str:
        return f"Quiet hours {'on' if self.quiet_hours else 'off'}"
