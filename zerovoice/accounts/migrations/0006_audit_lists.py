"""What the list of the audit is filtered by."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # entries are written meanwhile

    dependencies = [("accounts", "0005_two_factor")]

    operations = [
        AddIndexConcurrently(
            model_name="auditentry", index=models.Index(fields=["organization", "-created_at", "-id"], name="audit_when")
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(fields=["organization", "action", "-created_at"], name="audit_action"),
        ),
        AddIndexConcurrently(
            model_name="auditentry",
            index=models.Index(fields=["organization", "actor_id", "-created_at"], name="audit_actor"),
        ),
    ]
