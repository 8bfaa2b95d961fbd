"""Whatever changes what is counted, by whatever way, leaves a touch in the same transaction: triggers see to it."""

from django.db import migrations

#: By source: the table, and what of a row is counted.
COUNTED = {
    "calls": (
        "calls_call",
        "organization_id, created_at, direction, disposition, queue_id, own_number_id, (ended_at IS NULL),"
        " talk_seconds, hold_seconds, wait_seconds, wrap_up_seconds, duration_seconds",
    ),
    "messages": ("messaging_message", "organization_id, created_at, direction, status"),
    "transcripts": ("calls_transcript", "organization_id, created_at, direction, status, queue_id"),
}

FUNCTION = """
CREATE FUNCTION analytics_note_touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO analytics_touch (organization_id, source, quarter)
        VALUES (OLD.organization_id, TG_ARGV[0], date_bin('15 minutes', OLD.created_at, 'epoch'));
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND (OLD.organization_id, date_bin('15 minutes', OLD.created_at, 'epoch'))
            <> (NEW.organization_id, date_bin('15 minutes', NEW.created_at, 'epoch'))) THEN
        INSERT INTO analytics_touch (organization_id, source, quarter)
        VALUES (NEW.organization_id, TG_ARGV[0], date_bin('15 minutes', NEW.created_at, 'epoch'));
    END IF;
    RETURN NULL;
END $$;
"""


def _of(row: str, columns: str) -> str:
    return ", ".join(
        f"({row}.ended_at IS NULL)" if "(" in name else f"{row}.{name}" for name in columns.split(", ")
    )


def _triggers(source: str, table: str, columns: str) -> str:
    changed = f"({_of('OLD', columns)}) IS DISTINCT FROM ({_of('NEW', columns)})"
    return f"""
CREATE TRIGGER touch_rows AFTER INSERT OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION analytics_note_touch('{source}');
CREATE TRIGGER touch_changed AFTER UPDATE ON {table}
    FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION analytics_note_touch('{source}');
INSERT INTO analytics_touch (organization_id, source, quarter)
    SELECT DISTINCT organization_id, '{source}', date_bin('15 minutes', created_at, 'epoch') FROM {table};
"""


FORWARD = FUNCTION + "".join(_triggers(source, *counted) for source, counted in COUNTED.items())
BACKWARD = (
    "".join(
        f"DROP TRIGGER touch_rows ON {table}; DROP TRIGGER touch_changed ON {table};\n" for table, _ in COUNTED.values()
    )
    + "DROP FUNCTION analytics_note_touch();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_initial"),
        ("calls", "0009_entries_by_queue"),
        ("messaging", "0001_initial"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
