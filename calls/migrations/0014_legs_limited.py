from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Without keeping calls from being made meanwhile."""

    atomic = False

    dependencies = [
        ("calls", "0013_legs_to_agents"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="callleg",
            index=models.Index(
                fields=["organization", "answered_at"],
                name="calls_legs_limited",
                condition=Q(
                    ended_at__isnull=True, time_limit__isnull=False, answered_at__isnull=False, released=False
                ),
            ),
        ),
    ]
