"""The database itself keeps events as they were written: what may change is their place in line, once, and that an
address which came with a request is cleared. Deleted they are by the purge alone, which says that it is one."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION webhooks_events_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF current_setting('zerovoice.purge_events', true) = 'on' THEN
            RETURN OLD;
        END IF;
    ELSIF (NEW.id, NEW.organization_id, NEW.number, NEW.kind, NEW.subject_type, NEW.subject_id, NEW.data, NEW.created_at)
        IS NOT DISTINCT FROM
        (OLD.id, OLD.organization_id, OLD.number, OLD.kind, OLD.subject_type, OLD.subject_id, OLD.data, OLD.created_at)
        AND (OLD.position IS NULL OR (NEW.position, NEW.sequence) IS NOT DISTINCT FROM (OLD.position, OLD.sequence))
        AND NEW.callback_url IN (OLD.callback_url, '')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON webhooks_event
    FOR EACH ROW EXECUTE FUNCTION webhooks_events_are_append_only();
"""
ALLOW = """
DROP TRIGGER events_are_append_only ON webhooks_event;
DROP FUNCTION webhooks_events_are_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_webhooks")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
