"""What was spent before days were kept by kind is added up again, and nothing of it is lost on the way back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection

from tests import people
from tests.billing.factories import MID, a_month, used
from zerovoice.billing.models import LedgerEntry, SpentDay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rates")]


def days() -> list[tuple]:
    kept: dict[tuple, list] = {}
    for row in SpentDay.objects.all():
        sums = kept.setdefault((row.organization_id, row.day, row.kind, row.direction), [0, Decimal(0)])
        sums[0] += row.quantity
        sums[1] += row.amount
    return sorted((*map(str, key), *sums) for key, sums in kept.items())


def test_there_and_back() -> None:
    for name in ("Acme", "Globex"):
        organization = people.organization(name)
        a_month(organization)
        used(organization, MID + timedelta(days=1))
    before = days()
    assert len(before) == 2 * (10 + 5 + 1)
    try:
        call_command("migrate", "billing", "0004", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT sum(amount) FROM billing_spentday")
            assert cursor.fetchone()[0] == sum(LedgerEntry.objects.values_list("amount", flat=True))
    finally:
        call_command("migrate", "billing", verbosity=0)
    assert days() == before
    used(organization, MID)
    assert sum(row.quantity for row in SpentDay.objects.all()) == sum(
        LedgerEntry.objects.values_list("quantity", flat=True)
    )
