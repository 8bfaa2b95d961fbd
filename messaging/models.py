from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from messaging import lifecycle
from zerovoice.accounts.models import TenantModel, TenantQuerySet
from zerovoice.carrier.errors import describe
from zerovoice.carrier.work import WorkQuerySet, WorkRow


class Conversation(TenantModel):
    """All messages between one of our numbers and one person. Kept with each message, so that lists need not count."""

    our_number = models.CharField(max_length=16)
    phone = models.CharField("the person's number", max_length=128)
    last_message = models.ForeignKey("messaging.Message", models.SET_NULL, null=True, related_name="+")
    last_at = models.DateTimeField()
    message_count = models.PositiveIntegerField(default=0)
    inbound_count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-last_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "phone", "our_number"], name="messaging_one_conversation")
        ]
        indexes = [models.Index(fields=["organization", "-last_at", "-id"], name="messaging_conversations")]

    def __str__(self) -> str:
        return f"{self.phone} and {self.our_number}"


class MessageQuerySet(TenantQuerySet["Message"]):
    def under_way(self) -> MessageQuerySet:
        return self.filter(status__in=[Message.Status.QUEUED, Message.Status.SENT])


class Message(TenantModel):
    """An SMS or MMS. What arrives has the id of the receipt that told of it."""

    class Direction(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"

    class Status(models.TextChoices):
        QUEUED = lifecycle.QUEUED
        SENT = lifecycle.SENT
        DELIVERED = lifecycle.DELIVERED
        UNDELIVERED = lifecycle.UNDELIVERED
        FAILED = lifecycle.FAILED
        RECEIVED = lifecycle.RECEIVED

    class Encoding(models.TextChoices):
        GSM_7 = "GSM-7", "GSM-7"
        UCS_2 = "UCS-2", "UCS-2"

    direction = models.CharField(max_length=8, choices=Direction)
    status = models.CharField(max_length=11, choices=Status)
    from_number = models.CharField(max_length=128)
    to_number = models.CharField(max_length=128)
    conversation = models.ForeignKey(Conversation, models.PROTECT, related_name="messages")
    body = models.TextField(blank=True)
    encoding = models.CharField(max_length=5, choices=Encoding)
    segments = models.PositiveSmallIntegerField()
    media_urls: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    status_callback_url = models.URLField(max_length=2048, blank=True)
    keyword = models.CharField(max_length=5, blank=True, help_text="stop, start or help, where it is the whole message")
    sid = models.CharField("carrier's id", max_length=34, unique=True, null=True)  # noqa: DJ001 - several have none
    failure_reason = models.CharField(max_length=32, blank=True)
    carrier_error = models.PositiveIntegerField(null=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    unbound_until = models.DateTimeField(null=True, editable=False)  # without a sign of life by then, it never was
    checked_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False, help_text="When its text was removed")

    objects: ClassVar = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["organization", "-created_at", "-id"], name="messaging_list"),
            *(
                models.Index(fields=["organization", field, "-created_at", "-id"], name=f"messaging_by_{name}")
                for name, field in (
                    ("from", "from_number"), ("to", "to_number"), ("status", "status"), ("direction", "direction"),
                )
            ),
            models.Index(fields=["conversation", "-created_at", "-id"], name="messaging_of_conversation"),
            models.Index(
                fields=["checked_at"], name="messaging_under_way", condition=Q(status__in=["queued", "sent"])
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_direction_display()} message {self.from_number} → {self.to_number}"

    @property
    def error_meaning(self) -> str:
        """What went wrong, in words for the person who sent it; empty when nothing did."""
        if self.carrier_error:
            return describe(self.carrier_error).help
        return _OWN_WORDS.get(self.failure_reason, self.failure_reason.replace("_", " "))


_OWN_WORDS = {
    "": "",
    "carrier_unavailable": "The carrier could not be reached; the message was not sent",
    "carrier_unknown": "The carrier does not know of the message; it was not sent",
}


class MessageMedia(WorkRow, TenantModel):
    """A picture or another file that came with a message; a worker fetches it into our storage."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="media")
    sid = models.CharField("carrier's id", max_length=34)
    content_type = models.CharField(max_length=100)
    file = models.FileField(upload_to="messages", blank=True, max_length=255)
    size = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    erased_at = models.DateTimeField(null=True, editable=False, help_text="When the file was removed")

    objects: ClassVar = WorkQuerySet.as_manager()

    class Meta(WorkRow.Meta):
        verbose_name_plural = "message media"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["message", "sid"], name="messaging_one_row_for_each_medium")]
        indexes = [*WorkRow.indexes("messaging_media")]

    def __str__(self) -> str:
        return self.content_type

    @property
    def folder(self) -> str:
        """Of its month: see `compliance.removals`."""
        return f"messages/{self.organization_id}/{self.created_at:%Y/%m}"
