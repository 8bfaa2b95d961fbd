"""The dashboard's figures in words, with links to the rows behind them; as its page's script wants them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from analytics.dashboard import Dashboard, Figures
from analytics.metrics import Ratio
from analytics.ranges import NAMES, Range, Span
from calls.models import Agent, Call
from zerovoice.accounts.lists import local, seconds, stretch
from zerovoice.accounts.models import Organization

Told = dict[str, Any]


def of(shown: Dashboard, asked: Range, organization: Organization, now: datetime) -> Told:
    links = Links(organization)
    zone = organization.timezone
    return {
        "range": asked.name,
        "as_of": local(now, zone),
        "title": NAMES[asked.name],
        "until": "" if asked.name == "yesterday" else f"until {local(now, zone)[:-3]}",
        "tiles": [_tile(kind, shown, asked, links) for kind in KINDS],
        "chart": _chart(shown, asked, links),
        "dispositions": [_disposition(row, asked, links) for row in shown.dispositions],
        "queues": [_queue(row, shown.live[row["queue"].pk], links) for row in shown.queues],
        "agents": [
            {"state": state, "label": _state(state), "count": count, "url": links.agents(state)}
            for state, count in shown.agents.items()
        ],
    }


@dataclass(frozen=True)
class Links:
    """Lists of the rows that were counted."""

    organization: Organization

    def calls(self, span: Span, day: date | None, **filters: str) -> str:
        when = day.isoformat() if day else stretch(span.start, span.end)
        return self._list("admin:calls_call_changelist", when=when, **filters)

    def agents(self, state: str) -> str:
        return self._list("admin:calls_agent_changelist", state__exact=state)

    def waiting(self, queue: str) -> str:
        return self._list("admin:calls_queueentry_changelist", queue=queue)

    def _list(self, name: str, **query: str) -> str:
        return f"{reverse(name)}?{urlencode({'in': str(self.organization.pk), **query})}"


# --- the figures at the top ---


@dataclass(frozen=True)
class Kind:
    """`better`: whether more of it is (1), less (-1) or neither (0). `rows`: the filters of the calls behind it; None:
    the table by queue has its parts."""

    name: str
    label: str
    definition: str
    value: Callable[[Figures], Any]
    write: Callable[[Any], str]
    differ: Callable[[Any, Any], str]
    better: int = 0
    rows: dict[str, str] | None = None
    detail: Callable[[Figures], str] = lambda figures: ""


def percent(value: float | None) -> str:
    return "–" if value is None else f"{round(value * 100)} %"


def duration(value: float | None) -> str:
    return "–" if value is None else (seconds(round(value)) if round(value) else "0:00")


def _more(now: int, before: int) -> str:
    return f"{abs(now - before):,} {'more' if now > before else 'fewer'} than"


def _higher(now: float, before: float) -> str:
    points = abs(round(now * 100) - round(before * 100))
    return f"{points} point{'' if points == 1 else 's'} {'higher' if now > before else 'lower'} than"


def _longer(now: float, before: float) -> str:
    return f"{duration(abs(round(now) - round(before)))} {'longer' if now > before else 'shorter'} than"


def _of(ratio: Ratio, unit: str) -> str:
    return f"{ratio.numerator:,} of {ratio.denominator:,} {unit}" if ratio.denominator else "nobody yet"


def _over(ratio: Ratio, unit: str) -> str:
    return f"over {ratio.denominator:,} {unit}{'' if ratio.denominator == 1 else 's'}"


KINDS = (
    Kind(
        "offered", "Offered", "Inbound calls that began in this time, each counted once.",
        lambda figures: figures.offered, "{:,}".format, _more, rows={"direction": "inbound"},
    ),
    Kind(
        "answered", "Answered", "Inbound calls in which somebody spoke with the caller.",
        lambda figures: figures.answered, "{:,}".format, _more, rows={"direction": "inbound", "answered": "yes"},
    ),
    Kind(
        "abandoned", "Abandoned", "Inbound calls whose caller hung up before anybody answered.",
        lambda figures: figures.abandoned, "{:,}".format, _more, -1,
        {"direction": "inbound", "disposition": Call.Disposition.ABANDONED.value},
    ),
    Kind(
        "service_level", "Service level",
        "Callers of queues who were answered within the queue's threshold, of all who were answered or hung up. "
        "Who hung up within the queue's short limit does not count.",
        lambda figures: figures.service_level.value, percent, _higher, 1,
        detail=lambda figures: _of(figures.service_level, "in time"),
    ),
    Kind(
        "average_speed_of_answer", "Speed of answer (ASA)",
        "How long those who were answered had waited in their queue, on average.",
        lambda figures: figures.average_speed_of_answer.value, duration, _longer, -1,
        detail=lambda figures: _over(figures.average_speed_of_answer, "caller"),
    ),
    Kind(
        "average_handle_time", "Handle time (AHT)",
        "Talk, hold and wrap-up time of calls in which somebody spoke with the customer, inbound and outbound, "
        "on average.",
        lambda figures: figures.average_handle_time.value, duration, _longer, 0, {"answered": "yes"},
        detail=lambda figures: _over(figures.average_handle_time, "call"),
    ),
)  # fmt: skip


def _tile(kind: Kind, shown: Dashboard, asked: Range, links: Links) -> Told:
    value = kind.value(shown.now)

    def rows(span: Span, day: date | None = None) -> str:
        return "" if kind.rows is None else links.calls(span, day, **kind.rows)

    return {
        "name": kind.name,
        "label": kind.label,
        "definition": kind.definition,
        "value": kind.write(value),
        "detail": kind.detail(shown.now),
        "url": rows(asked.span, asked.day) or "#by-queue",
        "changes": [
            _change(kind, value, kind.value(before), words, rows(span))
            for (words, span), before in zip(asked.against, shown.before, strict=True)
        ],
    }


def _change(kind: Kind, now: Any, before: Any, words: str, url: str) -> Told:
    """An arrow and a sentence; what it was then leads to its rows."""
    told = {"arrow": "", "words": "", "then": kind.write(before), "against": words, "url": url, "tone": "plain"}
    if before is None or now is None:
        return {**told, "words": "nothing to compare with" if before is None else "nothing yet;"}
    if kind.write(now) == kind.write(before):
        return {**told, "arrow": "=", "words": "as"}
    better = kind.better * (1 if now > before else -1)
    tone = {1: "good", 0: "plain", -1: "bad"}[better]
    return {**told, "arrow": "▲" if now > before else "▼", "words": kind.differ(now, before), "tone": tone}


# --- below ---


def _chart(shown: Dashboard, asked: Range, links: Links) -> Told:
    hourly = asked.interval == "hour"
    before = {"today": "Yesterday", "yesterday": "The day before"}.get(asked.name) or asked.against[0][0].capitalize()
    return {
        "title": f"Calls by {asked.interval}",
        "unit": "Hour" if hourly else "Day",
        "before": before,
        "rows": [
            {
                "label": column.label,
                "inbound": column.inbound,
                "outbound": column.outbound,
                "before": column.before,
                "url": links.calls(column.span, None) if column.span else "",
            }
            for column in shown.columns
        ],
    }


def _disposition(row: Told, asked: Range, links: Links) -> Told:
    known = dict(Call.Disposition.choices)
    name = row["disposition"]
    return {
        "label": str(known.get(name) or name.replace("_", " ").capitalize()) or "None",
        "calls": row["calls"],
        "percent": percent(row["share"].value),
        "share": row["share"].value or 0,
        "url": links.calls(asked.span, asked.day, live="no", disposition=name) if name else "",
    }


def _queue(row: Told, live: Told, links: Links) -> Told:
    queue, agents = row["queue"], live["agents"]
    return {
        "name": queue.name,
        "url": reverse("admin:calls_queue_change", args=[queue.pk]),
        "waiting": live["waiting"],
        "waiting_url": links.waiting(str(queue.pk)),
        "longest_wait": duration(live["longest_wait_seconds"]) if live["waiting"] else "–",
        "ready": agents[Agent.State.AVAILABLE],
        "staffed": sum(count for state, count in agents.items() if state != Agent.State.OFFLINE),
        "late": live["longest_wait_seconds"] > row["service_level_threshold_seconds"],
        "offered": row["offered"],
        "answered": row["answered"],
        "abandoned": row["abandoned"],
        "service_level": percent(row["service_level"].value),
        "in_time": _of(row["service_level"], f"within {row['service_level_threshold_seconds']} s"),
        "average_speed_of_answer": duration(row["average_speed_of_answer"].value),
    }


def _state(state: str) -> str:
    return "Wrap-up" if state == Agent.State.WRAP_UP else str(Agent.State(state).label)
