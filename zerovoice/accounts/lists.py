"""Lists over tables that grow without end: counted up to a bound, one organisation at a time, by day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Max, Min, Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.contrib.filters.admin import DropdownFilter

from zerovoice.accounts.admin import ReadOnlyAdmin, memberships_of, organizations_with, staff_user
from zerovoice.accounts.models import Organization
from zerovoice.api.dates import end_of, parse_bound, start_of
from zerovoice.lib import clock

_LOOKED_AT = "organization"  # in the session


class BoundedPaginator(Paginator):
    """Counts no further than people turn pages. `bounded` says that there is more."""

    MOST = 10_000
    template_name = "lists/pagination.html"

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: self.MOST + 1].count())

    @property
    def count(self) -> int:
        return min(self._found, self.MOST)

    @property
    def bounded(self) -> bool:
        return self._found > self.MOST


def organizations_of(request: HttpRequest, scope: str, *, as_agent: bool = False) -> QuerySet[Organization]:
    """Those whose rows the person may read. `as_agent`: see `organizations_with`."""
    every = Organization.objects.order_by("name", "id")
    if staff_user(request).is_superuser:
        return every
    return every.filter(pk__in=organizations_with(request, f"{scope}:read", as_agent=as_agent))


def known_organizations(request: HttpRequest, scope: str) -> list[Organization]:
    """The same as a list, read at most once for each request."""
    known: dict[str, list[Organization]] = request.__dict__.setdefault("_known_organizations", {})
    if scope not in known:
        if staff_user(request).is_superuser:
            known[scope] = list(organizations_of(request, scope))
        else:
            allowed = organizations_with(request, f"{scope}:read")
            mine = [row.organization for row in memberships_of(request) if row.organization_id in allowed]
            known[scope] = sorted(mine, key=lambda row: (row.name, row.pk))
    return known[scope]


def sees_several(request: HttpRequest, scope: str) -> bool:
    """Whether lists need to say which organisation a row belongs to."""
    return len(known_organizations(request, scope)) > 1


class GrowingAdmin(ReadOnlyAdmin):
    """For tables that grow without end."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each would count the table once for every choice
    list_per_page = 50
    list_max_show_all = 0
    list_filter_submit = True
    sortable_by = ()  # an order that no index has would sort the whole table

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return [*shown, "organization"] if sees_several(request, self.scope) else shown

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.full_result_count = changelist.result_count  # else the heading offers to "show all"
        when = next((spec for spec in changelist.filter_specs if isinstance(spec, WhenFilter)), None)
        changelist.calendar = list(when.steps(changelist)) if when else []
        return changelist


class OrganizationFilter(DropdownFilter):
    """One organisation at a time, the first if none is chosen: every index begins with the organisation."""

    title = "organization"
    parameter_name = "in"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(row.pk), row.name) for row in known_organizations(request, model_admin.scope)]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1

    def value(self) -> str | None:
        given = super().value()
        if given or not self.lookup_choices:
            return given
        before = self.request.session.get(_LOOKED_AT)
        known = any(before == pk for pk, _ in self.lookup_choices)
        return before if known else str(self.lookup_choices[0][0])

    @property
    def all_option(self) -> None:
        return None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(organization=as_id(self.value() or ""))


def as_id(text: str) -> UUID:
    """Raises what makes Django show the list without its filters."""
    try:
        return UUID(text)
    except ValueError as error:
        raise IncorrectLookupParameters from error


def chosen_organization(request: HttpRequest, scope: str, *, as_agent: bool = False) -> Organization | None:
    """The one that is looked at: named by `?in=`, else the one of the page before, else the first by name. Looked up
    once for each request."""
    known: dict[tuple[str, bool], Organization | None] = request.__dict__.setdefault("_chosen_organization", {})
    if (scope, as_agent) not in known:
        known[scope, as_agent] = _chosen(request, scope, as_agent)
    return known[scope, as_agent]


def _chosen(request: HttpRequest, scope: str, as_agent: bool) -> Organization | None:
    rows = organizations_of(request, scope, as_agent=as_agent)
    listed = {str(row.pk): row for row in request.__dict__.get("_known_organizations", {}).get(scope, ())}
    for wanted in (request.GET.get("in", ""), request.session.get(_LOOKED_AT, "")):
        try:
            found = listed.get(str(UUID(wanted))) or rows.filter(pk=UUID(wanted)).first()
        except ValueError:
            continue
        if found is not None:
            if request.session.get(_LOOKED_AT) != str(found.pk):
                request.session[_LOOKED_AT] = str(found.pk)
            return found
    return next(iter(listed.values()), None) or rows.first()


class RelatedFilter(DropdownFilter):
    """The rows of another model that the person may see, by name. Subclasses name the model and its field."""

    model: ClassVar[type[Model]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = model_admin.admin_site.get_model_admin(self.model).get_queryset(request)
        organization = chosen_organization(request, model_admin.scope)
        if organization is not None:
            rows = rows.filter(organization=organization)
        return [(str(pk), name) for pk, name in rows.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.parameter_name: as_id(self.value() or "")}) if self.value() else queryset


@dataclass(frozen=True)
class Step:
    """A link of the calendar."""

    name: str
    query: str
    current: bool = False


class WhenFilter(admin.SimpleListFilter):
    """Year, month, day in the organisation's zone, without asking the table which of them have rows.

    Only the first and the last row are looked up, each at one end of an index. Shown above the list by
    `calendar.html`; its value is "2026", "2026-03" or "2026-03-14", or what `stretch` writes, for links from elsewhere.
    """

    title = "when"
    parameter_name = "when"
    template = "lists/when_chosen.html"
    field: ClassVar[str] = "created_at"

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: type[Model], model_admin: Any) -> None:
        self.organization = chosen_organization(request, model_admin.scope)
        self.zone = self.organization.timezone if self.organization else "UTC"
        self.model = model
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]  # the calendar is made in `choices`

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        try:
            start, end = _bounds_of(chosen, self.zone)
        except ValueError as error:
            raise IncorrectLookupParameters from error
        return queryset.filter(**{f"{self.field}__gte": start, f"{self.field}__lt": end})

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        yield {"value": self.value() or ""}

    def steps(self, changelist: ChangeList) -> Iterator[Step]:
        def step(name: str, value: str) -> Step:
            here = (self.value() or "") == value
            query = changelist.get_query_string(
                {self.parameter_name: value} if value else {}, [] if value else ["when"]
            )
            return Step(name, query, here)

        today = clock.now().astimezone(ZoneInfo(self.zone)).date()
        yesterday = today - timedelta(days=1)
        yield step("All", "")
        yield step("Today", today.isoformat())
        yield step("Yesterday", yesterday.isoformat())
        bounds = self._bounds()
        if bounds is None:
            return
        first, last = bounds
        for year in range(first.year, last.year + 1):
            yield step(str(year), str(year))
        chosen = self.value()
        if chosen and "/" in chosen:
            since, until = _bounds_of(chosen, self.zone)
            yield step(f"{local(since, self.zone)} to {local(until, self.zone)}", chosen)
        if not chosen or "/" in chosen:
            return
        year = span(chosen)[0].year
        for month in range(1, 13):
            begin, end = span(f"{year}-{month:02}")
            if begin <= last and end >= first:
                yield step(begin.strftime("%b"), f"{year}-{month:02}")
        if chosen.count("-"):
            begin, end = span(chosen[:7])
            for number in range((end - begin).days + 1):
                day = begin + timedelta(days=number)
                if first <= day <= last:
                    yield step(str(day.day), day.isoformat())

    def _bounds(self) -> tuple[date, date] | None:
        if self.organization is None:
            return None
        rows = self.model._default_manager.filter(organization=self.organization)
        first, last = rows.aggregate(first=Min(self.field), last=Max(self.field)).values()  # two ends of an index
        if first is None or last is None:
            return None
        return first.astimezone(ZoneInfo(self.zone)).date(), last.astimezone(ZoneInfo(self.zone)).date()


def span(value: str) -> tuple[date, date]:
    """First and last day of "2026", "2026-03" or "2026-03-14". Raises ValueError."""
    parts = [int(part) for part in value.split("-")]
    if len(parts) == 1:
        return date(parts[0], 1, 1), date(parts[0], 12, 31)
    if len(parts) == 2:
        first = date(parts[0], parts[1], 1)
        return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    day = date(*parts)
    return day, day


def stretch(start: datetime, end: datetime) -> str:
    """From one moment to before another, as a value of WhenFilter: an interval of ISO 8601."""
    return f"{start.astimezone(UTC).isoformat()}/{end.astimezone(UTC).isoformat()}"


def _bounds_of(chosen: str, zone: str) -> tuple[datetime, datetime]:
    """Its first moment, and the first after it. Raises ValueError."""
    if "/" not in chosen:
        first, last = span(chosen)
        return start_of(first, zone), end_of(last, zone)
    start, end = (parse_bound(text) for text in chosen.split("/"))
    return start_of(start, zone), start_of(end, zone)


def local(moment: datetime | None, zone: str) -> str:
    """As people of the organisation read it: the time today, else with the day."""
    if moment is None:
        return "–"
    there, now = moment.astimezone(ZoneInfo(zone)), clock.now().astimezone(ZoneInfo(zone))
    if there.date() == now.date():
        return there.strftime("%H:%M:%S")
    return there.strftime("%-d %b %H:%M:%S" if there.year == now.year else "%-d %b %Y %H:%M")


def seconds(number: int) -> str:
    """1:05, 1:02:03; a dash for nothing."""
    if not number:
        return "–"
    minutes, rest = divmod(number, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"


def since(moment: datetime | None) -> str:
    """For how long, in words."""
    if moment is None:
        return "–"
    whole = max(int((clock.now() - moment.astimezone(UTC)).total_seconds()), 0)
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if whole >= size:
            return f"{whole // size} {word}"
    return f"{whole} s"
