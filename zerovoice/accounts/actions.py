"""Every write to organisations, people and keys: atomic and audited."""

from collections.abc import Iterable
from datetime import datetime

import structlog
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify

from zerovoice.accounts import audit, keys, registry, scopes
from zerovoice.accounts.models import ApiKey, Membership, Organization, User
from zerovoice.api.errors import Forbidden, Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib.clock import machine_now
from zerovoice.lib.ids import new_id

log = structlog.get_logger(__name__)


@transaction.atomic
def create_organization(
    *,
    name: str,
    slug: str = "",
    timezone: str = "UTC",
    country: str = "US",
    rate_limit_per_minute: int | None = None,
    actor: Principal | None = None,
) -> Organization:
    """A new tenant. Raises django's ValidationError."""
    organization = Organization(
        name=name,
        slug=slug or _free_slug(name),
        timezone=timezone,
        country=country,
        rate_limit_per_minute=rate_limit_per_minute,
        allowed_countries=sorted({"US", "CA", country}),
    )
    organization.full_clean()
    organization.save(force_insert=True)
    organization_created(organization, actor=actor)
    return organization


def organization_created(organization: Organization, *, actor: Principal | None = None) -> None:
    """What belongs to every new organisation, in the transaction that inserts it."""
    registry.announce_organization(organization)
    audit.record(organization_id=organization.id, actor=actor, action="organization.created", target=organization)


@transaction.atomic
def change_organization(*, organization: Organization, actor: Principal | None, **fields: object) -> Organization:
    """New `name`, `country` or `timezone`. Raises django's ValidationError."""
    for name, value in fields.items():
        setattr(organization, name, value)
    organization.full_clean()
    organization.save(update_fields=list(fields))
    organization_changed(organization, fields=fields, actor=actor)
    return organization


def organization_changed(organization: Organization, *, fields: Iterable[str], actor: Principal | None) -> None:
    audit.record(
        organization_id=organization.id,
        actor=actor,
        action="organization.changed",
        target=organization,
        fields=fields,
    )


def _free_slug(name: str) -> str:
    slug = slugify(name)[:50] or "organization"
    return f"{slug}-{new_id().hex[-8:]}" if Organization.objects.filter(slug=slug).exists() else slug


def create_user(*, email: str, password: str | None = None, name: str = "", is_staff: bool = False) -> User:
    return User.objects.create_user(email, password, name=name, is_staff=is_staff)


@transaction.atomic
def add_member(*, organization: Organization, user: User, role: str, actor: Principal | None = None) -> Membership:
    """Give a user a place. Raises Unprocessable when they have one, Forbidden when the role exceeds the actor's."""
    _may_grant(actor, scopes.SCOPES_OF_ROLE[role], field="role")
    if Membership.objects.filter(organization=organization, user=user).exists():
        raise Unprocessable("This person is already a member", "email")
    membership = Membership.objects.create(organization=organization, user=user, role=role)
    audit.record(
        organization_id=organization.id, actor=actor, action="member.added", target=membership, fields=["role", "user"]
    )
    return membership


@transaction.atomic
def invite_member(*, actor: Principal, email: str, name: str, password: str, role: str) -> Membership:
    """A new person with a place in the actor's organisation.

    Somebody who has an account already is refused: joining a second organisation changes how they log in, so it is
    the operator of the instance who does that. Raises Unprocessable, Forbidden.
    """
    email = User.objects.normalize_email(email)
    if User.objects.filter(email=email).exists():
        raise Unprocessable("This person already has an account; the operator of this instance can add them", "email")
    user = create_user(email=email, password=password, name=name)
    organization = Organization.objects.get(id=actor.organization_id)
    return add_member(organization=organization, user=user, role=role, actor=actor)


@transaction.atomic
def change_role(*, membership: Membership, role: str, actor: Principal | None) -> Membership:
    """Raises Forbidden when either role exceeds the actor's, Unprocessable for the last owner."""
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    _may_grant(actor, scopes.SCOPES_OF_ROLE[membership.role] | scopes.SCOPES_OF_ROLE[role], field="role")
    if role != membership.role:
        _keep_an_owner(membership)
        membership.role = role
        membership.save(update_fields=["role"])
        audit.record(
            organization_id=membership.organization_id,
            actor=actor,
            action="member.changed",
            target=membership,
            fields=["role"],
        )
    return membership


@transaction.atomic
def set_back_office(*, membership: Membership, allowed: bool, actor: Principal | None) -> None:
    """Whether the member may log in to the back office, where they then may do what their role may.

    Raises Forbidden when the role exceeds the actor's, and Unprocessable for oneself, and for a person of several
    organisations: it is one log-in, so no single one of them decides, but the operator of the instance.
    """
    _may_grant(actor, scopes.SCOPES_OF_ROLE[membership.role], field="back_office")
    user = User.objects.select_for_update().get(pk=membership.user_id)
    if user.is_staff == allowed:
        return
    if actor is not None and actor.id == user.pk:
        raise Unprocessable("You cannot shut yourself out", "back_office")
    if user.is_superuser or user.memberships.exclude(pk=membership.pk).exists():
        raise Unprocessable(
            "This person belongs to more than your organization; the operator of this instance decides", "back_office"
        )
    user.is_staff = allowed
    user.save(update_fields=["is_staff"])
    audit.record(
        organization_id=membership.organization_id,
        actor=actor,
        action="member.back_office_set",
        target=membership,
        fields=["is_staff"],
    )


@transaction.atomic
def remove_member(*, membership: Membership, actor: Principal | None) -> None:
    """End a membership and every session in it. The user stays: other organisations and the audit know them."""
    _may_grant(actor, scopes.SCOPES_OF_ROLE[membership.role], field="role")
    _keep_an_owner(membership)
    audit.record(organization_id=membership.organization_id, actor=actor, action="member.removed", target=membership)
    membership.delete()


def _keep_an_owner(membership: Membership) -> None:
    # Locking all owners decides between two who step down at the same moment.
    owners = Membership.objects.select_for_update().filter(organization_id=membership.organization_id, role="owner")
    if [owner.pk for owner in owners.order_by("pk")] == [membership.pk]:
        raise Unprocessable("The last owner cannot leave or be given another role", "role")


def _may_grant(actor: Principal | None, granted: Iterable[str], *, field: str) -> None:
    if actor is not None and (beyond := sorted(set(granted) - actor.scopes)):
        raise Forbidden(f"You cannot manage what you may not do yourself: {beyond[0]}", field)


@transaction.atomic
def create_api_key(
    *,
    organization: Organization,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    actor: Principal | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is kept nowhere: `zv_<prefix>_<secret>`.

    Raises Forbidden when it would be allowed more than its maker, Unprocessable when it would be born expired.
    """
    _may_grant(actor, scopes, field="scopes")
    if expires_at is not None and expires_at <= machine_now():
        raise Unprocessable("Must be in the future", "expires_at")
    text = keys.new_key()
    key = ApiKey(
        organization=organization,
        name=name,
        prefix=text.prefix,
        secret_hash=keys.hash_secret(text.secret),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        created_by_id=actor.id if actor and actor.kind == "user" else None,
    )
    key.full_clean(exclude=["organization", "created_by"])
    key.save(force_insert=True)
    audit.record(
        organization_id=organization.id,
        actor=actor,
        action="api_key.created",
        target=key,
        fields=["name", "scopes", "expires_at"],
    )
    return key, str(text)


@transaction.atomic
def change_api_key(*, key: ApiKey, actor: Principal | None, **changes: object) -> ApiKey:
    """New `name`, `scopes` or `expires_at`. Raises Forbidden when it would be allowed more than the actor."""
    if "scopes" in changes:
        changes["scopes"] = sorted(set(changes["scopes"]))  # type: ignore[call-overload]
        _may_grant(actor, changes["scopes"], field="scopes")  # type: ignore[arg-type]
    for field, value in changes.items():
        setattr(key, field, value)
    if changes:
        key.save(update_fields=list(changes))
        audit.record(
            organization_id=key.organization_id, actor=actor, action="api_key.changed", target=key, fields=changes
        )
    return key


@transaction.atomic
def revoke_api_key(*, key: ApiKey, actor: Principal | None) -> ApiKey:
    """Void from now on, for good. Again does nothing."""
    if key.revoked_at is None:
        key.revoked_at = machine_now()
        key.save(update_fields=["revoked_at"])
        audit.record(organization_id=key.organization_id, actor=actor, action="api_key.revoked", target=key)
    return key


def person_changed(user: User, *, action: str, by: User, fields: Iterable[str] = ()) -> None:
    """In the audit of each organisation that the person is in, and in the log: an operator may be in none."""
    log.info("person_changed", action=action, user=str(user.pk), by=str(by.pk), fields=sorted(fields))
    for membership in user.memberships.select_related("organization"):
        actor = Principal("user", by.pk, by.email, membership.organization.info(), "", frozenset())
        audit.record(organization_id=membership.organization_id, actor=actor, action=action, target=user, fields=fields)


def password_problem(password: str, *, email: str, name: str) -> str:
    """What Django's password validators say against it, "" when nothing."""
    try:
        validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        return str(error.messages[0])
    return ""
