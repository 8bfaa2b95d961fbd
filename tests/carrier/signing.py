"""Signs as the carrier does, written from its documentation and not with its SDK, which the product uses to check.

https://www.twilio.com/docs/usage/webhooks/webhooks-security: the URL as called, then every POST parameter sorted by
name (and value), name and value joined without delimiters; HMAC-SHA1 with the auth token; base64.
"""

import base64
import hashlib
import hmac
from urllib.parse import urlencode


def signature(url: str, form: list[tuple[str, str]], token: str) -> str:
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def post(client, path: str, form, *, token: str, public_url: str, signed_path: str = "", **headers: str):
    """POST `form` (a dict or pairs) to `path`, signed for `public_url` + `signed_path`."""
    pairs = list(form.items()) if isinstance(form, dict) else form
    signed = signature(public_url + (signed_path or path), pairs, token)
    return client.generic(
        "POST",
        path,
        urlencode(pairs),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signed, **headers},
    )
