from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from numbers import actions
from zerovoice.accounts.models import Organization
from zerovoice.api.errors import ApiError


class Command(BaseCommand):
    help = "Give an organisation a number that is on its carrier account, or on the instance's, and nobody's here yet."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", help="its slug")
        parser.add_argument("phone_number", help="E.164")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError("No organisation has this slug.")
        try:
            number = actions.adopt_number(
                organization_id=organization.pk, phone_number=options["phone_number"], operator=True
            )
        except ApiError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"{number.number} is now {organization}'s")
