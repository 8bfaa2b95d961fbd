"""The audit only grows: the database sees to it."""

import pytest
from django.db import IntegrityError, connection, transaction

from tests import people
from zerovoice.accounts.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_auditentry SET action = 'x'", "DELETE FROM accounts_auditentry"]
)
def test_the_past_cannot_be_changed(statement: str) -> None:
    people.organization()
    before = list(AuditEntry.objects.values())
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(AuditEntry.objects.values()) == before != []
