"""Rate decks as files."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from zerovoice.billing import deck
from zerovoice.billing.models import Rate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("rates")]
HEAD = ",".join(deck.COLUMNS)


def write(tmp_path: Path, *rows: str, head: str = HEAD) -> Path:
    path = tmp_path / "deck.csv"
    path.write_text("\n".join(["# a remark", head, *rows, ""]))
    return path


def call_rates() -> list[tuple]:
    rates = Rate.objects.filter(kind="call_minute", direction="outbound", prefix="1").order_by("effective_from")
    return list(rates.values_list("amount", "effective_from", "effective_until"))


def test_the_shipped_one_is_the_instances_first() -> None:
    rows = deck.read(deck.SHIPPED)
    assert Rate.objects.count() == len(rows) > 90
    assert all(row["source"] for row in rows)
    assert deck.load(rows) == deck.Loaded(added=0, ended=0, unchanged=len(rows))


def test_a_new_price_ends_the_old_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(
        tmp_path,
        "call_minute,outbound,1,North America,0.02,USD,2026-04-01,Ours",
        "call_minute,outbound,1907,Alaska,0.09,USD,2026-04-01,Ours",
        "call_minute,outbound,44,United Kingdom,0.022,USD,2026-04-01,Ours",
    )
    call_command("load_rates", str(path))
    assert "2 added, 1 ended, 1 unchanged" in capsys.readouterr().out
    assert call_rates() == [
        (Decimal("0.018"), date(2020, 1, 1), date(2026, 4, 1)),
        (Decimal("0.02"), date(2026, 4, 1), None),
    ]


@pytest.mark.parametrize(
    "row",
    [
        "call_minute,outbound,1x,,0.02,USD,2026-04-01,",
        "call_minute,,1,,0.02,USD,2026-04-01,",
        "number_month,inbound,1,,0.02,USD,2026-04-01,",
        "fax,outbound,1,,0.02,USD,2026-04-01,",
        "call_minute,outbound,1,,-1,USD,2026-04-01,",
        "call_minute,outbound,1,,0.02,dollars,2026-04-01,",
        "call_minute,outbound,1,,0.02,USD,April,",
        "call_minute,outbound,1,,0.02,USD,2019-01-01,",
    ],
)
def test_one_mistake_and_nothing_is_loaded(tmp_path: Path, row: str) -> None:
    good = "call_minute,outbound,1907,Alaska,0.09,USD,2026-04-01,Ours"
    with pytest.raises(CommandError, match="Row 2"):
        call_command("load_rates", str(write(tmp_path, good, row)))
    assert not Rate.objects.filter(prefix="1907").exists()


def test_another_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="columns"):
        call_command("load_rates", str(write(tmp_path, head="prefix,price")))
