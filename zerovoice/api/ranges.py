"""Files over HTTP with byte ranges (RFC 9110 §14), so that a player can seek."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.core.files import File
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

_RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")
_CHUNK = 65_536

#: For the API description of an address that answers with `ranged_response`.
RANGE = OpenApiParameter(
    "Range",
    str,
    OpenApiParameter.HEADER,
    description="One range of bytes (RFC 9110), so that a player can seek",
    examples=[OpenApiExample("The first kilobyte", "bytes=0-1023")],
)


def ranged_responses(*content_types: str) -> dict[Any, OpenApiResponse]:
    """What is answered there, for the API description."""
    answers = {
        200: "The whole file.",
        206: "The range that was asked for; `Content-Range` says which it is.",
    }
    described: dict[Any, OpenApiResponse] = {
        (status, content_type): OpenApiResponse(OpenApiTypes.BINARY, description=text)
        for status, text in answers.items()
        for content_type in content_types
    }
    outside = OpenApiResponse(description="The range lies outside; `Content-Range` says how long the file is.")
    return described | {416: outside}


def ranged_response(
    request: HttpRequest, file: File[bytes], *, size: int, content_type: str, filename: str
) -> HttpResponseBase:
    """The file, or the one range of it that was asked for: 200, 206 or 416.

    Several ranges at once, and units other than bytes, are answered with the whole file, as the RFC allows.
    """
    wanted = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    first, last = 0, size - 1
    if wanted and (wanted[1] or wanted[2]):
        if wanted[1]:
            first, last = int(wanted[1]), min(int(wanted[2] or size), size - 1)
            if wanted[2] and int(wanted[2]) < first:
                wanted = None  # an invalid range is ignored
                first, last = 0, size - 1
        else:
            first = max(0, size - int(wanted[2]))
        if first > last:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"})
    else:
        wanted = None
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(last - first + 1),
        "Content-Disposition": f'inline; filename="{filename}"',
        "Cache-Control": "private, max-age=0",
    }
    if wanted:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return StreamingHttpResponse(
        _read(file, first, last - first + 1), status=206 if wanted else 200, content_type=content_type, headers=headers
    )


def _read(file: File[bytes], start: int, length: int) -> Iterator[bytes]:
    with file.open("rb") as source:
        source.seek(start)
        while length > 0 and (chunk := source.read(min(_CHUNK, length))):
            length -= len(chunk)
            yield chunk
