"""Requests from the network to the application: signed, with Twilio's connection overrides.

A URL may carry `#rc=2&rt=4000&tt=14000&rp=5xx,ct,rt` (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
The fragment is neither sent nor signed. Its times are machine milliseconds: an application answers no faster because
the network's clock runs fast.
"""

import asyncio
import base64
import hashlib
import hmac
import time
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import aiohttp

# name: (lowest, highest, default); milliseconds but for rc, the number of retries.
_OVERRIDES = {"ct": (100, 10_000, 5_000), "rt": (100, 15_000, 15_000), "tt": (100, 15_000, 15_000), "rc": (0, 5, 1)}
_POLICIES = {"4xx", "5xx", "ct", "rt", "all"}
_BETWEEN_TRIES = 0.05  # machine seconds


@dataclass(frozen=True)
class Answer:
    """What the application answered; `status` 0 when nothing came, and then `error` is Twilio's code for it."""

    status: int
    content_type: str = ""
    body: bytes = b""
    error: int = 0


def signature(token: str, url: str, params: dict[str, str]) -> str:
    """X-Twilio-Signature: base64(HMAC-SHA1(auth token, URL + each form field's name and value, sorted by name)).

    Source: https://www.twilio.com/docs/usage/security#validating-requests
    """
    text = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def split_overrides(url: str) -> tuple[str, dict[str, int], frozenset[str]]:
    """(URL as sent and signed, limits, what is retried)."""
    parts = urlsplit(url)
    given = dict(parse_qsl(parts.fragment))
    limits = {}
    for name, (low, high, default) in _OVERRIDES.items():
        text = given.get(name, "")
        limits[name] = min(high, max(low, int(text))) if text.isdigit() else default
    policy = frozenset(given.get("rp", "ct").split(",")) & _POLICIES
    return urlunsplit(parts._replace(fragment="")), limits, policy or frozenset({"ct"})


def is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in text)


def absolute(url: str, base: str) -> str:
    """A URL of a TwiML document, relative ones against where the document came from."""
    return urljoin(split_overrides(base)[0], url) if base else url


class Outgoing:
    """One keep-alive HTTP client for every request that the network makes."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=30),
            headers={"User-Agent": "TwilioProxy/1.1 (simulator)", "Accept": "*/*"},
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, url: str, method: str, params: dict[str, str], token: str, *, key: str = "") -> Answer:
        """One request with its retries. `key` is the I-Twilio-Idempotency-Token, constant over them."""
        target, limits, policy = split_overrides(url)
        if method == "GET":
            target += ("&" if urlsplit(target).query else "?") + urlencode(params)
        signed = {} if method == "GET" else params
        headers = {
            "X-Twilio-Signature": signature(token, target, signed),
            "I-Twilio-Idempotency-Token": key or str(uuid.uuid4()),
        }
        deadline = time.monotonic() + limits["tt"] / 1000
        answer = Answer(0, error=11205)
        for attempt in range(limits["rc"] + 1):
            if attempt:
                await asyncio.sleep(_BETWEEN_TRIES)
            left = deadline - time.monotonic()
            if left <= 0:
                break
            answer, failure = await self._try(target, method, signed, headers, limits, left)
            if not failure or not ({failure, "all"} & policy):
                break
        return answer

    async def _try(
        self, url: str, method: str, form: dict[str, str], headers: dict[str, str], limits: dict[str, int], left: float
    ) -> tuple[Answer, str]:
        assert self._session is not None
        timeout = aiohttp.ClientTimeout(
            total=left, sock_connect=min(left, limits["ct"] / 1000), sock_read=min(left, limits["rt"] / 1000)
        )
        try:
            async with self._session.request(
                method, url, data=form if method == "POST" else None, headers=headers, timeout=timeout
            ) as response:
                body = await response.read()
                answer = Answer(response.status, response.content_type, body)
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
            return Answer(0, error=11205), "ct"
        except (TimeoutError, aiohttp.ClientError, OSError):
            return Answer(0, error=11205), "rt"
        if answer.status >= 500:
            return answer, "5xx"
        return answer, "4xx" if answer.status >= 400 else ""
