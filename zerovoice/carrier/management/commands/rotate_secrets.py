from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models, transaction

from zerovoice.lib.encryption import SecretField


class Command(BaseCommand):
    help = "Encrypts every stored secret anew under SECRET_KEY, so that the fallback keys can be dropped."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in apps.get_models():
            names = [field.name for field in model._meta.concrete_fields if isinstance(field, SecretField)]
            if names:
                rows = sum(_rotate(model, pk, names) for pk in model._base_manager.values_list("pk", flat=True))
                self.stdout.write(f"{model._meta.verbose_name_plural}: {rows}")


@transaction.atomic
def _rotate(model: type[models.Model], pk: Any, names: list[str]) -> int:
    row = model._base_manager.select_for_update().filter(pk=pk).first()  # decrypted as read, encrypted as written
    if row is None:
        return 0
    row.save(update_fields=names)
    return 1
