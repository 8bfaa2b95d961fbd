from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zerovoice.accounts import sealing
from zerovoice.accounts.models import Organization


class Command(BaseCommand):
    help = (
        "Looks whether the audit is as it was written: no entry changed, none removed, the last ones included. "
        "Exits with 1 if anything is not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", help="of this one only: its id")

    def handle(self, *args: Any, organization: str | None, **options: Any) -> None:
        organizations = Organization.objects.order_by("name", "id")
        if organization:
            try:
                organizations = organizations.filter(pk=UUID(organization))
            except ValueError as error:
                raise CommandError(f"{organization} is no id of an organisation") from error
        found = 0
        for one in organizations:
            for problem in sealing.problems(one.pk):
                found += 1
                self.stdout.write(f"{one.name}: {problem}")
        if found:
            raise CommandError(f"The audit is not as it was written: {found:,} differences.")
        self.stdout.write("The audit is as it was written.")
