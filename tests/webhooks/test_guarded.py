"""Where no request goes, however the address is spelt."""

import socket
import time
from typing import Any

import pytest

from tests.webhooks.receiver import Receiver, Reply
from zerovoice.lib import guarded

FORBIDDEN = [
    # Loopback, this network, private, link-local (where clouds keep credentials), carrier-grade NAT.
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.0.192"),
    # Documentation, benchmarks, 6to4 relays, multicast, reserved, broadcast.
    *("192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250"),
    *("240.0.0.1", "255.255.255.255"),
    *("[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[fec0::1]", "[ff02::1]", "[ff0e::1]"),
    *("[2001:db8::1]", "[3fff::1]", "[5f00::1]", "[100::1]", "[2001::1]", "[2001:20::1]"),
    # IPv4 inside of IPv6: mapped, compatible, NAT64, 6to4, Teredo; private or public.
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:8.8.8.8]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]"),
    *("[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[2002:7f00:1::]"),
    *("[2002:808:808::1]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]"),
    # An IPv4 address that does not look like one.
    *("2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0x7f.0.0.1", "127.1", "127.0.1", "1.2.3", "08.8.8.8"),
    *("127.0.0.1.", "2852039166", "0xa9fea9fe", "8.8.8.8.", "256.1.1.1", "1.1.1.1.1", "foo.0x7f", "a.b.1"),
    *("１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1"),
    "[fe80::1%25eth0]",
    "[2606:4700::1111%25lo]",
]
MALFORMED = [
    "", "hooks", "ftp://example.com", "file:///etc/passwd", "gopher://example.com", "//example.com", "https://",
    "https:///path", "https://user@example.com", "https://user:secret@example.com", "https://example.com@127.0.0.1",
    "https://exa mple.com", "https://example.com/a b", "https://example.com\\@127.0.0.1", "https://example.com#frag",
    "https://example.com/\r\nX: y", "https://example.com/\x00", "https://a..b.com", "https://-a.com/", "javascript:1",
    "https://[::1", "https://example.com:99999", "https://example.com:-1", "https://example.com/" + "a" * 2048,
    "https://%31%32%37.0.0.1",
]  # fmt: skip


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []


@pytest.mark.parametrize("host", FORBIDDEN)
@pytest.mark.parametrize("form", ["https://{}/hook", "http://{}:8080/hook"])
def test_an_address_that_is_not_plainly_public_is_refused(host: str, form: str) -> None:
    with pytest.raises(guarded.Refused):
        guarded.check(form.format(host))
    with pytest.raises(guarded.Refused):
        guarded.post(form.format(host), headers={}, body=b"{}")


@pytest.mark.parametrize("url", MALFORMED)
def test_what_is_no_web_address_is_malformed(url: str) -> None:
    with pytest.raises(guarded.Refused) as refused:
        guarded.check(url)
    assert refused.value.malformed or "form that is not served" in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/a?b=c&d=%20", "https://8.8.8.8/hook", "https://[2606:4700:4700::1111]/",
        "https://example.com:8443/hook", "https://bücher.example/hook", "http://example.com", "https://1e100.net",
        "https://example.com./hook",
    ],
)  # fmt: skip
def test_the_public_internet_is_allowed(url: str) -> None:
    guarded.check(url)


@pytest.mark.parametrize("port", [1, 22, 25, 53, 110, 389, 445, 1023])
def test_ports_of_other_services_are_refused(port: int) -> None:
    with pytest.raises(guarded.Refused):
        guarded.check(f"https://example.com:{port}/")


def test_production_wants_https_and_knows_no_exceptions(settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    guarded.check("http://127.0.0.1:9000/")
    settings.PRODUCTION = True
    for url in ("http://example.com/", "https://127.0.0.1:9000/"):
        with pytest.raises(guarded.Refused):
            guarded.check(url)
    guarded.check("https://example.com/")


@pytest.mark.parametrize("name", ["localhost", "localhost.", "LOCALHOST", "ip6-localhost"])
def test_a_name_is_judged_by_its_addresses(name: str) -> None:
    with pytest.raises((guarded.Refused, guarded.Failed)):
        guarded.post(f"http://{name}:8080/hook", headers={}, body=b"{}", seconds=3)
    if name == "localhost":
        with pytest.raises(guarded.Refused):
            guarded.check("http://localhost:8080/", look_up=True)


class Names:
    """A name server whose answers change from one question to the next: what DNS rebinding is."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked, self._system = list(answers), 0, socket.getaddrinfo

    def __call__(self, host: str, port: int, *args: Any, **kwargs: Any) -> Any:
        if host[0].isdigit():
            return self._system(host, port, *args, **kwargs)  # an address, to connect to
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]


def test_a_name_that_changes_after_it_was_saved_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded.socket, "getaddrinfo", Names(["8.8.8.8"], ["169.254.169.254"]))
    guarded.check("https://rebind.example/", look_up=True)
    with pytest.raises(guarded.Refused):
        guarded.post("https://rebind.example/", headers={}, body=b"", seconds=2)


def test_one_bad_address_condemns_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded.socket, "getaddrinfo", Names(["8.8.8.8", "10.0.0.1"]))
    with pytest.raises(guarded.Refused):
        guarded.check("https://two.example/", look_up=True)


def test_a_name_is_looked_up_once_and_that_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch, settings: Any, receiver: Receiver
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    monkeypatch.setattr(guarded.socket, "getaddrinfo", names := Names(["127.0.0.1"], ["10.0.0.1"]))
    port = receiver.url.split(":")[2].split("/")[0]
    answer = guarded.post(f"http://rebind.example:{port}/x?y=1", headers={"X-A": "b"}, body=b"hello", seconds=3)
    assert (answer.status, names.asked) == (204, 1)
    (message,) = receiver.seen
    assert (message.path, message.body, message.headers["x-a"]) == ("/x?y=1", b"hello", "b")
    assert message.headers["host"] == f"rebind.example:{port}"


def test_a_redirect_is_an_answer_like_others(settings: Any, receiver: Receiver) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    receiver.script = lambda message: Reply(307, {"Location": f"{receiver.url}/elsewhere"})
    assert guarded.post(receiver.url, headers={}, body=b"").status == 307
    assert len(receiver.seen) == 1


@pytest.mark.parametrize("reply", [Reply(after=3), Reply(drip=3)], ids=["silent", "a byte now and then"])
def test_time_is_limited_as_a_whole(settings: Any, receiver: Receiver, reply: Reply) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    receiver.script = lambda message: reply
    began = time.monotonic()
    with pytest.raises(guarded.Failed, match="in time"):
        guarded.post(receiver.url, headers={}, body=b"", seconds=0.5)
    assert time.monotonic() - began < 2.5  # without the limit: the reply's three seconds


def test_of_an_endless_answer_only_the_beginning_is_read(settings: Any, receiver: Receiver) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    receiver.script = lambda message: Reply(200, size=200_000_000)
    assert guarded.post(receiver.url, headers={}, body=b"").status == 200
    assert receiver.body_sent < 20_000_000


@pytest.mark.parametrize("reply", [Reply(reset=True)])
def test_a_broken_connection_is_a_failure(settings: Any, receiver: Receiver, reply: Reply) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    receiver.script = lambda message: reply
    with pytest.raises(guarded.Failed):
        guarded.post(receiver.url, headers={}, body=b"")
    receiver.script = lambda message: Reply(503, {"Retry-After": "17"})
    assert guarded.post(receiver.url, headers={}, body=b"").retry_after == 17
