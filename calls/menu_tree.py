"""How menus lead to each other, as a tree for people: plain functions over plain values.

Stored menus lead in no circle (their action refuses that), and yet nothing here is endless if they do.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)

#: Deeper than anybody would follow on the phone.
MOST_LEVELS = 10

OPEN, SHOWN, CIRCLE, DEEP = "open", "shown", "circle", "deep"


@dataclass
class Node(Generic[Id]):
    """A menu where a caller may come to. `state` says why it is not opened: it is shown elsewhere in the tree, it leads
    back to where the caller came from, or it is too deep. `below`: by the place of the route that leads there."""

    menu: Id
    state: str = OPEN
    below: dict[int, Node[Id]] = field(default_factory=dict)


def tree(root: Id, leads: Mapping[Id, Iterable[Id | None]]) -> Node[Id]:
    """`leads`: of each menu, for each of its routes in order, the menu that it leads to or None. What is not in it is
    not there."""
    seen: set[Id] = set()

    def grow(menu: Id, above: tuple[Id, ...]) -> Node[Id]:
        if menu in above:
            return Node(menu, CIRCLE)
        if menu in seen:
            return Node(menu, SHOWN)
        if len(above) >= MOST_LEVELS:
            return Node(menu, DEEP)
        seen.add(menu)
        node = Node(menu)
        for at, target in enumerate(leads[menu]):
            if target is not None and target in leads:
                node.below[at] = grow(target, (*above, menu))
        return node

    return grow(root, ())


def reached(entrances: Collection[Id], leads: Mapping[Id, Iterable[Id | None]]) -> set[Id]:
    """The menus that a caller can come to from these."""
    found: set[Id] = set()
    ahead = [menu for menu in entrances if menu in leads]
    while ahead:
        menu = ahead.pop()
        if menu not in found:
            found.add(menu)
            ahead += [target for target in leads[menu] if target is not None and target in leads]
    return found


def roots(entrances: Collection[Id], leads: Mapping[Id, Iterable[Id | None]]) -> Iterator[Id]:
    """Where trees begin: menus that callers enter, and those that no other menu leads to."""
    led_to = {target for menu, targets in leads.items() for target in targets if target != menu}
    return (menu for menu in leads if menu in entrances or menu not in led_to)
