from typing import Any

from django.core.management.base import BaseCommand

from numbers import drift


class Command(BaseCommand):
    help = "Compare our list of numbers with each carrier account's now, and print what differs."

    def handle(self, *args: Any, **options: Any) -> None:
        for account_sid in drift.accounts():
            for found in drift.compare(account_sid):
                self.stdout.write(f"{account_sid} {found} {' '.join(found.fields)}".strip())
