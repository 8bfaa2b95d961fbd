"""Facts at the price of their day, once, and never changed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import people
from tests.at_once import at_once
from zerovoice.accounts.models import Organization
from zerovoice.billing import ledger, spending
from zerovoice.billing.models import Kind, LedgerEntry, Rate, Reservation, SpentDay
from zerovoice.lib.ids import new_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]

AT = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


@pytest.fixture
def acme() -> Organization:
    return people.organization(timezone="America/Los_Angeles")


def a_call(organization: Organization, number: str = "+14155550142", minutes: int = 2, **fields) -> ledger.Fact:
    return ledger.Fact(**{
        "organization_id": organization.pk, "kind": Kind.CALL_MINUTE, "object_id": new_id(), "occurred_at": AT,
        "quantity": minutes, "direction": "outbound", "number": number, **fields,
    })  # fmt: skip


def entry(fact: ledger.Fact) -> LedgerEntry:
    return LedgerEntry.objects.get(object_id=fact.object_id, period=fact.period)


def price(prefix: str, amount: str, since: date, until: date | None = None, currency: str = "USD") -> Rate:
    return Rate.objects.create(
        kind=Kind.CALL_MINUTE, direction="outbound", prefix=prefix, amount=Decimal(amount), currency=currency,
        effective_from=since, effective_until=until,
    )  # fmt: skip


def test_a_fact_at_the_price_of_the_longest_prefix(acme: Organization) -> None:
    mobile, landline, unknown = (a_call(acme, number) for number in ("+447700900123", "+442071838750", "+23590000000"))
    ledger.post([mobile, landline, unknown])
    assert (entry(mobile).prefix, entry(mobile).country, entry(mobile).amount) == ("447", "GB", Decimal("0.096"))
    assert (entry(landline).prefix, entry(landline).amount) == ("44", Decimal("0.044"))
    assert (entry(unknown).prefix, entry(unknown).country, entry(unknown).amount) == ("", "TD", Decimal("1.9"))


def test_no_number_is_in_it(acme: Organization) -> None:
    ledger.post([a_call(acme, "+14155550142")])
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger::text FROM billing_ledgerentry AS ledger")
        assert "4155550142" not in cursor.fetchall()[0][0]


def test_one_statement(acme: Organization) -> None:
    facts = [a_call(acme) for _ in range(20)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        ledger.post(facts)
    assert len(queries) == 1


def test_the_price_of_the_day_on_which_it_began(acme: Organization) -> None:
    old = Rate.objects.filter(kind=Kind.CALL_MINUTE, prefix="1", direction="outbound")
    old.update(effective_until=date(2026, 3, 14))
    price("1", "0.5", date(2026, 3, 14))
    before = a_call(acme, begun_at=datetime(2026, 3, 13, 23, 59, tzinfo=UTC), occurred_at=AT)
    after = a_call(acme)
    ledger.post([before, after])
    assert (entry(before).unit_amount, entry(after).unit_amount) == (Decimal("0.018"), Decimal("0.5"))


def test_a_posted_row_keeps_its_price_whatever_the_deck_says_later(acme: Organization) -> None:
    fact = a_call(acme)
    ledger.post([fact])
    Rate.objects.filter(kind=Kind.CALL_MINUTE).update(amount=9)
    ledger.post([fact])
    assert (entry(fact).amount, LedgerEntry.objects.count()) == (Decimal("0.036"), 1)
    assert SpentDay.objects.get().amount == Decimal("0.036")


@pytest.mark.parametrize("change", [{"amount": 0}, {"quantity": 1}, {"object_id": new_id()}])
def test_the_database_refuses_to_change_or_delete_a_row(acme: Organization, change: dict) -> None:
    ledger.post([a_call(acme)])
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerEntry.objects.all().delete()
    assert LedgerEntry.objects.get().amount == Decimal("0.036")


def test_the_day_is_one_of_the_organizations_zone(acme: Organization) -> None:
    fact = a_call(acme, occurred_at=datetime(2026, 3, 15, 3, 0, tzinfo=UTC))
    ledger.post([fact])
    assert entry(fact).day == date(2026, 3, 14)
    assert SpentDay.objects.get(organization=acme).day == date(2026, 3, 14)


def test_without_a_price_it_is_found_when_there_is_one(acme: Organization) -> None:
    fact = a_call(acme, kind=Kind.TRANSCRIPTION_MINUTE, direction="", number="")
    held = [fact]
    ledger.register(found := lambda since: held)
    try:
        Rate.objects.filter(kind=Kind.TRANSCRIPTION_MINUTE).update(effective_from=date(2030, 1, 1))
        ledger.sweep(AT)
        assert not LedgerEntry.objects.exists()
        Rate.objects.filter(kind=Kind.TRANSCRIPTION_MINUTE).update(effective_from=date(2020, 1, 1))
        ledger.sweep(AT)
        ledger.sweep(AT)
        assert LedgerEntry.objects.get().amount == Decimal("0.02")
    finally:
        ledger._sources.remove(found)


def test_another_currency_has_prices_of_its_own(acme: Organization) -> None:
    price("1", "0.02", date(2020, 1, 1), currency="EUR")
    account = spending.account_of(acme.pk)
    account.currency = "EUR"
    account.save()
    fact, elsewhere = a_call(acme), a_call(acme, "+442071838750")
    ledger.post([fact, elsewhere])
    assert (entry(fact).amount, entry(fact).currency) == (Decimal("0.04"), "EUR")
    assert not LedgerEntry.objects.filter(object_id=elsewhere.object_id).exists()


def test_what_was_reserved_is_let_go(acme: Organization) -> None:
    fact = a_call(acme)
    Reservation.objects.create(
        organization=acme, object_id=fact.object_id, kind=fact.kind, quantity=2, unit_amount=1, amount=2
    )
    ledger.post([fact])
    assert not Reservation.objects.exists()


PREFIXES = st.just("") | st.text("23", max_size=3).map("1".__add__)
NUMBERS = st.text("23", min_size=4, max_size=5).map("1".__add__)
DAYS = st.integers(1, 28).map(lambda day: date(2026, 3, day))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deck=st.dictionaries(st.tuples(PREFIXES, DAYS), st.decimals(0, 9, places=6), max_size=8),
    calls=st.lists(st.tuples(NUMBERS, DAYS, st.integers(1, 90)), max_size=8),
)
def test_the_deck_as_anybody_would_read_it(acme: Organization, deck: dict, calls: list) -> None:
    """By hand: among the prices that began by then, those of the longest prefix; of these the latest."""
    with transaction.atomic():
        Rate.objects.all().delete()
        for (prefix, since), amount in deck.items():
            price(prefix, str(amount), since)
        facts = [
            a_call(acme, f"+{number}", minutes, occurred_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
            for number, day, minutes in calls
        ]
        ledger.post(facts)
        for fact, (number, day, minutes) in zip(facts, calls, strict=True):
            best = None
            for (prefix, since), amount in deck.items():
                if since <= day and number.startswith(prefix) and (best is None or (len(prefix), since) > best[0]):
                    best = ((len(prefix), since), amount)
            found = LedgerEntry.objects.filter(object_id=fact.object_id).first()
            assert (found and found.amount) == (best and best[1] * minutes)
            rate = spending.find_rate(Kind.CALL_MINUTE, "outbound", f"+{number}", "USD", day)
            assert (rate and rate.amount) == (best and best[1]), "what is reserved is what is charged"
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_the_same_fact_at_the_same_moment_is_entered_once(acme: Organization) -> None:
    fact = a_call(acme)
    at_once(*[lambda: ledger.post([fact])] * 8)
    assert LedgerEntry.objects.get().amount == SpentDay.objects.get().amount == Decimal("0.036")


def test_what_is_spent_adds_up_to_the_ledger(acme: Organization) -> None:
    ledger.post([a_call(acme, occurred_at=AT - timedelta(hours=5 * n), minutes=n + 1) for n in range(9)])
    assert sum(SpentDay.objects.values_list("amount", flat=True)) == sum(
        LedgerEntry.objects.values_list("amount", flat=True)
    )
