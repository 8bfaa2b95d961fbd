"""Refused rows of imports, as they were written, are found and erased for whom they are about, and for nobody else."""

import pytest

from tests import people
from zerovoice.accounts.models import Organization
from zerovoice.bulk.models import Job, RowError
from zerovoice.lib import personal
from zerovoice.lib.personal import Person

pytestmark = pytest.mark.django_db

MINE = [
    'Maria Lopez,"(415) 555-0100",',
    "Somebody,415-555-0100,x",
    "Somebody,4155550100",
    "Somebody,+1 415.555.0100",
    "Somebody,001 415 555 0100",
    "Somebody,415/5550100;415/5550199",
    "Somebody,,Maria@Example.com",
    "Maria Lopez,12345",
    "maria lopez,41555501001",  # mistyped
]
OTHERS = [
    "Somebody,+14155550100999",
    "Somebody,94155550100",
    "Somebody,,anna-maria@example.com",
    "Somebody,,maria@example.com.mx",
    "Maria Lopez,+14155550177",
    "Maria Lopez,,another@example.com",
    "Ana-Maria Lopezzz,12345",
]


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def refused(organization: Organization, rows: list[str]) -> None:
    job = Job.objects.create(organization=organization, kind="contacts.import", author_kind="user")
    for line, row in enumerate(rows, start=2):
        RowError.objects.create(job=job, line=line, reason="phone: Invalid E.164 format", row=row)


def test_whole_numbers_and_addresses_in_any_spelling(acme: Organization) -> None:
    refused(acme, [*MINE, *OTHERS])
    refused(people.organization("Globex"), MINE)
    maria = Person(
        acme.pk,
        phones=frozenset({"+14155550100"}),
        emails=frozenset({"maria@example.com"}),
        names=frozenset({"Maria Lopez"}),
    )
    (kind,) = [kind for kind in personal.kinds() if kind.name == "import_errors"]
    assert set(personal.rows(kind, maria).values_list("row", flat=True)) == set(MINE)


def test_nobody_is_not_everybody(acme: Organization) -> None:
    refused(acme, MINE)
    (kind,) = [kind for kind in personal.kinds() if kind.name == "import_errors"]
    assert not personal.rows(kind, Person(acme.pk)).exists()
