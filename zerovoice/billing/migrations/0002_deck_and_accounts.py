"""What a new instance begins with: the rate deck that we ship, and an account for every organisation there is. And the
ledger's past, which the database itself refuses to change: an entry goes into an invoice once, and that is all."""

import csv
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import migrations

DECK = Path(__file__).parents[1] / "rates.csv"

REFUSE = """
CREATE FUNCTION billing_ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.invoice_id IS NULL THEN
        OLD.invoice_id := NEW.invoice_id;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the usage ledger is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER ledger_is_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_ledger_is_append_only();
"""
ALLOW = """
DROP TRIGGER ledger_is_append_only ON billing_ledgerentry;
DROP FUNCTION billing_ledger_is_append_only();
"""


def write_deck(apps, schema_editor):
    rate = apps.get_model("billing", "Rate")
    with DECK.open(newline="") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    rate.objects.bulk_create(rate(**{**row, "amount": Decimal(row["amount"])}) for row in rows)


def open_accounts(apps, schema_editor):
    account = apps.get_model("billing", "Account")
    organizations = apps.get_model("accounts", "Organization").objects.all()
    account.objects.bulk_create(
        account(organization=organization, currency=settings.BILLING_CURRENCY) for organization in organizations
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunPython(write_deck, migrations.RunPython.noop),
        migrations.RunPython(open_accounts, migrations.RunPython.noop),
    ]
