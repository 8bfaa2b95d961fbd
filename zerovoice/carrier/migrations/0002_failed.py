"""What failed is found at once, whatever the size of the tables."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # both are written all the time

    dependencies = [("carrier", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            model_name="receipt",
            index=models.Index(condition=models.Q(("state", "failed")), fields=["-id"], name="receipt_failed"),
        ),
        AddIndexConcurrently(
            model_name="command",
            index=models.Index(
                condition=models.Q(("state", "failed")), fields=["organization", "-id"], name="command_failed"
            ),
        ),
    ]
