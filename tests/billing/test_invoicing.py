"""A closed month becomes one invoice at Stripe, however often it is made and whoever dies meanwhile."""

import multiprocessing
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests import people
from tests.billing.bad_line import Line
from tests.billing.factories import MONTH, a_month, everything_at, invoiced, ledger_sum, used
from tests.waiting import wait_until
from zerovoice.accounts.models import Organization
from zerovoice.billing import client, invoicing, rating, tasks
from zerovoice.billing.models import Account, Invoice, LedgerEntry
from zerovoice.lib import clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]


@pytest.fixture
def acme() -> Organization:
    return people.organization(timezone="America/Los_Angeles")


def test_the_invoice_at_stripe_is_the_month_to_the_cent(acme: Organization, at_stripe: httpx.Client) -> None:
    expected = a_month(acme)
    invoice = invoicing.prepare(acme, MONTH)
    assert invoice is not None
    invoicing.carry_out(str(invoice.pk))
    invoice.refresh_from_db()
    found = everything_at(at_stripe, acme)
    (there,) = found["invoices"]
    assert there["total"] == expected * 100 == sum(line["amount"] for line in found["lines"])
    assert (there["status"], there["currency"], there["id"]) == ("open", "usd", invoice.stripe_invoice_id)
    assert (invoice.total, invoice.status, invoice.state) == (expected, "open", "done")
    assert len(found["lines"]) == invoice.lines.count() == 6
    assert sum(line.exact_amount for line in invoice.lines.all()) == ledger_sum(acme)


def test_what_belongs_to_the_month_of_the_zone_and_nothing_else(acme: Organization) -> None:
    """And what became known too late for the month before."""
    zone = ZoneInfo("America/Los_Angeles")
    first = datetime(2026, 3, 1, tzinfo=zone)
    last = datetime(2026, 3, 31, 23, 59, 59, tzinfo=zone)
    late, inside, after = (used(acme, at) for at in (first - timedelta(days=2), last, last + timedelta(seconds=1)))
    invoice = invoicing.prepare(acme, MONTH)
    assert invoice is not None
    taken = set(invoice.entries.values_list("object_id", flat=True))
    assert taken == {late.object_id, inside.object_id}
    assert LedgerEntry.objects.get(object_id=after.object_id).invoice is None


def test_twice_changes_nothing(acme: Organization, at_stripe: httpx.Client) -> None:
    invoice = invoiced(acme)
    before = everything_at(at_stripe, acme)
    assert invoicing.prepare(acme, MONTH) is None
    used(acme)  # too late: the next month's
    assert invoicing.prepare(acme, MONTH) is None
    assert invoice.replay()
    invoicing.carry_out(str(invoice.pk))
    assert everything_at(at_stripe, acme) == before
    assert Invoice.objects.count() == 1


def test_a_month_that_lasts_is_refused(acme: Organization) -> None:
    used(acme, clock.now())
    with pytest.raises(ValueError, match="not over"):
        invoicing.prepare(acme, rating.month_of(clock.now(), acme.timezone))
    with pytest.raises(CommandError, match="not over"):
        call_command("make_invoices", month=rating.month_of(clock.now(), acme.timezone))


def test_nothing_used_is_no_invoice(acme: Organization) -> None:
    assert invoicing.prepare(acme, MONTH) is None


def test_less_than_a_cent_is_nothing_to_collect(acme: Organization, at_stripe: httpx.Client) -> None:
    used(acme, number="+18005550142")  # toll-free
    invoice = invoicing.prepare(acme, MONTH)
    assert invoice is not None
    invoice.refresh_from_db()
    assert (invoice.total, invoice.status, invoice.state) == (0, "paid", "done")
    assert everything_at(at_stripe, acme)["customers"] == []


@pytest.mark.parametrize(
    ("after", "keys"), [(0, "forgotten"), (1, "forgotten"), (1, "remembered"), (4, "forgotten"), (8, "forgotten")]
)
def test_every_answer_may_get_lost_and_be_asked_for_again_days_later(
    acme: Organization, at_stripe: httpx.Client, settings, after: int, keys: str
) -> None:
    """Stripe acts, and from then on its answers reach nobody. Nine things are made there: a customer, an invoice, six
    lines, and it is finalized."""
    a_month(acme)
    invoice = invoicing.prepare(acme, MONTH)
    assert invoice is not None
    with Line(settings.STRIPE_API_URL, answers=after) as line:
        settings.STRIPE_API_URL = line.url
        invoicing.carry_out(str(invoice.pk))
        invoice.refresh_from_db()
        assert invoice.state == "pending"
        line.mend(without_keys=keys == "forgotten")
        Invoice.objects.update(due_at=clock.machine_now())
        invoicing.carry_out(str(invoice.pk))
    found = everything_at(at_stripe, acme)
    assert (len(found["customers"]), len(found["invoices"]), len(found["lines"])) == (1, 1, 6)
    assert found["invoices"][0]["total"] == invoice.total * 100
    assert Invoice.objects.get().status == "open"


@pytest.mark.django_db(transaction=True)
def test_sigkill_in_the_middle_and_another_goes_on(acme: Organization, at_stripe: httpx.Client) -> None:
    """Processes of their own, killed as soon as Stripe has a part of it."""
    a_month(acme)
    invoice = invoicing.prepare(acme, MONTH)
    assert invoice is not None
    killed = 0
    for _ in range(4):
        Invoice.objects.filter(state="processing").update(lease_expires_at=clock.machine_now())
        seen = everything_at(at_stripe, acme)
        worker = multiprocessing.get_context("fork").Process(target=_work, args=(str(invoice.pk),))
        worker.start()

        def is_on_its_way(worker=worker, seen=seen) -> bool:
            return not worker.is_alive() or everything_at(at_stripe, acme) != seen

        wait_until(is_on_its_way, timeout=60, every=0.02)
        killed += worker.is_alive()
        worker.kill()
        worker.join()
    assert killed
    Invoice.objects.filter(state="processing").update(lease_expires_at=clock.machine_now())
    invoicing.carry_out(str(invoice.pk))
    found = everything_at(at_stripe, acme)
    assert (len(found["customers"]), len(found["invoices"]), len(found["lines"])) == (1, 1, 6)
    assert found["invoices"][0]["total"] == invoice.total * 100
    assert Invoice.objects.get().state == "done"


def _work(invoice_id: str) -> None:
    """In a forked process: what it inherited of connections is its parent's."""
    connection.connection = None
    client._client.cache_clear()
    invoicing.carry_out(invoice_id)


def test_stripe_down_is_tried_again(acme: Organization, at_stripe: httpx.Client, settings) -> None:
    there = settings.STRIPE_API_URL
    used(acme)
    invoice = invoicing.prepare(acme, MONTH)
    assert invoice is not None
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    invoicing.carry_out(str(invoice.pk))
    invoice.refresh_from_db()
    assert (invoice.state, invoice.status, invoice.attempts) == ("pending", "draft", 1)
    settings.STRIPE_API_URL = there
    Invoice.objects.update(due_at=clock.machine_now())
    invoicing.carry_out(str(invoice.pk))
    invoice.refresh_from_db()
    assert invoice.status == "open"


def test_the_customer_is_made_once(acme: Organization, at_stripe: httpx.Client) -> None:
    people.member(acme, "owner", name="olga")
    first = invoicing.customer_of(acme.pk)
    Account.objects.update(stripe_customer_id="")  # the answer was lost
    assert invoicing.customer_of(acme.pk) == first
    (customer,) = everything_at(at_stripe, acme)["customers"]
    assert (customer["name"], customer["email"].split("-")[0]) == ("Acme", "olga")


def test_every_organization_at_its_own_time(acme: Organization) -> None:
    globex = people.organization("Globex", timezone="Pacific/Auckland")
    now = datetime(2026, 4, 1, 10, 0, tzinfo=ZoneInfo("UTC"))
    assert invoicing.closed_month(globex.timezone, now) == "2026-03"
    assert invoicing.closed_month(acme.timezone, now) == "2026-02", "there it is still the 31st"


def test_each_organization_is_a_task_of_its_own(acme: Organization, django_assert_max_num_queries) -> None:
    """Only those that have something to pay, each once."""
    globex, idle = people.organization("Globex"), people.organization("Idle")
    closed = invoicing.closed_month(acme.timezone, clock.now())
    before = rating.bounds_of(closed, acme.timezone)[0] + timedelta(days=1)
    used(acme, before)
    used(globex, before)
    used(idle, clock.now())
    with django_assert_max_num_queries(1 + 2):
        due = invoicing.due()
    assert [organization.pk for organization, _ in due] == sorted(
        [acme.pk, globex.pk], key=lambda pk: (pk != acme.pk, pk)
    )
    for _ in range(2):
        for organization, month in due:
            tasks.prepare_invoice(str(organization.pk), month)
    assert Invoice.objects.count() == 2
    assert invoicing.due() == []


def test_one_that_fails_holds_up_no_other_and_is_told(acme: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    globex = people.organization("Globex", timezone="America/Los_Angeles")
    for organization in (acme, globex):
        used(organization)
    Account.objects.filter(organization=acme).delete()
    with pytest.raises(CommandError, match=f"Not made: {acme.slug}"):
        call_command("make_invoices", month=MONTH)
    assert f"{globex.slug} {MONTH}" in capsys.readouterr().out
    assert Invoice.objects.get().organization == globex


def test_the_command_says_what_it_made(acme: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    used(acme, quantity=100)
    call_command("make_invoices", month=MONTH)
    assert f"{acme.slug} {MONTH}: 1.80 USD" in capsys.readouterr().out
    call_command("make_invoices", month=MONTH)
    assert "0 invoices made" in capsys.readouterr().out
    assert Invoice.objects.get().total == Decimal("1.80")
