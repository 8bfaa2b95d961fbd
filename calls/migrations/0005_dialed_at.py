from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0004_conference_events")]

    operations = [
        migrations.AddField(
            model_name="callleg",
            name="dialed_at",
            field=models.DateTimeField(help_text="When we had the carrier ring it", null=True),
        ),
    ]
