"""Personal data: which fields of which models hold it, whose it is, and how it is handed out and erased.

Every app says so for its own models when it starts (its `personal.py`, called by its `apps.py`): `register` for what
holds people's data, `free` for text that does not, with the reason. A field of which nobody said anything fails a test.
See docs/decisions/0060-personal-data.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Protocol
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q

from zerovoice.lib import pseudonym

_MARK = "erased:"


@dataclass(frozen=True)
class Person:
    """All by which an organisation knows one person. `phones` are E.164, `emails` in small letters."""

    organization_id: UUID
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    contact_ids: frozenset[UUID] = frozenset()
    names: frozenset[str] = frozenset()
    held_calls: frozenset[UUID] = frozenset()  # a legal hold keeps these calls, and all that belongs to them

    @property
    def numbers(self) -> list[str]:
        """How rows name their phones, erased ones too."""
        stand_ins = (_MARK + known for phone in self.phones for known in pseudonym.all_of_number(phone))
        return [*sorted(self.phones), *stand_ins]

    @property
    def words(self) -> list[str]:
        """What text that mentions them has in it."""
        return sorted(self.phones | self.emails)

    def mentioned_in(self, *columns: str) -> Q:
        """Rows of which one of these text columns has a phone or an e-mail of theirs in it."""
        found = Q(pk__in=[])
        for column in columns:
            for word in self.words:
                found |= Q(**{f"{column}__icontains": word})
        return found


def stand_in(number: str) -> str:
    """What a row bears instead of an erased number: the same for the same number, and no way back."""
    return number if is_stand_in(number) else _MARK + pseudonym.of_number(number)


def is_stand_in(number: str) -> bool:
    return number.startswith(_MARK)


class Phase(IntEnum):
    """In which order kinds are erased: what is found by means of others goes before them."""

    COPIES = 1  # repeats or mentions other rows, and names them by their ids
    ROWS = 2
    PERSON = 3  # who they are


class Remove(Protocol):
    """Have something gone from a place outside of the database too, after the commit, however often it takes.

    `at` (machine time): once more then, when whoever may be writing it now is done. Places, and what each wants to
    know: compliance/removals.py.
    """

    def __call__(self, place: str, what: dict[str, str], *, at: datetime | None = None) -> None: ...


@dataclass(frozen=True)
class Erasing:
    """What an eraser may use."""

    person: Person
    remove: Remove

    def replace_number(self, number: str) -> str:
        """Its stand-in, if it is the person's."""
        return stand_in(number) if number in self.person.phones else number


Find = Callable[[Person], "models.QuerySet[Any]"]
Erase = Callable[[Sequence[Any], Erasing], None]


@dataclass(frozen=True)
class Kind:
    """One sort of rows about people: a file of an export, a line of a certificate.

    `find`: all rows about a person, also those that are erased and stay. `left`: which of them are not erased yet.
    `erase` gets a batch, locked, in a transaction; it may be interrupted after any batch. `export` gives a row as JSON;
    without one, the rows only repeat what other kinds hold. `files` are the names of a row's own file fields.
    `call`: the look-up of the call's id, where a legal hold on a call keeps the row.
    `named`: other rows name these by their ids.
    `reads`: where only the text of a row tells whose it is: a test for rows of the person, and `find` then finds all
    that have to be read. Keys are UUIDv7. Such rows are copies, and before what they repeat is erased they are read.
    """

    name: str
    model: type[models.Model]
    fields: Sequence[str]
    find: Find
    erase: Erase
    export: Callable[[Any], dict[str, Any]] | None = None
    files: Sequence[str] = ()
    left: Callable[[Person], Q] = lambda person: Q()
    call: str = ""
    phase: Phase = Phase.ROWS
    named: bool = False
    reads: Callable[[Person], Callable[[Any], bool]] | None = None


#: Whether something about the person is under way that an erasure has to wait for.
Busy = Callable[[Person], bool]

_kinds: dict[str, Kind] = {}
_busy: dict[str, Busy] = {}
_holds: list[Callable[[UUID, Collection[UUID]], set[UUID]]] = []
_free: dict[tuple[str, str], str] = {}


def register(kind: Kind) -> None:
    """Say how a sort of rows is found, handed out and erased. Raises LookupError for a field that is not there."""
    for name in kind.fields:
        _existing(kind.model, name)
    _kinds[kind.name] = kind


def free(label: str, *fields: str, because: str) -> None:
    """Say that these fields of a model ("calls.Queue") hold nobody's personal data, or nothing that is erased, and
    why. Raises LookupError for a model or field that is not there."""
    model = apps.get_model(label)
    for name in fields:
        _existing(model, name)
        _free[(model._meta.label, name)] = because


def _existing(model: type[models.Model], name: str) -> None:
    if not any(found.name == name for found in model._meta.concrete_fields):
        raise LookupError(f"{model._meta.label} has no field {name!r}")


def kinds() -> list[Kind]:
    """In the order of erasing."""
    return sorted(_kinds.values(), key=lambda kind: kind.phase)


def register_wait(what: str, busy: Busy) -> None:
    """Have erasures wait while `busy(person)`: rows that others still write to are erased when they are at rest."""
    _busy[what] = busy


def waits_for(person: Person) -> str:
    """What is under way about the person, in words; empty when they can be erased now."""
    return next((what for what, busy in _busy.items() if busy(person)), "")


def rows(kind: Kind, person: Person) -> models.QuerySet[Any]:
    """Those about the person that are neither erased nor held."""
    found = kind.find(person).filter(kind.left(person))
    return found.exclude(_held(kind, person)) if kind.call and person.held_calls else found


def held_rows(kind: Kind, person: Person) -> models.QuerySet[Any]:
    """Those about the person that would be erased, were it not for a legal hold."""
    found = kind.find(person).filter(kind.left(person))
    return found.filter(_held(kind, person)) if kind.call and person.held_calls else found.none()


def _held(kind: Kind, person: Person) -> Q:
    return Q(**{f"{kind.call}__in": person.held_calls})


def register_hold(holds: Callable[[UUID, Collection[UUID]], set[UUID]]) -> None:
    """Say how it is known which contacts must be neither deleted nor renamed: `holds(organization_id, contact_ids)`."""
    _holds.append(holds)


def held_among(organization_id: UUID, contact_ids: Collection[UUID]) -> set[UUID]:
    """Those of the contacts that a legal hold keeps."""
    return {contact_id for holds in _holds for contact_id in holds(organization_id, contact_ids)}


def is_held(organization_id: UUID, contact_id: UUID) -> bool:
    return bool(held_among(organization_id, [contact_id]))


def ids(person: Person) -> list[UUID]:
    """Those of all rows about the person, erased or not, that others may name: calls, messages, recordings, contacts,
    … Without what a legal hold keeps."""
    found: list[UUID] = []
    for kind in kinds():
        if kind.named:
            theirs = kind.find(person).exclude(_held(kind, person)) if kind.call else kind.find(person)
            found += theirs.values_list("pk", flat=True)
    return found


# --- erasers that most models can use ---


def delete(rows: Sequence[Any], erasing: Erasing) -> None:
    """The rows go."""
    if rows:
        type(rows[0])._base_manager.filter(pk__in=[row.pk for row in rows]).delete()


def blank(**values: Any) -> Erase:
    """The rows stay, with these values."""

    def erase(rows: Sequence[Any], erasing: Erasing) -> None:
        if rows:
            type(rows[0])._base_manager.filter(pk__in=[row.pk for row in rows]).update(**values)

    return erase


# --- what nobody said anything of ---

#: Numbers, times, yes or no, references. Everything else may hold somebody's name or words.
_HARMLESS = (
    models.IntegerField,
    models.FloatField,
    models.DecimalField,
    models.BooleanField,
    models.DateField,
    models.TimeField,
    models.DurationField,
    models.UUIDField,
    models.ForeignKey,
)


def unsaid(model: type[models.Model]) -> list[str]:
    """Fields of a model that may hold personal data, and that nobody registered or declared free of it."""
    said = {name for kind in _kinds.values() if kind.model is model for name in kind.fields}
    return [
        found.name
        for found in model._meta.concrete_fields
        if not isinstance(found, _HARMLESS)
        and not found.choices
        and found.name not in said
        and (model._meta.label, found.name) not in _free
    ]


def said_twice() -> Iterable[str]:
    """Fields that are registered and declared free of personal data."""
    return (
        f"{kind.model._meta.label}.{name}"
        for kind in _kinds.values()
        for name in kind.fields
        if (kind.model._meta.label, name) in _free
    )
