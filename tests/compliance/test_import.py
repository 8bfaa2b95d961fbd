"""The Do-Not-Call list as CSV: a long one shows how far it is, a batch counts as soon as it is in."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from compliance import actions, gate
from compliance.models import DncEntry
from tests import people
from tests.people import Caller
from zerovoice.bulk import jobs
from zerovoice.bulk.models import Job

pytestmark = pytest.mark.django_db

IMPORT, EXPORT = "/api/v1/compliance/dnc/import", "/api/v1/compliance/dnc/export"
FILE = (
    "phone,reason\n"
    "+14155550101,By letter\n"
    '"+1 (415) 555-0102",\n'
    "4155550103,no country\n"
    "+14155550101,twice\n"
    f"+14155550104,{'x' * 201}\n"
)


@pytest.fixture
def owner() -> Caller:
    return people.member(people.organization(), "owner", "olga")


def upload(caller: Caller, text: str, **form: str) -> Any:
    body = {"file": SimpleUploadedFile("dnc.csv", text.encode(), "text/csv"), **form}
    return caller.client.post(IMPORT, body, headers=caller.headers)


def path_of(answer: Any) -> str:
    assert answer.status_code == 202, answer.content
    return str(answer.headers["Location"].removeprefix("http://testserver"))


def finish(caller: Caller, answer: Any) -> Any:
    path = path_of(answer)
    jobs.work_on(answer.json()["id"])
    return caller.get(path).json()


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_good_numbers_are_listed_and_bad_ones_reported(owner: Caller) -> None:
    owner.post("/api/v1/compliance/dnc", {"phone": "+14155550102", "reason": "By hand"})
    job = finish(owner, upload(owner, FILE))
    assert (job["state"], job["percent"], job["rows_done"]) == ("done", 100, 5)
    assert (job["created_count"], job["skipped_count"], job["failed_count"]) == (1, 2, 2)
    report = rows_of(owner.get(f"/api/v1/compliance/jobs/{job['id']}/report"))
    assert [(line, reason.split(":")[0]) for line, reason, _ in report[1:]] == [("4", "phone"), ("6", "reason")]
    (entry,) = owner.get("/api/v1/compliance/dnc", {"source": "import"}).json()["results"]
    assert (entry["phone"], entry["reason"]) == ("+14155550101", "By letter")
    assert entry["added_by"].startswith("olga")
    assert DncEntry.objects.get(number="+14155550102").reason == "By hand"


def test_a_dry_run_lists_nobody(owner: Caller) -> None:
    job = finish(owner, upload(owner, FILE, dry_run="true"))
    assert (job["created_count"], job["failed_count"], DncEntry.objects.count()) == (2, 2, 0)


def test_a_batch_counts_at_once_and_the_job_says_how_far_it_is(owner: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "BATCH", 50)
    answer = upload(owner, "phone\n" + "".join(f"+1415555{number:04}\n" for number in range(500)))
    path, seen = path_of(answer), []
    while (job := owner.get(path).json())["state"] != "done":
        seen.append(job["percent"])
        listed = DncEntry.objects.count()
        assert listed == job["created_count"]
        if listed:
            last = f"+1415555{listed - 1:04}"
            asked = gate.may_contact(organization_id=owner.organization.pk, number=last, channel="sms")
            assert asked.reason == "dnc"
        jobs.work_on(job["id"], seconds=-1)  # one batch
    assert seen == sorted(seen)
    assert len(set(seen)) > 8
    assert (job["percent"], DncEntry.objects.count()) == (100, 500)


def test_an_export_can_be_imported_elsewhere(owner: Caller) -> None:
    finish(owner, upload(owner, "phone,reason\n+14155550101,=1+1\n+14155550102,\n"))
    actions.opt_out(organization_id=owner.organization.pk, number="+14155550103", sender="+16285550100")
    DncEntry.objects.filter(number="+14155550102").update(number="")  # erased
    stopped = finish(owner, owner.post(EXPORT, {"source": "opt_out"}))
    assert [row[0] for row in rows_of(owner.get(f"/api/v1/compliance/jobs/{stopped['id']}/file"))] == [
        "phone", "+14155550103",
    ]  # fmt: skip
    job = finish(owner, owner.post(EXPORT, {}))
    answer = owner.get(f"/api/v1/compliance/jobs/{job['id']}/file")
    text = b"".join(answer.streaming_content).decode()
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(row["phone"], row["source"], row["reason"]) for row in lines] == [
        ("+14155550103", "opt_out", "Sent STOP to +16285550100"), ("+14155550101", "import", "'=1+1"),
    ]  # fmt: skip
    other = people.member(people.organization("Other"), "owner")
    assert finish(other, upload(other, text))["created_count"] == 2
    assert owner.post(EXPORT, {"source": "letter"}).status_code == 400


@pytest.mark.parametrize("text", ["", "number\n+14155550101\n", "phone,phone\n", "reason\nx\n"])
def test_a_wrong_file_is_said_at_once(owner: Caller, text: str) -> None:
    answer = upload(owner, text)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "file")
    assert not Job.objects.exists()


def test_supervisors_read_the_report_in_the_admin_site(owner: Caller) -> None:
    job = finish(owner, upload(owner, FILE))
    urls = [reverse("admin:bulk_job_changelist"), reverse("admin:bulk_job_report", args=[job["id"]])]
    for organization, seen in ((owner.organization, 200), (people.organization("Other"), 404)):
        client = Client()
        client.force_login(people.member(organization, "supervisor", is_staff=True).membership.user)
        assert client.get(urls[0]).status_code == 200
        assert client.get(urls[1]).status_code == seen


def test_whoever_may_not_list_may_not_import(owner: Caller) -> None:
    supervisor, agent = people.member(owner.organization, "supervisor"), people.member(owner.organization, "agent")
    assert upload(supervisor, FILE).status_code == upload(agent, FILE).status_code == 403
    assert agent.post(EXPORT, {}).status_code == 403
    job = finish(owner, upload(owner, FILE))
    stranger = people.member(people.organization("Other"), "owner")
    for path in ("", "/report", "/file"):
        assert stranger.get(f"/api/v1/compliance/jobs/{job['id']}{path}").status_code == 404
    assert owner.get(f"/api/v1/contacts/jobs/{job['id']}").status_code == 404  # another scope's
