"""What is counted beforehand, so that answers need not count ten million rows. See docs/decisions/0044-rollups.md.

A *quarter* is a quarter of an hour of UTC, by when a row was made: of all time zones' offsets the common measure. What
is counted of it stays true until a row of it changes; then there is a touch, and readers count its rows until it is
settled again. Several quarters are summed up where many are read at once: hours for the volume, days for tallies. Of a
queue or a number only these are kept: by the quarter there would be about as many as calls.
"""

from __future__ import annotations

from django.db import models

from zerovoice.lib.ids import NIL


class Source(models.TextChoices):
    """Whose rows are counted."""

    CALLS = "calls"
    MESSAGES = "messages"
    TRANSCRIPTS = "transcripts"


class Dimension(models.TextChoices):
    """Of which rows of a source: all of an organisation's, or those of one queue, or of one of its numbers."""

    ALL = "all"
    QUEUE = "queue"
    NUMBER = "number"


class Touch(models.Model):
    """Append-only, and without a key that two writers could wait for each other at: something of this quarter changed.
    Triggers write it in the transaction that changes the row; the settler deletes it."""

    organization_id = models.UUIDField()
    source = models.CharField(max_length=11, choices=Source)
    quarter = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["organization_id", "source", "quarter"], name="analytics_touches")]

    def __str__(self) -> str:
        return f"{self.source} of {self.quarter:%Y-%m-%d %H:%M}"


class _Rollup(models.Model):
    """What is known of the rows of one span of time, `minutes` long."""

    organization_id = models.UUIDField()
    source = models.CharField(max_length=11, choices=Source)
    dimension = models.CharField(max_length=6, choices=Dimension)
    value = models.UUIDField(default=NIL, help_text="Which queue or number; of all, nil")
    minutes = models.SmallIntegerField()
    start = models.DateTimeField()

    class Meta:
        abstract = True


class Tally(_Rollup):
    """How many rows there are: of calls those that are over, by disposition; of messages and transcripts by status."""

    direction = models.CharField(max_length=8)
    outcome = models.CharField(max_length=64)
    rows = models.IntegerField()

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "organization_id", "source", "dimension", "value", "minutes", "start", "direction", "outcome"
                ],
                include=["rows"],
                name="analytics_tallies",
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["organization_id", "source", "minutes", "start"], name="analytics_tallies_at")]

    def __str__(self) -> str:
        return f"{self.rows} {self.source} from {self.start:%Y-%m-%d %H:%M}"


class Volume(_Rollup):
    """How many calls began, those that still last included, and how long they took; of each direction."""

    inbound_calls = models.IntegerField()
    inbound_answered = models.IntegerField()
    inbound_abandoned = models.IntegerField()
    inbound_voicemail = models.IntegerField()
    inbound_talk_seconds = models.BigIntegerField()
    inbound_hold_seconds = models.BigIntegerField()
    inbound_wait_seconds = models.BigIntegerField()
    inbound_wrap_up_seconds = models.BigIntegerField()
    inbound_duration_seconds = models.BigIntegerField()
    outbound_calls = models.IntegerField()
    outbound_answered = models.IntegerField()
    outbound_abandoned = models.IntegerField()
    outbound_voicemail = models.IntegerField()
    outbound_talk_seconds = models.BigIntegerField()
    outbound_hold_seconds = models.BigIntegerField()
    outbound_wait_seconds = models.BigIntegerField()
    outbound_wrap_up_seconds = models.BigIntegerField()
    outbound_duration_seconds = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "volumes"
        constraints = [
            models.UniqueConstraint(
                fields=["organization_id", "source", "dimension", "value", "minutes", "start"], name="analytics_volumes"
            )
        ]
        indexes = [models.Index(fields=["organization_id", "source", "minutes", "start"], name="analytics_volumes_at")]

    def __str__(self) -> str:
        return f"{self.inbound_calls + self.outbound_calls} calls from {self.start:%Y-%m-%d %H:%M}"
