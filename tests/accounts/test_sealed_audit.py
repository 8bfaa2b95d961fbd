"""What was done stays written down: the database refuses to change it, and whoever gets around that is found out."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction

from tests import people
from tests.stack import PROJECT
from zerovoice.accounts import audit, sealing
from zerovoice.accounts.models import AuditEntry, AuditMark, AuditSeal, Organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme() -> Organization:
    acme = people.organization()
    for number in range(6):
        audit.record(organization_id=acme.pk, actor=None, action=f"thing.done_{number}", target=acme, fields=["name"])
    return acme


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@contextmanager
def past_the_triggers() -> Iterator[None]:
    """As somebody who owns the tables could."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def found(organization: Organization) -> str:
    return "\n".join(sealing.problems(organization.pk))


@pytest.mark.parametrize("table", ["accounts_auditentry", "accounts_auditseal"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET organization_id = organization_id", "DELETE FROM {}", "TRUNCATE {}"]
)
def test_the_database_refuses(acme: Organization, table: str, statement: str) -> None:
    sealing.seal_all()
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute(f"ALTER TABLE {table} ENABLE TRIGGER audit_is_never_emptied")  # which the tests' own database has off
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        execute(statement.format(table))


def test_the_role_that_operators_make_can_write_it_and_nothing_else(acme: Organization) -> None:
    """As docs/operators/privacy.md has it."""
    guide = (PROJECT / "docs" / "operators" / "privacy.md").read_text()
    (statements,) = re.findall(r"```sql\n(.*?)```", guide, re.S)
    execute(statements.replace("zerovoice_app", "zv_test_app").replace("…", "secret"))
    execute("SET LOCAL ROLE zv_test_app")
    audit.record(organization_id=acme.pk, actor=None, action="thing.done", target=acme, fields=["name"])
    assert sealing.seal(acme.pk) > 0
    for statement in (
        "UPDATE accounts_auditentry SET action = 'none'",
        "DELETE FROM accounts_auditentry",
        "TRUNCATE accounts_auditentry",
        "DELETE FROM accounts_auditseal",
        "ALTER TABLE accounts_auditentry DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_is_append_only ON accounts_auditentry",
        "DROP TABLE accounts_auditentry CASCADE",
        "SET LOCAL session_replication_role = replica",
    ):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
            execute(statement)
    execute("RESET ROLE")


def test_nothing_is_found_where_nothing_was_done(acme: Organization) -> None:
    assert found(acme) == ""
    assert sealing.seal_all() == 7  # with that of its making
    assert (AuditMark.objects.count(), AuditSeal.objects.get().number) == (0, 1)
    audit.record(organization_id=acme.pk, actor=None, action="thing.done", target=acme)
    assert sealing.seal_all() == 1
    assert found(acme) == ""
    call_command("check_audit", organization=str(acme.pk))


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "not yet sealed"])
@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE accounts_auditentry SET action = 'nothing' WHERE id = %s", "was changed"),
        ("UPDATE accounts_auditentry SET fields = '{}' WHERE id = %s", "was changed"),
        ("UPDATE accounts_auditentry SET created_at = created_at - interval '1 second' WHERE id = %s", "was changed"),
        ("DELETE FROM accounts_auditentry WHERE id = %s", "is gone"),
    ],
)
def test_a_changed_entry_is_found_and_a_removed_one(
    acme: Organization, sealed: bool, statement: str, sentence: str
) -> None:
    if sealed:
        sealing.seal_all()
    victim = AuditEntry.objects.order_by("-id")[0].pk
    with past_the_triggers():
        execute(statement, victim)
    assert str(victim) in found(acme)
    assert sentence in found(acme)
    with pytest.raises(CommandError, match="1 differences"):
        call_command("check_audit", organization=str(acme.pk))


def test_a_removed_tail_is_found_with_its_seals(acme: Organization) -> None:
    sealing.seal_all()
    audit.record(organization_id=acme.pk, actor=None, action="thing.regretted", target=acme)
    sealing.seal_all()
    with past_the_triggers():
        execute("DELETE FROM accounts_auditentry WHERE action = 'thing.regretted'")
        execute("DELETE FROM accounts_auditseal WHERE number = 2")
    assert found(acme) == "The storage knows of 2 seals, there are 1: the end is missing"


def test_a_head_that_is_gone_is_told(acme: Organization) -> None:
    sealing.seal_all()
    folder = sealing._folder(acme.pk)
    for name in default_storage.listdir(folder)[1]:
        default_storage.delete(f"{folder}/{name}")
    assert found(acme) == "There are 1 seals, and the storage knows of none: its end may be missing"


def test_whoever_changes_the_databases_function_is_found(acme: Organization) -> None:
    sealing.seal_all()
    victim = AuditEntry.objects.order_by("-id")[0].pk
    (digest,) = [entry[1] for entry in AuditSeal.objects.get().entries if entry[0] == str(victim)]
    with past_the_triggers():
        execute("UPDATE accounts_auditentry SET action = 'nothing' WHERE id = %s", victim)
    signature = "accounts_audit_digest(entry accounts_auditentry) RETURNS text LANGUAGE sql"
    execute(f"CREATE OR REPLACE FUNCTION {signature} AS $$ SELECT '{digest}'::text $$")
    assert f"Entry {victim}, sealed in 1, was changed" in found(acme)


def test_a_seal_cannot_be_made_again_without_the_key(acme: Organization) -> None:
    sealing.seal_all()
    with past_the_triggers():
        execute("UPDATE accounts_auditseal SET entries = '[]'")
        execute("DELETE FROM accounts_auditentry WHERE organization_id = %s", acme.pk)
    assert "Seal 1 was changed" in found(acme)


def test_an_entry_smuggled_in_is_found(acme: Organization) -> None:
    sealing.seal_all()
    with past_the_triggers():
        audit.record(organization_id=acme.pk, actor=None, action="thing.invented", target=acme)
    assert "past the database's triggers" in found(acme)


def test_the_head_is_one_file(acme: Organization) -> None:
    for _ in range(3):
        audit.record(organization_id=acme.pk, actor=None, action="thing.done", target=acme)
        sealing.seal_all()
    assert [name[:12] for name in default_storage.listdir(f"audit/{acme.pk}")[1]] == ["000000000003"]


@pytest.mark.django_db(transaction=True)
def test_sealing_waits_for_nobody_and_loses_nobody() -> None:
    """An entry whose transaction is long in the making is sealed after others that were begun later."""
    acme = people.organization()
    sealing.seal_all()
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            audit.record(organization_id=acme.pk, actor=None, action="thing.slow", target=acme)
            written.set()
            go_on.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    audit.record(organization_id=acme.pk, actor=None, action="thing.quick", target=acme)
    assert sealing.seal_all() == 1
    go_on.set()
    thread.join()
    assert sealing.seal_all() == 1
    assert found(acme) == ""
