from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Concat, Lower

from contacts import search
from zerovoice.accounts.models import TenantModel, TenantQuerySet, validate_timezone
from zerovoice.lib import clock


class ContactQuerySet(TenantQuerySet["Contact"]):
    def search(self, text: str) -> models.QuerySet[Contact]:
        """Those in which every word of `text` is found, best first; see `contacts.search`."""
        return search.ranked(self, text)


class Contact(TenantModel):
    """A person whom the organisation knows. Calls and messages meet them by phone number, not by a key."""

    name = models.CharField(max_length=200)
    phone = models.CharField("E.164 number", max_length=16)
    email = models.EmailField(max_length=254, blank=True)
    company = models.CharField(max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    street = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField("state or province", max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField("ISO 3166 country", max_length=2, blank=True)
    timezone = models.CharField(
        "IANA time zone", max_length=64, blank=True, validators=[validate_timezone], help_text="If known for certain"
    )
    updated_at = models.DateTimeField(default=clock.now, editable=False)
    # What is searched. A blank in front of each part, so that the beginnings of words can be told.
    search_text = models.GeneratedField(
        expression=Lower(
            Concat(
                *(part for name in ("name", "company", "email", "phone") for part in (Value(" "), F(name))),
                output_field=models.TextField(),
            )
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects: ClassVar = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["organization", "phone"], name="contacts_one_for_each_phone")]
        indexes = [
            models.Index(fields=["organization", "-id"], name="contacts_list"),
            models.Index(F("organization"), Lower("email"), name="contacts_by_email"),
            GinIndex(F("organization"), OpClass("search_text", name="gin_trgm_ops"), name="contacts_search"),
            GinIndex(fields=["organization", "tags"], name="contacts_tags"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ADDRESS}


#: The columns that the API shows as `address`.
ADDRESS = ("street", "city", "region", "postal_code", "country")
