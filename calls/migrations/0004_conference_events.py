from django.db import migrations

#: What was known of conferences: one row for a leg's first join and last leave, now one for each.
KEEP_PARTICIPATIONS = """
INSERT INTO calls_conferenceevent (leg_id, conference_sid, joined, at, sequence)
SELECT leg_id, conference_sid, true, joined_at, 0 FROM calls_participation WHERE joined_at IS NOT NULL
UNION ALL
SELECT leg_id, conference_sid, false, left_at, 0 FROM calls_participation WHERE left_at IS NOT NULL;
"""
RENAME_TIMED_OUT = "UPDATE calls_queueentry SET state = 'overflow' WHERE state = 'timed_out';"


class Migration(migrations.Migration):
    dependencies = [("calls", "0003_floor")]

    operations = [
        migrations.RunSQL(KEEP_PARTICIPATIONS, migrations.RunSQL.noop),
        migrations.RunSQL(RENAME_TIMED_OUT, migrations.RunSQL.noop),
        migrations.DeleteModel(name="Participation"),
    ]
