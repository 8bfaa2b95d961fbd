from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zerovoice.billing import invoicing


class Command(BaseCommand):
    help = "Make the invoices of the last closed month (or of another) that are not made yet. Again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", default="", help="such as 2026-03; by default each organisation's last one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = invoicing.prepare_all(options["month"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        for invoice in made:
            self.stdout.write(f"{invoice.organization.slug} {invoice.month}: {invoice.total} {invoice.currency}")
        self.stdout.write(f"{len(made)} invoices made; workers take them to Stripe.")
