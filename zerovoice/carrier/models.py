"""Carrier accounts of organisations, notices received, commands to give."""

from datetime import timedelta

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform

from zerovoice.accounts.models import TenantModel
from zerovoice.carrier.work import WorkRow
from zerovoice.lib.encryption import SecretField
from zerovoice.lib.ids import new_id

_ACCOUNT_SID = RegexValidator(r"^AC[0-9a-f]{32}$", "An account SID is AC and 32 hexadecimal digits")
_KEY_SID = RegexValidator(r"^SK[0-9a-f]{32}$", "An API key SID is SK and 32 hexadecimal digits")


class CarrierAccount(TenantModel):
    """An organisation's own (sub)account at the carrier. Without one it uses the instance's."""

    organization = models.OneToOneField(
        "accounts.Organization", on_delete=models.PROTECT, related_name="carrier_account", editable=True
    )
    account_sid = models.CharField(max_length=34, unique=True, validators=[_ACCOUNT_SID])
    auth_token = SecretField(help_text="Signs the account's webhooks")
    api_key_sid = models.CharField(max_length=34, blank=True, default="", validators=[_KEY_SID])
    api_key_secret = SecretField(blank=True, default="")
    active = models.BooleanField(default=True, help_text="Off: the instance's account is used, webhooks are refused")

    def __str__(self) -> str:
        return self.account_sid


class Receipt(WorkRow):
    """A notice of the carrier's, kept before anything is done about it.

    `ref` is the id that we put into the callback's URL, so a notice finds its row whatever else is known by then.
    `key` tells a repeated delivery from a new notice.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=40)
    ref = models.UUIDField()
    key = models.CharField(max_length=300, unique=True)
    account_sid = models.CharField(max_length=34)
    payload = models.JSONField()

    class Meta:
        indexes = [
            *WorkRow.indexes("receipt"),
            models.Index(fields=["ref"], name="receipt_ref"),
            models.Index(fields=["-id"], name="receipt_failed", condition=Q(state="failed")),
            # What came in names our number, or nothing; whose it is stands in the notice alone.
            models.Index(
                KeyTransform("CallSid", "payload"), name="receipt_call_sid", condition=Q(kind__in=["astray", "inbound"])
            ),
            models.Index(
                KeyTransform("From", "payload"),
                name="receipt_from",
                condition=Q(kind__in=["inbound", "inbound-message"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Command(WorkRow, TenantModel):
    """Something the carrier is to do for us, outside of the request that decided it."""

    # One attempt may take two requests of the longest kind (look, then act) and must still be over before the lease.
    LEASE = timedelta(
        seconds=max(30.0, 2 * (settings.CARRIER_CONNECT_TIMEOUT_SECONDS + settings.CARRIER_READ_TIMEOUT_SECONDS) + 4)
    )

    kind = models.CharField(max_length=40)
    target_id = models.UUIDField(help_text="The row it is about")
    payload = models.JSONField(default=dict, blank=True)
    unique_key = models.CharField(max_length=200, blank=True, default="")
    at_most_once = models.BooleanField(default=False)
    give_up_at = models.DateTimeField()

    class Meta:
        indexes = [
            *WorkRow.indexes("command"),
            models.Index(fields=["target_id"], name="command_target"),
            models.Index(fields=["organization", "-id"], name="command_failed", condition=Q(state="failed")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "unique_key"], condition=~Q(unique_key=""), name="command_unique_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.target_id}"
