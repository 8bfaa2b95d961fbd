"""Organisations, the people in them, their keys, and the record of what they changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self, TypeVar
from uuid import UUID
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django_otp.models import Device

from zerovoice.accounts import principal_cache, scopes, totp
from zerovoice.api.principal import OrganizationInfo
from zerovoice.lib import clock
from zerovoice.lib.encryption import SecretField
from zerovoice.lib.ids import new_id


def default_countries() -> list[str]:
    return ["US", "CA"]


def validate_timezone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("Must be the name of an IANA time zone")


def validate_scopes(names: Iterable[str]) -> None:
    if unknown := sorted(set(names) - scopes.ALL):
        raise ValidationError(f"Unknown scope: {unknown[0]}")


country_code = RegexValidator(r"^[A-Z]{2}\Z", "Must be an ISO 3166 country code")


class Organization(models.Model):
    """A tenant."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        PAST_DUE = "past_due"
        SUSPENDED = "suspended"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=63, unique=True)
    timezone = models.CharField(max_length=64, default="UTC", validators=[validate_timezone])
    country = models.CharField(max_length=2, default="US", validators=[country_code])
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    status_by_hand = models.BooleanField(
        default=False, help_text="A person set the status; payments do not move it until this is off"
    )
    rate_limit_per_minute = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1_000_000)]
    )  # null: the instance's default
    allowed_countries = ArrayField(
        models.CharField(max_length=2, validators=[country_code]), default=default_countries, blank=True
    )  # where its calls may go
    premium_rate_allowed = models.BooleanField(default=False, help_text="Calls and messages to premium-rate numbers")
    two_factor_required = models.BooleanField(
        "require two-factor log-in",
        default=False,
        help_text="Who has not set up an authenticator app is led to do so, and opens nothing else here until then",
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        principal_cache.forget_on_commit(
            *(principal_cache.member_key(self.pk, user) for user in self.memberships.values_list("user_id", flat=True)),
            *(principal_cache.api_key_key(prefix) for prefix in self.api_keys.values_list("prefix", flat=True)),
        )

    def info(self) -> OrganizationInfo:
        return OrganizationInfo(
            id=self.id,
            name=self.name,
            slug=self.slug,
            timezone=self.timezone,
            country=self.country,
            status=self.status,
            rate_limit_per_minute=self.rate_limit_per_minute or settings.RATE_LIMIT_PER_MINUTE,
        )


_Row = TypeVar("_Row", bound=models.Model)


class TenantQuerySet(models.QuerySet[_Row]):
    def of(self, organization_id: UUID) -> Self:
        return self.filter(organization_id=organization_id)


class TenantModel(models.Model):
    """A row that belongs to an organisation: the base of every such row in every app."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class UserManager(BaseUserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=self.normalize_email(username))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # of django_otp, untyped
    """A person, who logs in with an e-mail address. What they may do is said by their memberships."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text="May enter the admin site.")
    created_at = models.DateTimeField(default=clock.machine_now, editable=False)

    objects = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_for_each_email")]

    def get_full_name(self) -> str:
        """As the back office calls them."""
        return self.name

    def clean(self) -> None:
        self.email = UserManager.normalize_email(self.email)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Drops what is cached of the person; a new password also ends every session made with the old one."""
        new_password = getattr(self, "_password", None) is not None and not self._state.adding
        super().save(*args, **kwargs)
        for membership in self.memberships.all():
            if new_password:
                membership.end_sessions()
            principal_cache.forget_on_commit(principal_cache.member_key(membership.organization_id, self.pk))


class Membership(TenantModel):
    """A user's place in an organisation."""

    class Role(models.TextChoices):
        OWNER = scopes.OWNER
        ADMIN = scopes.ADMIN
        SUPERVISOR = scopes.SUPERVISOR
        AGENT = scopes.AGENT
        VIEWER = scopes.VIEWER

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    token_version = models.PositiveIntegerField(default=1, editable=False)  # tokens with another number are void

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "user"], name="one_membership_for_each_user")]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        principal_cache.forget_on_commit(principal_cache.member_key(self.organization_id, self.user_id))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        principal_cache.forget_on_commit(principal_cache.member_key(self.organization_id, self.user_id))
        return super().delete(*args, **kwargs)

    def end_sessions(self) -> None:
        """Void every token issued so far."""
        self.token_version = models.F("token_version") + 1
        self.save(update_fields=["token_version"])
        self.refresh_from_db(fields=["token_version"])


class ApiKey(TenantModel):
    """A program's credentials: `zv_<prefix>_<secret>`. Only the secret's SHA-256 is kept.

    The secret has 256 random bits, so a fast hash is as good as a slow one here.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=12, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=32), validators=[validate_scopes])
    expires_at = models.DateTimeField(null=True, blank=True)  # machine time, as all of a key's times
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)

    def __str__(self) -> str:
        return f"{self.name} (zv_{self.prefix}_…)"

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        principal_cache.forget_on_commit(principal_cache.api_key_key(self.prefix))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        principal_cache.forget_on_commit(principal_cache.api_key_key(self.prefix))
        return super().delete(*args, **kwargs)

    def is_usable(self, at: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class Authenticator(Device):
    """An app on a person's phone that makes codes (TOTP, RFC 6238: six digits, thirty seconds).

    django-otp's own TOTP device keeps its key in clear, so this one is ours. `confirmed`: a code of it was given once.
    """

    key = SecretField(help_text="Base32, as apps want it")
    last_step = models.BigIntegerField(default=-1, help_text="The step whose code was taken last: each is good once")
    created_at = models.DateTimeField(default=clock.machine_now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "confirmed"], name="one_authenticator_for_each_user")]

    def verify_token(self, token: str) -> bool:
        """Whether it is the code of now, of the step before or of the one after, and was not taken before."""
        step = totp.step_of(self.key, token, now=clock.machine_now().timestamp(), after=self.last_step)
        # Two who give the same code at the same moment: one is first.
        return step is not None and bool(
            Authenticator.objects.filter(pk=self.pk, last_step__lt=step).update(last_step=step)
        )


class RecoveryCode(models.Model):
    """A code for when the phone is lost, good once. It has 80 random bits, so a fast hash is as good as a slow one."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, editable=False)

    def __str__(self) -> str:
        return "A recovery code"


class AuditEntry(TenantModel):
    """Who changed what, when. Ids and names of fields, never their values, so it may outlive a person's data.

    Append-only: triggers refuse UPDATE, DELETE and TRUNCATE. What is changed or removed all the same shows: each entry
    leaves a mark, and marks are made into seals (docs/decisions/0063-sealed-audit.md).
    """

    actor_kind = models.CharField(max_length=16)  # user | api_key | system
    actor_id = models.UUIDField(null=True)
    action = models.CharField(max_length=64)  # "api_key.created"
    target_type = models.CharField(max_length=64)  # the model's label
    target_id = models.CharField(max_length=64)
    fields = ArrayField(models.CharField(max_length=64), default=list)
    request_id = models.CharField(max_length=128, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["organization", "-id"], name="audit_newest"),
            models.Index(fields=["organization", "target_id"], name="audit_target"),
            models.Index(fields=["organization", "-created_at", "-id"], name="audit_when"),
            models.Index(fields=["organization", "action", "-created_at"], name="audit_action"),
            models.Index(fields=["organization", "actor_id", "-created_at"], name="audit_actor"),
        ]


class AuditMark(models.Model):
    """That there is an entry, and the digest of what it says: written by a trigger, until it is sealed."""

    organization_id = models.UUIDField()
    entry_id = models.UUIDField()
    digest = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["organization_id", "id"], name="audit_unsealed")]

    def __str__(self) -> str:
        return str(self.entry_id)


class AuditSeal(models.Model):
    """What some entries of an organisation said, chained to the seal before. Append-only as they are."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveBigIntegerField(help_text="From 1, without a gap")
    entries: "models.JSONField[list[list[str]], Any]" = models.JSONField(help_text="[id, digest] each")
    digest = models.CharField(max_length=64, help_text="HMAC of the seal before and of the entries")
    created_at = models.DateTimeField(default=clock.machine_now, editable=False)

    class Meta:
        ordering = ["organization", "number"]
        constraints = [models.UniqueConstraint(fields=["organization", "number"], name="audit_one_seal_of_a_number")]

    def __str__(self) -> str:
        return f"Seal {self.number}"
