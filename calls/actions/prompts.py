"""Prompts: sounds that are uploaded, named, and removed when nothing plays them."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Mapping
from typing import IO, Any

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from calls import sound
from calls.models import Prompt
from zerovoice.accounts import audit
from zerovoice.api.errors import BadRequest, Unprocessable
from zerovoice.api.principal import Principal

MOST_BYTES = 10 * 1024 * 1024
MOST_SECONDS = 600


def create_prompt(*, principal: Principal, name: str, file: IO[bytes]) -> Prompt:
    """Keep an uploaded sound. Raises BadRequest for one that no phone could play, Unprocessable for a taken name."""
    data = file.read(MOST_BYTES + 1)
    heard = _checked(data)
    prompt = Prompt(
        organization_id=principal.organization_id,
        name=name,
        content_type=heard.content_type,
        duration_seconds=math.ceil(heard.seconds),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
    )
    prompt.file.save(f"{prompt.pk}.{heard.extension}", ContentFile(data), save=False)
    try:
        with transaction.atomic():
            prompt.save(force_insert=True)
            _note(principal, "created", prompt, ["name", "file"])
    except IntegrityError as error:
        prompt.file.delete(save=False)
        raise Unprocessable("Another prompt has this name", field="name") from error
    return prompt


@transaction.atomic
def rename_prompt(*, principal: Principal, prompt: Prompt, name: str) -> Prompt:
    prompt.name = name
    try:
        with transaction.atomic():
            prompt.save(update_fields=["name"])
    except IntegrityError as error:
        raise Unprocessable("Another prompt has this name", field="name") from error
    _note(principal, "updated", prompt, ["name"])
    return prompt


@transaction.atomic
def delete_prompt(*, principal: Principal, prompt: Prompt) -> None:
    """Remove it and its sound. Raises Unprocessable while a queue, an agent or a menu plays it."""
    locked = Prompt.objects.select_for_update().get(pk=prompt.pk)
    storage, file = locked.file.storage, str(locked.file.name)
    try:
        with transaction.atomic():
            _note(principal, "deleted", locked, [])
            locked.delete()
    except ProtectedError as error:
        user: Any = next(iter(error.protected_objects))
        raise Unprocessable(f"The {user._meta.verbose_name} {user} plays it") from error
    transaction.on_commit(lambda: storage.delete(file))


def check(organization_id: uuid.UUID, fields: Mapping[str, Any], *names: str) -> None:
    """Raises Unprocessable where one of the fields of these names is a prompt of nobody's. Those that are there stay
    until the caller's transaction is over: something is about to play them."""
    for name in names:
        rows = Prompt.objects.of(organization_id).select_for_update(no_key=True)
        if fields.get(name) and rows.filter(pk=fields[name]).first() is None:
            raise Unprocessable("No such prompt", field=name)


def _checked(data: bytes) -> sound.Sound:
    if len(data) > MOST_BYTES:
        raise BadRequest(f"The file is larger than {MOST_BYTES} bytes", "file")
    try:
        heard = sound.read(data)
    except sound.BadSound as error:
        raise BadRequest(str(error), "file") from error
    if heard.seconds > MOST_SECONDS:
        raise BadRequest(f"The sound is longer than {MOST_SECONDS} seconds", "file")
    return heard


def _note(principal: Principal, what: str, prompt: Prompt, fields: list[str]) -> None:
    audit.record(
        organization_id=principal.organization_id,
        actor=principal,
        action=f"prompt.{what}",
        target=prompt,
        fields=fields,
    )
