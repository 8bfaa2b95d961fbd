"""The quiet hours that we know of, as of 2026. Operators add to them, and end those that are repealed."""

from datetime import date, time

from django.db import migrations

MONDAY_TO_SATURDAY, SUNDAY = range(6), 6
SINCE_2021, SINCE_2022, SINCE_JUNE_2022 = date(2021, 7, 1), date(2022, 11, 1), date(2022, 6, 9)

#: country, region, weekdays (None: every day), opens, closes, in force since, source
RULES = [
    ("", "", [None], 8, 21, None, "ZeroVoice's default for countries without a rule in this table"),
    ("US", "", [None], 8, 21, None, "47 CFR 64.1200(c)(1)"),
    ("US", "FL", [None], 8, 20, SINCE_2021, "Florida Statutes 501.616(6)(a)"),
    ("US", "OK", [None], 8, 20, SINCE_2022, "Oklahoma Telephone Solicitation Act of 2022, 15 O.S. 775C.4"),
    ("US", "WA", [None], 8, 20, SINCE_JUNE_2022, "Revised Code of Washington 80.36.390"),
    ("US", "TX", MONDAY_TO_SATURDAY, 9, 21, None, "Texas Business and Commerce Code 301.051"),
    ("US", "TX", [SUNDAY], 12, 21, None, "Texas Business and Commerce Code 301.051"),
]


def write(apps, schema_editor):
    rule = apps.get_model("compliance", "QuietHourRule")
    for country, region, weekdays, opens, closes, since, source in RULES:
        for weekday in weekdays:
            rule.objects.create(
                country=country,
                region=region,
                weekday=weekday,
                opens=time(opens),
                closes=time(closes),
                effective_from=since,
                source=source,
            )


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
