from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("compliance", "0004_privacy"),
    ]

    operations = [
        migrations.AddField(
            model_name="privacyrequest",
            name="reading",
            field=models.JSONField(default=dict),
        ),
    ]
