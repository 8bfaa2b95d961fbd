"""What is known of an organisation's own people, which no customer's request touches, and what the admin site noted.
See zerovoice/lib/personal.py."""

from __future__ import annotations

from django.contrib.admin.models import LogEntry
from django.db.models import Q, QuerySet

from zerovoice.accounts.models import Membership
from zerovoice.lib import personal
from zerovoice.lib.personal import Kind, Person, Phase

_STAFF = "the organisation's own people: their accounts are managed by its owner"
_ERASED = "Erased"


def register() -> None:
    personal.register(
        Kind(
            "admin_history", LogEntry, ("object_repr", "change_message"),
            find=_log_entries, left=lambda person: ~Q(object_repr=_ERASED),
            erase=personal.blank(object_repr=_ERASED, change_message=""), phase=Phase.COPIES,
        )
    )  # fmt: skip
    free = personal.free
    free("admin.LogEntry", "object_id", because="an id")
    free("accounts.Organization", "name", "slug", "timezone", "country", "allowed_countries",
         because="the organisation's own")  # fmt: skip
    free("accounts.User", "password", "email", "name", because=_STAFF)
    free("accounts.ApiKey", "name", "prefix", "secret_hash", "scopes", because="the organisation's own")
    free("accounts.Authenticator", "name", "key", because=_STAFF)
    free("accounts.RecoveryCode", "code_hash", because=_STAFF)
    free("accounts.AuditEntry", "actor_kind", "action", "target_type", "target_id", "fields", "request_id",
         because="ids and names of fields, never values: it cannot be changed")  # fmt: skip
    free("accounts.AuditMark", "digest", because="of ids and names of fields")
    free("accounts.AuditSeal", "entries", "digest", because="ids, and digests of ids and names of fields")
    free("auth.Permission", "name", "codename", because="Django's own")
    free("auth.Group", "name", because="not used")
    free("contenttypes.ContentType", "app_label", "model", because="Django's own")
    free("sessions.Session", "session_key", "session_data", because=_STAFF)
    free("token_blacklist.OutstandingToken", "jti", "token", because=_STAFF)


def _log_entries(person: Person) -> QuerySet[LogEntry]:
    """Those about a row of theirs, whoever made them; and those of the organisation's own people that mention them:
    an entry has no organisation, and another one's may be about a namesake."""
    about = Q(object_id__in=[str(pk) for pk in personal.ids(person)])
    mentions = Q(object_repr__in=person.names) | person.mentioned_in("object_repr", "change_message")
    members = Membership.objects.filter(organization_id=person.organization_id).values("user_id")
    elsewhere = Membership.objects.exclude(organization_id=person.organization_id).values("user_id")
    ours = Q(user_id__in=members) & ~Q(user_id__in=elsewhere) & Q(user__is_superuser=False)
    return LogEntry.objects.filter(about | ours & mentions)
