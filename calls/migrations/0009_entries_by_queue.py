from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("calls", "0008_transcripts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="queueentry",
            index=models.Index(fields=["queue", "entered_at"], include=["left_at", "state"], name="calls_entries_by_queue"),
        ),
    ]
