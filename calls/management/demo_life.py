"""A short day of the demo organisation: people it knows, calls of every outcome, messages, over the API and by
simulated people."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

LINES = (
    "Hello, I have a question about my last invoice. It says I owe twice what I paid before.",
    "Good morning. I would like to change the address on my account, please.",
    "Hi, my delivery was supposed to arrive yesterday and nobody called me back.",
    "I am calling to say thank you. The technician was great and everything works now.",
    "Can you tell me how to cancel my subscription at the end of the month?",
    "My internet has been down since this morning. Could you check what is going on?",
)
#: Whom the organisation knows by name.
NAMES = (
    *("Maria Lopez", "John Carter", "Aisha Khan", "Wei Zhang", "Sofia Rossi", "Liam Murphy", "Noor Haddad"),
    "Eva Novak",
)
#: What people write, and what they are answered.
WRITTEN = (
    ("Hi, when do you open tomorrow?", "Good evening! We open at eight."),
    ("Thanks for the quick help today", "You are welcome. Have a nice weekend!"),
    ("Is my parcel on its way?", "It is: the courier comes between two and four."),
)
#: Somebody who wants to be left alone, and whom nobody calls that day.
TIRED = "+14155552999"
#: What becomes of the people whom the demo calls, and how many of each there are.
CALLED = {"answer": 9, "busy": 2, "no-answer": 2, "reject": 1, "unreachable": 2}
CALLING = {"patient": 7, "impatient": 3}
#: What callers press at the front desk, one menu after the other.
AT_THE_DESK = (("1",), ("2", "1"), ("2", "2"))
MESSAGE = "Hello, this is Maria Lopez. My order has not arrived. Please call me back. Thank you."
LONGEST_SECONDS = 240


def live(demo: dict[str, Any], *, progress: Callable[[int, int], None]) -> None:
    """Have the day happen and wait until every call is over. Raises TimeoutError when it never ends."""
    chance = random.Random(20_26)  # noqa: S311 – a plot, not a secret
    plot = list(_plot(chance, demo["numbers"]))
    chance.shuffle(plot)
    with (
        httpx.Client(base_url=demo["base_url"], headers={"X-API-Key": demo["api_key"]}, timeout=30) as api,
        httpx.Client(base_url=demo["simulator_url"], timeout=30) as network,
    ):
        _meet(api)
        _write(api, network, demo["numbers"][0])
        for act in plot:
            act(api, network)
            time.sleep(1.0)
        until = time.monotonic() + LONGEST_SECONDS
        while True:
            over = _count(api, "/api/v1/calls/logs")
            progress(over, len(plot))
            if over >= len(plot) and not _count(api, "/api/v1/calls/live"):
                return
            if time.monotonic() > until:
                raise TimeoutError(f"The demo's day did not end: {over} of {len(plot)} calls are over")
            time.sleep(5)


Act = Callable[[httpx.Client, httpx.Client], None]


def _people() -> Iterator[str]:
    return (f"+1415555{number}" for number in range(3000, 9999, 7))


def _meet(api: httpx.Client) -> None:
    """Some of them are known by name."""
    for number, (name, phone) in enumerate(zip(NAMES, _people(), strict=False)):
        contact = {"name": name, "phone": phone, "tags": ["vip"] if number % 3 == 0 else []}
        api.post("/api/v1/contacts", json=contact)  # a day that was broken off has met them already


def _write(api: httpx.Client, network: httpx.Client, ours: str) -> None:
    for (text, answer), person in zip(WRITTEN, _people(), strict=False):
        message = {"from": person, "to": ours, "body": text}
        network.post("/_sim/messages", json=message).raise_for_status()
        time.sleep(1.0)  # to read it
        reply = {"from_number": ours, "to_number": person, "body": answer}
        api.post("/api/v1/sms/send", json=reply).raise_for_status()
    network.post("/_sim/messages", json={"from": TIRED, "to": ours, "body": "STOP"}).raise_for_status()


def _plot(chance: random.Random, numbers: list[str]) -> Iterator[Act]:
    people = _people()
    *lines, desk = numbers
    for outcome, times in CALLED.items():
        for _ in range(times):
            yield _called(next(people), chance.choice(lines), outcome, chance.choice(LINES), chance.randint(2, 6))
    for keys in AT_THE_DESK:
        yield _at_the_desk(next(people), desk, keys, chance.choice(LINES), chance.randint(2, 6))
    yield _with_a_message(next(people), desk)
    for mood, times in CALLING.items():
        for _ in range(times):
            yield _calling(next(people), chance.choice(lines), mood, chance.choice(LINES), chance.randint(2, 6))


def _called(person: str, number: str, outcome: str, line: str, talk: int) -> Act:
    def act(api: httpx.Client, network: httpx.Client) -> None:
        person_is = {"outcome": outcome, "answer_after": 1, "script": _talk(line, talk)}
        network.put(f"/_sim/people/{person}", json=person_is).raise_for_status()
        api.post(
            "/api/v1/calls/outbound", json={"from_number": number, "to_number": person, "record": True}
        ).raise_for_status()

    return act


def _calling(person: str, number: str, mood: str, line: str, talk: int) -> Act:
    def act(api: httpx.Client, network: httpx.Client) -> None:
        script = _talk(line, talk) if mood == "patient" else [{"wait": 1}, {"hangup": True}]
        network.post("/_sim/calls", json={"from": person, "to": number, "script": script}).raise_for_status()

    return act


def _at_the_desk(person: str, desk: str, keys: tuple[str, ...], line: str, talk: int) -> Act:
    def act(api: httpx.Client, network: httpx.Client) -> None:
        pressed = [step for key in keys for step in ({"wait_for": f"press {key}"}, {"press": key})]
        script = [*pressed, *_talk(line, talk)]
        network.post("/_sim/calls", json={"from": person, "to": desk, "script": script}).raise_for_status()

    return act


def _with_a_message(person: str, desk: str) -> Act:
    def act(api: httpx.Client, network: httpx.Client) -> None:
        script = [
            *({"wait_for": "press 9"}, {"press": "9"}, {"wait_for": "after the tone"}),
            *({"wait": 1.5}, {"say": MESSAGE}, {"hangup": True}),
        ]
        network.post("/_sim/calls", json={"from": person, "to": desk, "script": script}).raise_for_status()

    return act


def _talk(line: str, seconds: int) -> list[dict[str, Any]]:
    return [{"wait_for": "How can I help you?"}, {"say": line}, {"wait": seconds}, {"hangup": True}]


def _count(api: httpx.Client, path: str) -> int:
    answer = api.get(path, params={"limit": 1})
    answer.raise_for_status()
    return int(answer.json()["count"])
