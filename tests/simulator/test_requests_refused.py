"""What Twilio refuses, with Twilio's codes."""

from typing import Any

import httpx
import pytest

from tests.simulator.driver import ACCOUNT, OURS, TOKEN, Network

CALL = {"To": "+14155552001", "From": OURS, "Url": "http://127.0.0.1:1/voice"}
MESSAGE = {"To": "+14155552001", "From": OURS, "Body": "Hello"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": ""}, 21201),
        ({"To": "not-a-number"}, 21217),
        ({"To": "+1415555"}, 21217),
        ({"To": "911"}, 21217),
        ({"To": "+15005550001"}, 21217),
        ({"To": "+15005550002"}, 21214),
        ({"To": "+15005550003"}, 21215),
        ({"To": "+15005550004"}, 21216),
        ({"To": "+85021234567"}, 21215),
        ({"From": ""}, 21213),
        ({"From": "nobody"}, 21212),
        ({"From": "+15005550001"}, 21212),
        ({"From": "+14155559999"}, 21210),
        ({"Url": ""}, 21205),
        ({"Url": "ftp://x/y"}, 21205),
        ({"StatusCallback": "nowhere"}, 21205),
        ({"Timeout": "0"}, 21208),
        ({"Timeout": "601"}, 21208),
        ({"Method": "PUT"}, 21209),
        ({"SendDigits": "abc"}, 21206),
        ({"ApplicationSid": "AP" + "0" * 32}, 21218),
        ({"Twiml": "<Response>"}, 20001),
        ({"StatusCallbackEvent": "exploded"}, 20001),
        ({"Recrod": "true"}, 20001),
    ],
)
def test_a_call_that_cannot_be(network: Network, change: dict[str, Any], code: int) -> None:
    before = len(network.sim("GET", "/calls").json())
    assert network.refusal("POST", "/Calls.json", **{**CALL, **change}) == (400, code)
    assert len(network.sim("GET", "/calls").json()) == before


def test_the_magic_sender_may_call(network: Network) -> None:
    assert network.post("/Calls.json", **{**CALL, "From": "+15005550006"})["from"] == "+15005550006"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"To": ""}, 400, 21604),
        ({"From": ""}, 400, 21603),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * 1601}, 400, 21617),
        ({"To": "12"}, 400, 21211),
        ({"To": "+15005550001"}, 400, 21211),
        ({"To": "+15005550002"}, 400, 21612),
        ({"To": "+15005550003"}, 403, 21408),
        ({"To": "+15005550004"}, 400, 21610),
        ({"To": "+15005550009"}, 400, 21614),
        ({"From": "+15005550001"}, 400, 21212),
        ({"From": "+15005550007"}, 400, 21606),
        ({"From": "+15005550008"}, 429, 21611),
        ({"From": "+14155559999"}, 400, 21606),
        ({"StatusCallback": "nowhere"}, 400, 21609),
        ({"MediaUrl": "nowhere"}, 400, 21620),
    ],
)
def test_a_message_that_cannot_be(network: Network, change: dict[str, Any], status: int, code: int) -> None:
    before = network.get("/Messages.json")["messages"]
    assert network.refusal("POST", "/Messages.json", **{**MESSAGE, **change}) == (status, code)
    assert network.get("/Messages.json")["messages"] == before


@pytest.mark.parametrize(
    ("params", "code"),
    [({"PhoneNumber": "+15005550000"}, 21422), ({"PhoneNumber": "+15005550001"}, 21421), ({"AreaCode": "533"}, 21452),
     ({"PhoneNumber": OURS}, 21422), ({}, 21421), ({"PhoneNumber": "+14155552002", "VoiceUrl": "x"}, 21402)],
)  # fmt: skip
def test_a_number_that_cannot_be_bought(network: Network, params: dict[str, str], code: int) -> None:
    assert network.refusal("POST", "/IncomingPhoneNumbers.json", **params) == (400, code)


@pytest.mark.parametrize(
    "path",
    ["/Calls/CA" + "0" * 32, "/Recordings/RE" + "0" * 32, "/Conferences/CF" + "0" * 32, "/Messages/SM" + "0" * 32,
     "/IncomingPhoneNumbers/PN" + "0" * 32],
)  # fmt: skip
def test_what_does_not_exist_is_a_404(network: Network, path: str) -> None:
    assert network.refusal("GET", path + ".json") == (404, 20404)


def test_paths_that_twilio_does_not_have(network: Network) -> None:
    assert network.http.get(f"{network.account}/Nonsense.json").json()["code"] == 20404
    assert network.http.put(f"{network.account}/Calls.json").json()["code"] == 20004


@pytest.mark.parametrize("auth", [None, (ACCOUNT, "wrong"), ("AC" + "0" * 32, TOKEN), (ACCOUNT, "")])
def test_wrong_credentials_are_a_401(network: Network, auth: tuple[str, str] | None) -> None:
    response = httpx.get(f"{network.url}{network.account}/Calls.json", auth=auth)
    assert (response.status_code, response.json()["code"]) == (401, 20003)
    assert response.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("params", [{"PageSize": "0"}, {"PageSize": "1001"}, {"Page": "-1"}, {"PageToken": "x"}])
def test_a_page_that_cannot_be(network: Network, params: dict[str, str]) -> None:
    assert network.refusal("GET", "/Calls.json", **params) == (400, 22102)


def test_a_recording_needs_a_call_in_progress(network: Network) -> None:
    person = network.person("+14155552003", outcome="busy")
    sid = network.place(person)
    network.wait(sid, "busy")
    assert network.refusal("POST", f"/Calls/{sid}/Recordings.json") == (400, 21220)
