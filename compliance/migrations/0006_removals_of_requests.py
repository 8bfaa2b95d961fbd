import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Without keeping anybody from writing meanwhile."""

    atomic = False

    dependencies = [
        ("compliance", "0005_reading"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="removal",
            index=models.Index(fields=["request", "state", "id"], name="compliance_removals_by_state",
                               condition=models.Q(request__isnull=False)),
        ),
        AddIndexConcurrently(
            model_name="removal",
            index=models.Index(fields=["request", "id"], name="compliance_removals",
                               condition=models.Q(request__isnull=False)),
        ),
        migrations.AlterField(
            model_name="removal",
            name="request",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="removals",
                to="compliance.privacyrequest",
            ),
        ),
    ]
