"""The rules of menus: what an answer leads to, how long one is asked, and menus that lead in a circle."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls import ivr
from calls.ivr import Again, Lead, Menu, Option, State

FALLBACK = {"type": "voicemail", "target_id": None}
Answer = dict[str, str]


def to(name: str) -> dict[str, Any]:
    return {"type": "queue", "target_id": name}


def menu(*options: tuple[str, tuple[str, ...]], **fields: Any) -> Menu:
    """Each option leads to the queue of its number, from 1 on."""
    made = tuple(Option(digits, phrases, to(str(at))) for at, (digits, phrases) in enumerate(options, start=1))
    return Menu(made, **{"no_input_retries": 2, "invalid_retries": 2, "fallback": FALLBACK, "speech": True, **fields})


def led(of: Menu, **answer: str) -> str:
    """The number of the option that the answer leads to, or why it is asked again."""
    step = ivr.take(of, State(), **answer)
    return str(step.route["target_id"]) if isinstance(step, Lead) else step.because


# --- trees of menus, and every way through them ---

LETTERS = "abcdefghijklmnopqrstuvwxyzäöüß"
WORDS = st.text(LETTERS, min_size=1, max_size=8)
PHRASE = st.lists(WORDS, min_size=1, max_size=3).map(tuple)


def prefix_free(keys: list[str]) -> list[str]:
    return [one for one in keys if not any(one != other and one.startswith(other) for other in keys)]


KEYS = st.one_of(
    st.lists(st.sampled_from("0123456789*#"), min_size=1, max_size=12, unique=True),
    st.lists(st.text("0123456789*", min_size=1, max_size=4), min_size=1, max_size=12, unique=True).map(prefix_free),
)


@st.composite
def menus(draw: Callable[[Any], Any], depth: int = 3) -> Menu:
    """A menu whose options lead to menus (`{"menu": …}`) or away, each with keys and phrases of its own."""
    keys = draw(KEYS)
    phrases = draw(st.lists(PHRASE, min_size=len(keys), max_size=len(keys), unique_by=ivr_words))
    deeper = st.one_of(st.just(None), menus(depth=depth - 1)) if depth > 1 else st.just(None)
    options = tuple(
        Option(digits, (" ".join(phrase),), {"menu": below} if (below := draw(deeper)) else to(f"{depth} {digits}"))
        for digits, phrase in zip(keys, phrases, strict=True)
    )
    return Menu(options, draw(st.integers(0, 9)), draw(st.integers(0, 9)), FALLBACK, speech=True)


def ivr_words(phrase: tuple[str, ...]) -> tuple[str, ...]:
    return ivr.words(" ".join(phrase))


def paths(tree: Menu) -> Iterator[tuple[list[Option], Any]]:
    """The options to take, and the route at the end."""
    for option in tree.options:
        if "menu" in option.route:
            for rest, end in paths(option.route["menu"]):
                yield [option, *rest], end
        else:
            yield [option], option.route


def walk(tree: Menu, answers: list[Answer]) -> Any:
    for answer in answers:
        step = ivr.take(tree, State(), **answer)
        assert isinstance(step, Lead), answer
        if "menu" not in step.route:
            return step.route
        tree = step.route["menu"]
    return None


@given(menus(), st.sampled_from([str.upper, str.title, str.swapcase]), st.sampled_from(["{}", "{}.", "¡{}!", " {}, "]))
def test_every_path_of_every_tree_reaches_its_target(tree: Menu, case: Callable[[str], str], written: str) -> None:
    for options, end in paths(tree):
        assert walk(tree, [{"digits": option.digits} for option in options]) is end
        said = [", ".join(written.format(case(word)) for word in option.phrases[0].split()) for option in options]
        assert walk(tree, [{"speech": words} for words in said]) is end


# --- being asked again ---


@given(menus(depth=1), st.sampled_from(["invalid", "no_input"]))
def test_vain_answers_take_one_go_more_than_there_are_retries(of: Menu, why: str) -> None:
    answer, retries = ({}, of.no_input_retries) if why == "no_input" else ({"digits": "99999"}, of.invalid_retries)
    state, goes = State(), 1
    while isinstance(step := ivr.take(of, state, **answer), Again):
        assert step.because == why
        state, goes = step.state, goes + 1
    assert goes == retries + 1
    assert step == Lead(FALLBACK)


@given(menus(depth=1), st.lists(st.sampled_from(["invalid", "no_input"]), max_size=25))
def test_silence_and_wrong_answers_are_counted_apart(of: Menu, whys: list[str]) -> None:
    state = State()
    for at, why in enumerate(whys, start=1):
        over = whys[:at].count("invalid") > of.invalid_retries or whys[:at].count("no_input") > of.no_input_retries
        step = ivr.take(of, state, **({"digits": "99999"} if why == "invalid" else {}))
        assert isinstance(step, Lead) == over
        if isinstance(step, Lead):
            return
        state = step.state
        assert (state.invalid, state.no_input) == (whys[:at].count("invalid"), whys[:at].count("no_input"))


# --- what counts as an answer ---

DESKS = menu(("1", ("sales", "new order")), ("2", ("order", "my order")), ("31", ("I'd like check-in",)), ("0", ()))


@pytest.mark.parametrize(
    ("answer", "option"),
    [
        ({"digits": "1"}, "1"),
        ({"digits": "31"}, "3"),
        ({"digits": "3"}, "invalid"),
        ({"digits": "311"}, "invalid"),
        ({"digits": "1", "speech": "my order"}, "1"),
        ({"digits": "7", "speech": "my order"}, "invalid"),
        ({"speech": "The SALES department, please."}, "1"),
        ({"speech": "wholesales"}, "invalid"),
        ({"speech": "a new order"}, "1"),  # two words of it, against one
        ({"speech": "order"}, "2"),
        ({"speech": "neworder"}, "invalid"),
        ({"speech": "new, my order"}, "2"),
        ({"speech": "sales order"}, "invalid"),  # a word of each
        ({"speech": "Id like: CHECK IN!"}, "3"),
        ({"speech": "I’d like check-in"}, "3"),
        ({"speech": ""}, "no_input"),
        ({"speech": " … "}, "no_input"),
        ({}, "no_input"),
    ],
)
def test_an_answer(answer: Answer, option: str) -> None:
    assert led(DESKS, **answer) == option


def test_two_phrases_of_one_option_are_no_tie() -> None:
    assert led(menu(("1", ("sales", "orders")), ("2", ("support",))), speech="sales and orders") == "1"


def test_other_scripts_are_words_too() -> None:
    of = menu(("1", ("हिन्दी",)), ("2", ("Straße",)), ("3", ("配送",)))
    assert [led(of, speech=said) for said in ("हिन्दी", "STRASSE", "配送", "ह")] == ["1", "2", "3", "invalid"]


def test_a_menu_of_keys_understands_no_speech() -> None:
    of = menu(("1", ("sales",)), speech=False)
    assert (led(of, speech="sales"), ivr.hints(of)) == ("invalid", "")


def test_what_the_recognizer_and_the_keypad_are_told() -> None:
    assert ivr.hints(DESKS) == "sales, new order, order, my order, I'd like check-in"
    assert ivr.hints(menu(("1", ("yes, please", "yes")), ("2", ("yes",)))) == "yes please, yes"
    assert ivr.digits_expected(DESKS) is None
    assert ivr.digits_expected(menu(("1", ()), ("#", ()), ("", ("sales",)))) == 1


# --- circles ---

IDS = st.integers(0, 7)
GRAPHS = st.dictionaries(IDS, st.lists(IDS, max_size=3), max_size=8)


def reachable(graph: dict[int, list[int]], start: int) -> set[int]:
    found: set[int] = set()
    todo = list(graph[start])
    while todo:
        if (one := todo.pop()) not in found:
            found.add(one)
            todo += graph.get(one, [])
    return found


@given(GRAPHS)
def test_a_circle_is_found_if_and_only_if_there_is_one(graph: dict[int, list[int]]) -> None:
    circle = ivr.loop(graph)
    assert (circle is not None) == any(start in reachable(graph, start) for start in graph)
    if circle is not None:
        assert len(set(circle)) == len(circle)
        for here, following in zip(circle, [*circle[1:], circle[0]], strict=True):
            assert following in graph[here]


def test_the_shortest_circle_and_a_long_way_without_one() -> None:
    assert ivr.loop({1: [1]}) == [1]
    assert ivr.loop({at: [at + 1] for at in range(10_000)}) is None
