from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform


class Migration(migrations.Migration):
    """Without keeping the carrier's notices from being stored meanwhile."""

    atomic = False

    dependencies = [
        ("carrier", "0002_failed"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="receipt",
            index=models.Index(
                KeyTransform("CallSid", "payload"), name="receipt_call_sid", condition=Q(kind__in=["astray", "inbound"])
            ),
        ),
        AddIndexConcurrently(
            model_name="receipt",
            index=models.Index(
                KeyTransform("From", "payload"), name="receipt_from", condition=Q(kind__in=["inbound", "inbound-message"])
            ),
        ),
    ]
