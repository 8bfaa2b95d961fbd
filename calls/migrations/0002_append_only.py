from django.db import migrations

TABLES = ("calls_callevent", "calls_agentstatechange")

REFUSE = """
CREATE FUNCTION calls_history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;
""" + "".join(
    f"""
CREATE TRIGGER history_is_append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION calls_history_is_append_only();
"""
    for table in TABLES
)
ALLOW = "".join(f"DROP TRIGGER history_is_append_only ON {table};\n" for table in TABLES) + """
DROP FUNCTION calls_history_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0001_initial")]

    operations = [migrations.RunSQL(REFUSE, ALLOW)]
