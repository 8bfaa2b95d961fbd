"""One row of the volume for both directions; what was kept of each goes into its columns."""

import uuid

from django.db import migrations, models

_FIGURES = (
    "calls", "answered", "abandoned", "voicemail",
    "talk_seconds", "hold_seconds", "wait_seconds", "wrap_up_seconds", "duration_seconds",
)  # fmt: skip
_WHICH = "organization_id, source, dimension, value, minutes, start"
_FIELDS = [(way, name) for way in ("inbound", "outbound") for name in _FIGURES]
_NAMES = ", ".join(f"{way}_{name}" for way, name in _FIELDS)
_SUMS = ", ".join(f"coalesce(sum({name}) FILTER (WHERE direction = '{way}'), 0)" for way, name in _FIELDS)


def _field(name: str) -> models.Field:
    return models.BigIntegerField() if name.endswith("_seconds") else models.IntegerField()


class Migration(migrations.Migration):
    dependencies = [("analytics", "0002_touches")]

    operations = [
        migrations.RunSQL("CREATE TABLE analytics_volume_before AS SELECT * FROM analytics_volume"),
        migrations.DeleteModel("Volume"),
        migrations.CreateModel(
            name="Volume",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("organization_id", models.UUIDField()),
                (
                    "source",
                    models.CharField(
                        choices=[("calls", "Calls"), ("messages", "Messages"), ("transcripts", "Transcripts")],
                        max_length=11,
                    ),
                ),
                (
                    "dimension",
                    models.CharField(
                        choices=[("all", "All"), ("queue", "Queue"), ("number", "Number")], max_length=6
                    ),
                ),
                ("value", models.UUIDField(default=uuid.UUID(int=0), help_text="Which queue or number; of all, nil")),
                ("minutes", models.SmallIntegerField()),
                ("start", models.DateTimeField()),
                *((f"{way}_{name}", _field(name)) for way, name in _FIELDS),
            ],
            options={
                "verbose_name_plural": "volumes",
                "indexes": [
                    models.Index(fields=["organization_id", "source", "minutes", "start"], name="analytics_volumes_at")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=["organization_id", "source", "dimension", "value", "minutes", "start"],
                        name="analytics_volumes",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            f"INSERT INTO analytics_volume ({_WHICH}, {_NAMES})"
            f" SELECT {_WHICH}, {_SUMS} FROM analytics_volume_before GROUP BY {_WHICH} ORDER BY {_WHICH}"
        ),
        migrations.RunSQL("DROP TABLE analytics_volume_before"),
    ]
