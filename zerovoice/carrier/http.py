"""How requests leave for the carrier: the Twilio SDK's HTTP client with our limits, our retries and our errors.

Everything that can go wrong below the SDK becomes one of our errors here, because only here is it known how far a
request got: refused before it was sent, sent and not answered, or answered.
"""

import random
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson
import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response

from zerovoice.carrier.breaker import Breaker
from zerovoice.carrier.errors import Ambiguous, CallNotInProgress, CarrierError, Refused, Unavailable, describe

_READS = frozenset({"GET", "HEAD"})
_POOL_SIZE = 64  # connections kept to one host; more threads than that open connections of their own

# 429 was never processed, so it is safe to repeat; https://www.twilio.com/docs/api/errors/20429 asks for back-off.
_RATE_LIMIT_ATTEMPTS = 4
_RATE_LIMIT_BUDGET_SECONDS = 5.0
_RATE_LIMIT_BASE_SECONDS = 0.25

_NOT_IN_PROGRESS = 21220
_RATE_LIMITED = 20429

# The request never left: nothing was processed. (A time-out while connecting, a refused connection, an unknown host,
# a proxy that did not open the tunnel, a certificate that is not the carrier's.)
_NEVER_SENT = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.NameResolutionError,
    ssl.SSLCertVerificationError,
)


class GatewayHttpClient(TwilioHttpClient):
    """The SDK's client behind a breaker.

    Raises Unavailable, Ambiguous or Refused; a response that it returns has a status below 400.
    """

    def __init__(self, *, breaker: Breaker, base_url: str, connect_timeout: float, read_timeout: float) -> None:
        super().__init__()
        self._breaker = breaker
        self._base = urlsplit(base_url) if base_url else None
        self._timeouts = (connect_timeout, read_timeout)
        self.timeout: Any = self._timeouts
        self.session = requests.Session()
        adapter = HTTPAdapter(pool_connections=8, pool_maxsize=_POOL_SIZE, max_retries=0)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def request(
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Called by the SDK with Twilio's own URL."""
        target = self.redirected(url)

        def send() -> Response:
            # Without a value of its own the SDK hands `self.timeout` on to requests, which takes (connect, read).
            return super(GatewayHttpClient, self).request(
                method, target, params, data, headers, auth, timeout, allow_redirects
            )

        reads = method.upper() in _READS
        response = self._patiently(lambda: self._guarded(send, reads=reads))
        if response.status_code >= 400:
            raise refusal(response.status_code, response.text)
        if response.status_code >= 300 or (response.text and not response.text.lstrip().startswith("{")):
            raise _unclear(reads, f"no answer of the carrier's: status {response.status_code}")  # something in between
        return response

    def check(self) -> None:
        """Raises Unavailable while the breaker is open; sends nothing."""
        self._breaker.check()

    def stream(self, url: str, *, auth: tuple[str, str], chunk: int) -> Iterator[bytes]:
        """The body of a GET, in pieces of at most `chunk` bytes; every piece counts as an answer in time."""
        target = self.redirected(url)

        def send() -> requests.Response:
            return self.session.get(target, auth=auth, timeout=self._timeouts, stream=True, allow_redirects=False)

        with closing(self._patiently(lambda: self._guarded(send, reads=True))) as response:
            if response.is_redirect:
                yield from self._elsewhere(response.headers["Location"], chunk)
                return
            if response.status_code >= 400:
                raise refusal(response.status_code, response.text)
            yield from _pieces(response, chunk)

    def _elsewhere(self, url: str, chunk: int) -> Iterator[bytes]:
        """Where the carrier says that it keeps the file: without our credentials, and what goes wrong there says
        nothing about the carrier, so its breaker does not hear of it."""
        try:
            response = self.session.get(url, timeout=self._timeouts, stream=True, allow_redirects=False)
        except requests.RequestException as error:
            raise Unavailable(f"no answer from where the file is kept: {type(error).__name__}") from error
        with closing(response):
            if response.status_code != 200:
                raise Unavailable(f"where the file is kept the answer was {response.status_code}")
            yield from _pieces(response, chunk)

    def redirected(self, url: str) -> str:
        """`url` on the host that the settings put in place of Twilio's, path and query kept."""
        if self._base is None:
            return url
        parts = urlsplit(url)
        path = self._base.path.rstrip("/") + parts.path
        return urlunsplit((self._base.scheme, self._base.netloc, path, parts.query, ""))

    def _guarded(self, send: Callable[[], Any], *, reads: bool) -> Any:
        """One attempt: ask the breaker, send, tell the breaker."""
        permit = self._breaker.admit()
        try:
            response = send()
        except requests.RequestException as error:
            self._breaker.failed(permit)
            raise _transport_error(error, reads=reads) from error
        except BaseException:  # interrupted, or a bug: it says nothing about the carrier
            self._breaker.abandoned(permit)
            raise
        if response.status_code >= 500:
            self._breaker.failed(permit)
            raise _unclear(reads, f"the carrier answered {response.status_code}")
        self._breaker.succeeded(permit)
        return response

    @staticmethod
    def _patiently(attempt: Callable[[], Any]) -> Any:
        """Repeats what the carrier had no time for, with jittered back-off, as long as the budget lasts."""
        until = time.monotonic() + _RATE_LIMIT_BUDGET_SECONDS
        for number in range(_RATE_LIMIT_ATTEMPTS):
            response = attempt()
            if not _is_rate_limited(response):
                return response
            asked = _seconds(response.headers.get("Retry-After"))
            pause = max(asked, _RATE_LIMIT_BASE_SECONDS * 2**number) * random.uniform(0.75, 1.25)  # noqa: S311
            if number + 1 == _RATE_LIMIT_ATTEMPTS or time.monotonic() + pause > until:
                break
            time.sleep(pause)
        raise Unavailable("The carrier takes no more requests right now", retry_after=max(1, round(asked)))


def _pieces(response: requests.Response, chunk: int) -> Iterator[bytes]:
    try:
        yield from response.iter_content(chunk)
    except requests.RequestException as error:
        raise Unavailable(f"the download broke off: {type(error).__name__}") from error


def refusal(status: int, text: str) -> CarrierError:
    """The error that an answer of the 400s stands for."""
    code, message = _code_and_message(status, text)
    if status == 404 and code == 404:
        code = 20404
    if status == 401 and code == 401:
        code = 20003
    if not describe(code).permanent:
        return Unavailable(f"{code}: {message}", retry_after=5)
    kind = CallNotInProgress if code == _NOT_IN_PROGRESS else Refused
    return kind(code, message, http_status=status)


def _code_and_message(status: int, text: str) -> tuple[int, str]:
    """The carrier's own error code and words; the HTTP status where the body is not the carrier's."""
    try:
        body = orjson.loads(text)
        return int(body.get("code") or status), str(body.get("message") or body.get("title") or "")
    except (orjson.JSONDecodeError, AttributeError, TypeError, ValueError):
        return status, text[:200]


def _is_rate_limited(response: Any) -> bool:
    if response.status_code < 400:
        return False
    return response.status_code == 429 or _code_and_message(response.status_code, response.text)[0] == _RATE_LIMITED


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdigit() else 0.0


def _unclear(reads: bool, message: str) -> CarrierError:
    """Reading changes nothing, so a failed read was certainly not processed."""
    return Unavailable(message) if reads else Ambiguous(message)


def _transport_error(error: requests.RequestException, *, reads: bool) -> CarrierError:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError) or _never_sent(error):
        return Unavailable(f"no connection to the carrier: {type(error).__name__}")
    return _unclear(reads, f"no answer from the carrier: {type(error).__name__}")


def _never_sent(error: BaseException | None) -> bool:
    """Whether somewhere down the chain of causes stands an error that comes before anything is sent."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, _NEVER_SENT):
            return True
        inner = next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        error = getattr(error, "reason", None) or inner or error.__cause__
        error = error if isinstance(error, BaseException) else None
        seen += 1
    return False
