from datetime import timedelta
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError, CommandParser

from zerovoice.billing import invoicing, ledger
from zerovoice.lib import clock

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = (
        "Make the invoices of the last closed month (or of another) that are not made yet. Again changes nothing. "
        "One organization that fails holds up no other; the command then fails when it is through."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", default="", help="such as 2026-03; by default each organisation's last one")

    def handle(self, *args: Any, **options: Any) -> None:
        ledger.sweep(clock.now() - timedelta(days=62))
        try:
            due = invoicing.due(options["month"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        made, failed = 0, []
        for organization, month in due:
            try:
                invoice = invoicing.prepare(organization, month)
            except Exception as error:
                log.exception("invoice_not_prepared", organization=str(organization.pk), month=month)
                self.stderr.write(f"{organization.slug} {month}: {type(error).__name__}: {error}")
                failed.append(organization.slug)
                continue
            if invoice:
                made += 1
                self.stdout.write(f"{organization.slug} {month}: {invoice.total} {invoice.currency}")
        self.stdout.write(f"{made} invoices made; workers take them to Stripe.")
        if failed:
            raise CommandError(f"Not made: {', '.join(failed)}")
