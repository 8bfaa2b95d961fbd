"""How menus lead to each other: plain values."""

from calls import menu_tree
from calls.menu_tree import CIRCLE, DEEP, MOST_LEVELS, OPEN, SHOWN


def test_menus_below_stand_where_the_route_is() -> None:
    tree = menu_tree.tree("main", {"main": [None, "sales", "gone"], "sales": [None]})
    assert (tree.menu, tree.state, list(tree.below)) == ("main", OPEN, [1])
    assert (tree.below[1].menu, tree.below[1].below) == ("sales", {})


def test_what_is_led_to_twice_is_opened_once() -> None:
    tree = menu_tree.tree("main", {"main": ["sales", "sales"], "sales": []})
    assert [tree.below[at].state for at in (0, 1)] == [OPEN, SHOWN]


def test_a_circle_is_told_and_ends() -> None:
    tree = menu_tree.tree("main", {"main": ["sales"], "sales": ["main"]})
    assert tree.below[0].below[0].state == CIRCLE
    assert menu_tree.tree("main", {"main": ["main"]}).below[0].state == CIRCLE


def test_it_is_not_followed_for_ever() -> None:
    node = menu_tree.tree(0, {level: [level + 1] for level in range(MOST_LEVELS + 5)})
    for _ in range(MOST_LEVELS):
        node = node.below[0]
    assert (node.state, node.below) == (DEEP, {})


def test_reached_are_those_that_callers_can_come_to() -> None:
    leads = {"main": ["sales", None], "sales": [], "old": ["older"], "older": ["old"]}
    assert menu_tree.reached(["main", "gone"], leads) == {"main", "sales"}


def test_trees_begin_where_callers_do_and_where_nothing_leads() -> None:
    leads = {"main": ["sales"], "sales": [], "lost": [], "around": ["around"]}
    assert list(menu_tree.roots({"sales"}, leads)) == ["main", "sales", "lost", "around"]
