"""What the purge has to look at, and no more."""

import uuid

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # deliveries are written meanwhile

    dependencies = [("webhooks", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="PurgedUntil",
            fields=[
                ("one", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("event_id", models.UUIDField(default=uuid.UUID(int=0))),
            ],
        ),
        AddIndexConcurrently(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state__in", ["delivered", "failed"]), models.Q(("body", ""), _negated=True)),
                fields=["id"],
                name="webhooks_bodies",
            ),
        ),
    ]
