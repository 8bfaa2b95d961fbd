"""Messages both ways."""

from tests.simulator.driver import OURS, Network
from tests.waiting import wait_until


def test_a_message_is_delivered_and_tells_of_it(network: Network) -> None:
    to = "+14155557101"
    message = network.post(
        "/Messages.json", To=to, From=OURS, Body="Hello", StatusCallback=network.app.url + "/sms",
        MediaUrl=[network.app.url + "/cat.jpg", network.app.url + "/dog.png"],
    )  # fmt: skip
    assert (message["status"], message["num_media"], message["sid"][:2]) == ("queued", "2", "MM")
    network.app.wait_for("/sms", MessageStatus="delivered")
    hits = network.app.hits_at("/sms")
    assert [h.params["MessageStatus"] for h in hits] == ["queued", "sent", "delivered"]
    assert {h.params["MessageSid"] for h in hits} == {message["sid"]}
    assert network.get(f"/Messages/{message['sid']}.json")["status"] == "delivered"
    (arrived,) = network.sim("GET", f"/messages?to={to.replace('+', '%2B')}").json()
    assert (arrived["body"], arrived["from"]) == ("Hello", OURS)
    assert arrived["media_urls"] == [network.app.url + "/cat.jpg", network.app.url + "/dog.png"]
    media = network.get(f"/Messages/{message['sid']}/Media.json")["media_list"]
    assert [m["content_type"] for m in media] == ["image/jpeg", "image/png"]


def test_an_unreachable_phone_gets_nothing(network: Network) -> None:
    to = network.person("+14155557102", outcome="unreachable")
    network.post("/Messages.json", To=to, From=OURS, Body="Hello", StatusCallback=network.app.url + "/sms")
    (hit,) = network.app.wait_for("/sms", MessageStatus="undelivered")
    assert hit.params["ErrorCode"] == "30003"
    assert network.sim("GET", "/messages?to=14155557102").json() == []


def test_segments_count_as_the_network_counts_them(network: Network) -> None:
    for body, segments in (("a" * 160, "1"), ("a" * 161, "2"), ("€" * 81, "2"), ("я" * 70, "1"), ("я" * 71, "2")):
        assert network.post("/Messages.json", To="+14155557103", From=OURS, Body=body)["num_segments"] == segments


def test_an_inbound_message_is_answered_by_its_twiml(network: Network) -> None:
    number = network.get("/IncomingPhoneNumbers.json", PhoneNumber=OURS)["incoming_phone_numbers"][0]
    network.post(f"/IncomingPhoneNumbers/{number['sid']}.json", SmsUrl=network.app.url + "/sms-in")
    network.app.twiml["/sms-in"] = "<Message>Thanks for writing</Message>"
    response = network.sim(
        "POST", "/messages",
        {"from": "+14155557104", "to": OURS, "body": "Hi  there ", "media_urls": ["https://example.com/a.png"]},
    )  # fmt: skip
    assert response.status_code == 201
    (hit,) = network.app.wait_for("/sms-in")
    assert (hit.params["Body"], hit.params["NumMedia"]) == ("Hi  there ", "1")
    assert hit.params["MessageSid"] == response.json()["sid"]
    assert hit.params["MediaContentType0"] == "image/png"
    moved = network.http.get(hit.params["MediaUrl0"])
    assert (moved.status_code, moved.headers["location"]) == (307, "https://example.com/a.png")
    (reply,) = wait_until(
        lambda: network.sim("GET", "/messages?to=+14155557104".replace("+", "%2B")).json(), timeout=10
    )
    assert reply["body"] == "Thanks for writing"
    assert network.get(f"/Messages/{reply['sid']}.json")["direction"] == "outbound-reply"


def test_messages_are_listed_and_deleted(network: Network) -> None:
    to = "+14155557105"
    sid = network.post("/Messages.json", To=to, From=OURS, Body="Hello")["sid"]
    wait_until(lambda: network.get(f"/Messages/{sid}.json")["status"] == "delivered", timeout=10)
    assert [m["sid"] for m in network.get("/Messages.json", To=to)["messages"]] == [sid]
    assert network.get("/Messages.json", To=to, **{"DateSent<": "2001-01-01"})["messages"] == []
    assert network.post(f"/Messages/{sid}.json", Body="")["body"] == ""
    network.delete(f"/Messages/{sid}.json")
    assert network.get("/Messages.json", To=to)["messages"] == []
