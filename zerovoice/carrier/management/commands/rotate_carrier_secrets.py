from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from zerovoice.carrier.models import CarrierAccount


class Command(BaseCommand):
    help = "Encrypts the stored carrier secrets anew under SECRET_KEY, so that the fallback keys can be dropped."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            accounts = list(CarrierAccount.objects.select_for_update())  # decrypted as read, encrypted as written
            for account in accounts:
                account.save(update_fields=["auth_token", "api_key_secret"])
        self.stdout.write(f"{len(accounts)} accounts")
