"""STOP, START and HELP are answered by the network itself, and STOP is kept to."""

import pytest

from tests.simulator.driver import OURS, Network
from tests.waiting import wait_until


def write(network: Network, person: str, body: str) -> None:
    sent = network.sim("POST", "/messages", {"from": person, "to": OURS, "body": body})
    assert sent.status_code == 201


def arrived(network: Network, person: str) -> list[dict[str, str]]:
    return list(network.sim("GET", f"/messages?to={person.replace('+', '%2B')}").json())


def send(network: Network, person: str, sender: str = OURS) -> int:
    """0, or the network's error."""
    response = network.ask("POST", "/Messages.json", To=person, From=sender, Body="Hello")
    return 0 if response.status_code == 201 else int(response.json()["code"])


@pytest.mark.parametrize("word", ["STOP", " stop ", "Unsubscribe", "CANCEL", "end", "quit", "stopall"])
def test_stop_blocks_that_sender_until_start(network: Network, word: str) -> None:
    person = "+14155557201"
    assert send(network, person) == 0
    write(network, person, word)
    assert send(network, person) == 21610
    assert send(network, "+14155557202") == 0
    wait_until(lambda: any("no more messages" in one["body"] for one in arrived(network, person)), timeout=10)
    write(network, person, "start")
    assert send(network, person) == 0


@pytest.mark.parametrize("words", ["please don't stop", "stop it", "help me", ""])
def test_a_word_in_a_sentence_is_a_word(network: Network, words: str) -> None:
    person = "+14155557203"
    write(network, person, words or "?")
    assert send(network, person) == 0


def test_help_is_answered(network: Network) -> None:
    person = "+14155557204"
    write(network, person, "HELP")
    (answer,) = wait_until(lambda: arrived(network, person), timeout=10)
    assert (answer["from"], "STOP" in answer["body"]) == (OURS, True)
    assert send(network, person) == 0
