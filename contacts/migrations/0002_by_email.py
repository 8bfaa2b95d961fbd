import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Without keeping anybody from writing meanwhile."""

    atomic = False

    dependencies = [
        ("contacts", "0001_initial"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                models.F("organization"), django.db.models.functions.text.Lower("email"), name="contacts_by_email"
            ),
        ),
    ]
