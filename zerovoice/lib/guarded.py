"""Requests to addresses that users gave us: the one place from which they leave.

A host's name is looked up once, here, every address it has is judged, and the connection goes to an address that was
judged: there is no second look-up that could say something else. Redirects are answers like others, nobody follows
them. Time is limited as a whole and not for each step, so that a server which sends a byte now and then does not hold
us; of an answer only the beginning is read.

The rules are those for the public internet: whatever is not plainly a public address of one machine is refused, and so
is whatever could be read as another address than it looks like (decimal and octal forms, IPv4 inside of IPv6).
`WEBHOOK_ALLOWED_NETWORKS` makes exceptions in development and tests, never in production.
"""

from __future__ import annotations

import functools
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx
from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MOST_BYTES = 16_384
MOST_URL = 2048
#: So many of a name's addresses are tried, one after the other, within the time there is.
_MOST_TRIED = 3
#: What reaches the public internet, and yet must not be reached: `is_global` has changed from one Python to the next.
_NEVER = [
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/8",  # unspecified, loopback, IPv4-compatible, IPv4-mapped
        "64:ff9b::/96", "64:ff9b:1::/48",  # NAT64: an IPv4 address behind it
        "100::/64", "2001::/23",  # Teredo and other protocols' own
        "2001:db8::/32", "2002::/16",  # documentation, 6to4
        "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
_NUMERIC = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)\Z")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?\.?")


class Refused(Exception):
    """We do not send anything there. `malformed`: it is no web address at all."""

    def __init__(self, message: str, *, malformed: bool = False) -> None:
        super().__init__(message)
        self.malformed = malformed


class Failed(Exception):
    """No answer came. The message is for the address's owner: it names nothing of our network."""


@dataclass(frozen=True)
class Answer:
    status: int
    retry_after: int | None = None  # seconds, where it says so in whole ones


@dataclass(frozen=True)
class _Target:
    scheme: bytes
    host: str  # ASCII; an IPv6 address without brackets
    port: int
    path: bytes
    authority: str  # for the Host header


def check(url: str, *, look_up: bool = False) -> None:
    """Raises Refused for a URL that nothing would be sent to. `look_up`: its name's addresses are judged, too.

    A name that does not exist (yet) passes: each attempt judges it again.
    """
    target = _parse(url)
    if look_up:
        try:
            _addresses(target.host, target.port, time.monotonic() + 3)
        except Failed:
            return


def post(
    url: str, *, headers: Mapping[str, str], body: bytes, seconds: float = 15.0, most_bytes: int = MOST_BYTES
) -> Answer:
    """POST, and what it is answered, whatever the status. Raises Refused, and Failed when nothing came in `seconds`."""
    target = _parse(url)
    deadline = time.monotonic() + seconds
    fields = [("Host", target.authority), ("Content-Length", str(len(body))), ("Connection", "close"), *headers.items()]
    request = httpcore.Request(
        "POST",
        httpcore.URL(scheme=target.scheme, host=target.host.encode(), port=target.port, target=target.path),
        headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in fields],
        content=body,
        extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), seconds)},
    )
    pool = httpcore.ConnectionPool(
        ssl_context=_tls(), network_backend=_Network(deadline), max_connections=1, max_keepalive_connections=0
    )
    try:
        with pool:
            return _read(pool.handle_request(request), most_bytes)
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise Failed("No answer in time") from error
    except httpcore.ConnectError as error:
        raise Failed(_connect_words(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise Failed("The connection was closed before an answer came") from error


def _read(response: httpcore.Response, most_bytes: int) -> Answer:
    """The status; the body is read to its end, so that the server sees it taken, but no further than that."""
    try:
        size = 0
        for piece in response.iter_stream():
            size += len(piece)
            if size >= most_bytes:
                break
    finally:
        response.close()
    named = {name.lower(): value for name, value in response.headers}
    after = named.get(b"retry-after", b"")
    return Answer(response.status, int(after) if after.isdigit() and len(after) < 9 else None)


def _connect_words(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "Its certificate is not valid for this host"
    return "TLS could not be agreed on" if isinstance(cause, ssl.SSLError) else "The connection was refused"


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


# --- what may be asked for ---


def _parse(url: str) -> _Target:
    """The URL as one reading of it, from which the request is made as well. Raises Refused."""
    if len(url) > MOST_URL or not url.isprintable() or any(c.isspace() or c in "\\#" for c in url):
        raise Refused("Must be an http or https URL without blanks, backslashes and fragment", malformed=True)
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise Refused("Must be an http or https URL", malformed=True) from error
    host = parsed.raw_host.decode("ascii").lower()
    if parsed.scheme not in ("http", "https") or not host:
        raise Refused("Must be an http or https URL", malformed=True)
    if parsed.userinfo:
        raise Refused("Must not hold a user name or a password", malformed=True)
    if parsed.scheme == "http" and settings.PRODUCTION:
        raise Refused("Must be an https URL")
    port = {"http": 80, "https": 443}[parsed.scheme] if parsed.port is None else parsed.port
    if not 0 < port < 65_536:
        raise Refused("There is no such port", malformed=True)
    if port not in (80, 443) and port < 1024:
        raise Refused("Ports below 1024 are not served, but for 80 and 443")
    literal = _literal(host)
    if literal is not None:
        _judge(literal)
    authority = parsed.netloc.decode("ascii")
    return _Target(parsed.raw_scheme, host, port, parsed.raw_path, authority)


def _literal(host: str) -> Address | None:
    """The address that a host is, None where it is a name. Raises Refused for an address in disguise."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host)  # a zone id is refused by _judge's networks or is no public address
        except ValueError as error:
            raise Refused("The host is no IPv6 address", malformed=True) from error
    if not _HOST.fullmatch(host) or ".." in host:
        raise Refused("The host is no name and no address", malformed=True)
    if not _NUMERIC.fullmatch(host.rstrip(".").rsplit(".", 1)[-1]):
        return None
    try:  # what ends in a number is read as an IPv4 address by somebody: then only as one in its plain form
        return ipaddress.IPv4Address(host)
    except ValueError as error:
        raise Refused("The host is an address in a form that is not served") from error


def _judge(address: Address) -> None:
    """Raises Refused."""
    if _is_exception(address):
        return
    scoped = isinstance(address, ipaddress.IPv6Address) and address.scope_id
    if scoped or not address.is_global or address.is_multicast or any(address in network for network in _NEVER):
        raise Refused("The address is not on the public internet")


def _is_exception(address: Address) -> bool:
    return not settings.PRODUCTION and any(address in network for network in _exceptions())


def _exceptions() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [ipaddress.ip_network(text) for text in settings.WEBHOOK_ALLOWED_NETWORKS]


def _addresses(host: str, port: int, deadline: float) -> list[str]:
    """Where to connect to. One address that must not be reached condemns the name. Raises Refused, Failed."""
    literal = _literal(host)
    found = [str(literal)] if literal is not None else _resolve(host, port, deadline)
    for text in found:
        _judge(ipaddress.ip_address(text))
    return found


def _resolve(host: str, port: int, deadline: float) -> list[str]:
    """In a thread of its own, for the system's resolver knows no deadline. Raises Failed."""
    told: queue.Queue[Any] = queue.Queue(1)

    def ask() -> None:
        try:
            told.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            told.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = told.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        raise Failed("The host's name was not looked up in time") from None
    if isinstance(answer, Exception):
        raise Failed("The host's name is not known") from answer
    return list(dict.fromkeys(str(row[4][0]) for row in answer))


# --- the way there ---


class _Network(httpcore.NetworkBackend):
    """Connects to what was judged, and to nothing else."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        problem: Exception = Failed("The host's name is not known")
        for address in _addresses(host, port, self._deadline)[:_MOST_TRIED]:
            try:
                stream = self._sockets.connect_tcp(address, port, _left(self._deadline), None, socket_options)
                return _Stream(stream, self._deadline)
            except httpcore.ConnectError as error:
                problem = error
        raise problem

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise Refused("Not a web address")


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends with the whole request's time."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Stream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    """Seconds. Raises httpcore's time-out when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the time is up")
    return seconds
