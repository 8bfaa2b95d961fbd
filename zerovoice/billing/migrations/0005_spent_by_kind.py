"""What was spent on a day, by kind and direction and with its quantity: added up once more from the ledger."""

from django.db import migrations, models

# Nobody enters usage meanwhile: what a day has is read as it is, and added to from then on.
EMPTY = """
LOCK TABLE billing_ledgerentry, billing_spentday IN SHARE ROW EXCLUSIVE MODE;
DELETE FROM billing_spentday;
"""
FILL = """
INSERT INTO billing_spentday (organization_id, day, kind, direction, part, quantity, amount)
SELECT organization_id, day, kind, direction, 0, sum(quantity), sum(amount)
FROM billing_ledgerentry GROUP BY organization_id, day, kind, direction;
"""
FILL_WITHOUT_KINDS = """
INSERT INTO billing_spentday (organization_id, day, part, amount)
SELECT organization_id, day, 0, sum(amount) FROM billing_ledgerentry GROUP BY organization_id, day;
"""

KINDS = [
    ("call_minute", "Call Minute"),
    ("sms_segment", "Sms Segment"),
    ("mms_message", "MMS message"),
    ("number_month", "Number Month"),
    ("transcription_minute", "Transcription Minute"),
]


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_currencies")]

    operations = [
        migrations.RunSQL(EMPTY, FILL_WITHOUT_KINDS),
        migrations.RemoveConstraint(model_name="spentday", name="billing_spent_in_parts"),
        migrations.AddField("spentday", "kind", models.CharField(choices=KINDS, max_length=20)),
        migrations.AddField(
            "spentday",
            "direction",
            models.CharField(blank=True, choices=[("inbound", "Inbound"), ("outbound", "Outbound")], max_length=8),
        ),
        migrations.AddField("spentday", "quantity", models.PositiveBigIntegerField()),
        migrations.AddConstraint(
            "spentday",
            models.UniqueConstraint(
                fields=("organization", "day", "kind", "direction", "part"),
                include=("quantity", "amount"),
                name="billing_spent_in_parts",
            ),
        ),
        migrations.RunSQL(FILL, "DELETE FROM billing_spentday"),
        migrations.RemoveIndex("ledgerentry", "billing_ledger_by_day"),
    ]
