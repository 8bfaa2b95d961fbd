"""Every write to endpoints, secrets and deliveries that somebody asks for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from zerovoice.accounts import audit
from zerovoice.api.errors import Unprocessable
from zerovoice.api.principal import Principal
from zerovoice.lib import clock
from zerovoice.lib.encryption import UnreadableSecret
from zerovoice.lib.turns import take_turns
from zerovoice.webhooks import outbox, replaying, signing
from zerovoice.webhooks.messages import moment
from zerovoice.webhooks.models import CallbackSecret, Delivery, Endpoint, Replay
from zerovoice.webhooks.own_events import DISABLED, TEST

log = structlog.get_logger(__name__)

MOST_ENDPOINTS = 50
OVERLAP_SECONDS = 86_400


@transaction.atomic
def create_endpoint(
    *,
    organization_id: UUID,
    principal: Principal | None,
    url: str,
    types: Collection[str],
    description: str = "",
    enabled: bool = True,
) -> Endpoint:
    """A new endpoint with a secret of its own. Raises Unprocessable when there are too many."""
    take_turns(f"webhooks.endpoints {organization_id}")
    if Endpoint.objects.kept().of(organization_id).count() >= MOST_ENDPOINTS:
        raise Unprocessable(f"An organization has at most {MOST_ENDPOINTS} endpoints")
    endpoint = Endpoint(organization_id=organization_id, url=url, types=sorted(set(types)), description=description)
    _switch(endpoint, enabled)
    endpoint.save(force_insert=True)
    _audit(endpoint, principal, "created", ["url", "types", "description", "enabled"])
    return endpoint


@transaction.atomic
def change_endpoint(*, endpoint: Endpoint, principal: Principal | None, **fields: Any) -> Endpoint:
    """New `url`, `types`, `description` or `enabled`. What waits is sent to the new URL."""
    endpoint = _locked(endpoint)
    changed = dict(fields)
    if "types" in fields:
        changed["types"] = sorted(set(fields["types"]))
    if "enabled" in fields and fields["enabled"] != endpoint.enabled:
        _switch(endpoint, changed.pop("enabled"))
    for name, value in changed.items():
        setattr(endpoint, name, value)
    endpoint.save(update_fields=[*changed, "enabled", "disabled_reason", "disabled_at", "failing_since"])
    _audit(endpoint, principal, "changed", fields)
    return endpoint


def _switch(endpoint: Endpoint, enabled: bool, reason: str = Endpoint.Reason.OWNER) -> None:
    endpoint.enabled = enabled
    endpoint.disabled_reason = "" if enabled else reason
    endpoint.disabled_at = None if enabled else clock.machine_now()
    if enabled:
        endpoint.failing_since = None  # its days begin anew


@transaction.atomic
def delete_endpoint(*, endpoint: Endpoint, principal: Principal | None) -> None:
    """Nothing is sent there any more. Its log goes with the events, out of sight."""
    endpoint = _locked(endpoint)
    if endpoint.deleted_at:
        return
    _switch(endpoint, False)
    endpoint.deleted_at = clock.machine_now()
    endpoint.secret, endpoint.previous_secret = signing.new_secret(), ""
    endpoint.save(
        update_fields=["enabled", "disabled_reason", "disabled_at", "deleted_at", "secret", "previous_secret"]
    )
    _audit(endpoint, principal, "deleted")


@transaction.atomic
def rotate_secret(
    *, signer: Endpoint | CallbackSecret, principal: Principal | None, overlap_seconds: int = OVERLAP_SECONDS
) -> str:
    """A new secret, which is returned. For the overlap, messages are signed with the one before as well."""
    model = type(signer)
    # Not read: one that cannot be decrypted any more can still be replaced.
    model._default_manager.select_for_update().filter(pk=signer.pk).values_list("pk").get()
    try:
        before = model._default_manager.get(pk=signer.pk).secret
    except UnreadableSecret:
        before, overlap_seconds = "", 0
    fresh = signing.new_secret()
    signer.secret, signer.previous_secret = fresh, before if overlap_seconds else ""
    until = clock.machine_now() + timedelta(seconds=overlap_seconds)
    signer.previous_secret_until = until if overlap_seconds else None
    signer.save(update_fields=["secret", "previous_secret", "previous_secret_until"])
    _audit(signer, principal, "secret_rotated", ["secret"])
    return fresh


def callback_secret(organization_id: UUID) -> CallbackSecret:
    """The organisation's, made if it has none. Raises UnreadableSecret."""
    found = CallbackSecret.objects.filter(organization_id=organization_id).first()
    if found is None:
        CallbackSecret.objects.bulk_create([CallbackSecret(organization_id=organization_id)], ignore_conflicts=True)
        found = CallbackSecret.objects.get(organization_id=organization_id)
    return found


@transaction.atomic
def send_test(*, endpoint: Endpoint, principal: Principal | None) -> None:
    """Have a test event sent there. Raises Unprocessable where nothing is sent."""
    if not endpoint.enabled:
        raise Unprocessable("The endpoint is disabled")
    outbox.record(organization_id=endpoint.organization_id, kind=TEST, subject=endpoint)
    _audit(endpoint, principal, "tested")


@transaction.atomic
def send_again(*, deliveries: Collection[Delivery], principal: Principal | None) -> int:
    """Attempt finished deliveries again; how many there were. One under way is not disturbed."""
    wanted = [delivery for delivery in deliveries if delivery.endpoint is None or delivery.endpoint.enabled]
    rows = Delivery.objects.select_for_update().filter(pk__in=[delivery.pk for delivery in wanted])
    finished = list(replaying.finished(rows).only("organization_id"))
    done = replaying.begin_anew([delivery.pk for delivery in finished])
    for delivery in finished:
        audit.record(
            organization_id=delivery.organization_id,
            actor=principal,
            action="webhook_delivery.sent_again",
            target=delivery,
        )
    outbox.tell_a_worker()
    return done


@transaction.atomic
def replay(
    *, endpoint: Endpoint, principal: Principal | None, since: datetime, until: datetime, delivered_too: bool = False
) -> Replay:
    """Have the events of a time told again: those that were not delivered, or all. Raises Unprocessable."""
    if not endpoint.enabled:
        raise Unprocessable("The endpoint is disabled")
    if Replay.objects.filter(endpoint=endpoint, finished_at=None).exists():
        raise Unprocessable("A replay for this endpoint is under way")
    bounds = replaying.bounds(endpoint.organization_id, since, until)
    made = Replay.objects.create(
        organization_id=endpoint.organization_id,
        endpoint=endpoint,
        since=since,
        until=until,
        delivered_too=delivered_too,
        position=bounds[0] - 1 if bounds else 0,
        until_position=bounds[1] if bounds else 0,
        finished_at=None if bounds else clock.now(),
    )
    _audit(endpoint, principal, "replayed")
    outbox.tell_a_worker()
    return made


@transaction.atomic
def disable_by_itself(endpoint_id: UUID, reason: str) -> None:
    """It said that it is gone, or failed for days. Told as an event, to the organisation's other endpoints too."""
    rows = Endpoint.objects.kept().defer("secret", "previous_secret")
    endpoint = rows.select_for_update(no_key=True).filter(pk=endpoint_id, enabled=True).first()
    if endpoint is None:
        return
    since = endpoint.failing_since
    _switch(endpoint, False, reason)
    endpoint.save(update_fields=["enabled", "disabled_reason", "disabled_at"])
    _audit(endpoint, None, "disabled", ["enabled"])
    data = {"reason": reason, "failing_since": moment(since) if since else None}
    outbox.record(organization_id=endpoint.organization_id, kind=DISABLED, subject=endpoint, data=data)
    log.warning("webhook_endpoint_disabled", endpoint_id=str(endpoint_id), reason=str(reason))


def _locked(endpoint: Endpoint) -> Endpoint:
    """Without its secrets: one that cannot be read must not keep anybody from changing the rest."""
    rows = Endpoint.objects.defer("secret", "previous_secret")
    return rows.select_for_update(no_key=True).get(pk=endpoint.pk)


def _audit(target: Endpoint | CallbackSecret, principal: Principal | None, what: str, fields: Any = ()) -> None:
    noun = "webhook_endpoint" if isinstance(target, Endpoint) else "webhook_callback_secret"
    audit.record(
        organization_id=target.organization_id, actor=principal, action=f"{noun}.{what}", target=target, fields=fields
    )
