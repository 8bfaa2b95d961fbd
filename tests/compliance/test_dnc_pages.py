"""The Do-Not-Call list in the admin site: a file is checked, seen, imported; the list taken away as CSV."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse, reverse_lazy

from compliance import actions
from compliance.models import DncEntry
from tests import people
from zerovoice.accounts.models import Organization
from zerovoice.bulk import jobs
from zerovoice.bulk.models import Job

pytestmark = pytest.mark.django_db

IMPORT, LIST = reverse_lazy("admin:dnc_import"), reverse_lazy("admin:compliance_dncentry_changelist")
FILE = "phone;reason\n+1 415 555 0301;Asked\n(415) 555-0302;x\n+14155550303;<script>alert(1)</script>\n+14155550303;\n"


@pytest.fixture
def acme() -> Organization:
    return people.organization()


def staff(organization: Organization, role: str) -> Client:
    client = Client()
    client.force_login(people.member(organization, role, is_staff=True).membership.user)
    return client


def upload(client: Client, text: str | bytes = FILE, url: Any = IMPORT) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(url, {"file": SimpleUploadedFile("dnc.csv", data, "text/csv")})


def test_a_file_is_checked_seen_and_imported(acme: Organization) -> None:
    client = staff(acme, "admin")
    where = upload(client)["Location"]
    check = Job.objects.get()
    assert where == reverse("admin:bulk_job_change", args=[check.pk])
    assert "Import now" not in client.get(where).content.decode()
    jobs.work_on(str(check.pk))
    page = client.get(where).content.decode()
    assert "separated by semicolons" in page
    assert "phone: Invalid E.164 format" in page
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "Import now" in page
    assert not DncEntry.objects.exists()
    told = client.get(reverse("admin:bulk_job_progress", args=[check.pk])).json()
    assert (told["over"], told["percent"], told["created"], told["skipped"], told["failed"]) == (
        True,
        100,
        "2",
        "1",
        "1",
    )

    where = client.post(reverse("admin:bulk_job_import", args=[check.pk]))["Location"]
    job = Job.objects.get(dry_run=False)
    jobs.work_on(str(job.pk))
    assert set(DncEntry.objects.values_list("number", "source")) == {
        ("+14155550301", "import"), ("+14155550303", "import"),
    }  # fmt: skip
    assert "Import now" not in client.get(where).content.decode()
    report = client.get(reverse("admin:bulk_job_report", args=[job.pk]))
    assert b"(415) 555-0302" in b"".join(report.streaming_content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("number\n+14155550301\n", "Unknown column"),
        ("reason\nx\n", "is missing"),
        (b"\xff\xfe\n", "UTF-8"),
    ],
)
def test_a_wrong_file_is_said_on_the_page(acme: Organization, text: str | bytes, said: str) -> None:
    answer = upload(staff(acme, "owner"), text)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Job.objects.exists()


def test_without_a_file(acme: Organization) -> None:
    assert "Choose a file" in staff(acme, "owner").post(IMPORT).content.decode()


def test_who_may_not_write_imports_nothing(acme: Organization) -> None:
    for role in ("supervisor", "viewer"):
        client = staff(acme, role)
        assert client.get(IMPORT).status_code == 403
        assert upload(client).status_code == 403
        assert "Import a CSV file" not in client.get(LIST).content.decode()
    assert not Job.objects.exists()


def test_nobody_sees_or_begins_others_jobs(acme: Organization) -> None:
    globex = people.organization("Globex")
    upload(staff(globex, "owner"))
    job = Job.objects.get()
    jobs.work_on(str(job.pk))
    client = staff(acme, "owner")
    for name in ("change", "progress", "report", "file"):
        assert client.get(reverse(f"admin:bulk_job_{name}", args=[job.pk])).status_code == 404, name
    assert client.post(reverse("admin:bulk_job_import", args=[job.pk])).status_code == 404
    supervisor = staff(globex, "supervisor")
    page = supervisor.get(reverse("admin:bulk_job_change", args=[job.pk]))
    assert page.status_code == 200
    assert "Import now" not in page.content.decode()
    assert supervisor.post(reverse("admin:bulk_job_import", args=[job.pk])).status_code == 404
    # Not into another organisation by naming it.
    upload(client, url=f"{IMPORT}?in={globex.pk}")
    assert Job.objects.exclude(pk=job.pk).get().organization == acme


def test_the_list_is_exported_by_source(acme: Organization) -> None:
    client = staff(acme, "supervisor")
    actions.opt_out(organization_id=acme.pk, number="+14155550100", sender="+16285550100")
    actions.add_many(organization_id=acme.pk, author=None, entries=[("+14155550101", "x")])
    where = client.post(reverse("admin:dnc_export"), {"source": "opt_out"})["Location"]
    job = Job.objects.get()
    jobs.work_on(str(job.pk))
    assert "Download the file" in client.get(where).content.decode()
    file = b"".join(client.get(reverse("admin:bulk_job_file", args=[job.pk])).streaming_content).decode()
    assert "+14155550100" in file
    assert "+14155550101" not in file
    assert client.get(reverse("admin:dnc_export")).status_code == 405


@pytest.mark.parametrize(
    "written", ["+14155550100", "(415) 555-0100", "415.555.0100", "1 415 555 0100", "0014155550100"]
)
def test_a_number_is_found_however_it_is_written(acme: Organization, written: str) -> None:
    actions.add_many(organization_id=acme.pk, author=None, entries=[("+14155550100", "x"), ("+14155550101", "x")])
    shown = staff(acme, "supervisor").get(LIST, {"q": written})
    assert shown.context["cl"].result_count == 1


def test_a_few_queries_a_list(acme: Organization, django_assert_max_num_queries: Any) -> None:
    entries = [(f"+1415555{number:04}", "x") for number in range(100, 160)]
    actions.add_many(organization_id=acme.pk, author=None, entries=entries)
    client = staff(acme, "owner")
    upload(client)
    for url in (LIST, reverse("admin:bulk_job_changelist"), IMPORT):
        with django_assert_max_num_queries(14):
            assert client.get(url).status_code == 200
