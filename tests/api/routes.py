"""Every route under /api/v1, read from the URL resolver, so that no test over them can forget a new one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

PREFIX = "api/v1/"
_NAMED_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


NO_COLLECTIONS = {
    "agents/me",
    "business-hours/{hours_id}/status",
    "calls/{call_id}/recordings/{recording_id}/audio",
    "prompts/{prompt_id}/audio",
    "voicemails/{voicemail_id}/audio",
    "analytics/call-volume",
    "analytics/dispositions",
    "analytics/agent-performance",  # these two: whose rows have no id of their own
    "analytics/queue-reports",
    "transcripts/search",  # whose rows have no id of their own
    "transcripts/{transcript_id}/export",
    "compliance/settings",
    "billing/usage",
    "billing/limits",
    "compliance/jobs/{job_id}/file",
    "compliance/jobs/{job_id}/report",
    "contacts/jobs/{job_id}/report",
    "contacts/jobs/{job_id}/file",
    "webhook-callbacks/secret",
    "webhook-event-types",  # whose rows have no id
}
#: What a path wants to be asked.
QUERIES = {"transcripts/search": "?q=parcel"}


@dataclass(frozen=True, order=True)
class Route:
    path: str  # "members/{member_id}"
    method: str
    action: str

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def objects(self) -> list[str]:
        """What a path names, from the outside in: "calls/{call_id}", "calls/{call_id}/recordings/{recording_id}"."""
        return [self.path[: found.end()] for found in re.finditer(r"\{\w+\}", self.path)]

    @property
    def is_list(self) -> bool:
        """A collection ends in a word, an object in a parameter; the few words that are no collections stand above."""
        return self.method == "GET" and not self.path.endswith("}") and self.path not in NO_COLLECTIONS

    def url(self, ids: dict[str, Any]) -> str:
        """`ids` by what they name: {"calls/{call_id}": …}."""
        path = self.path
        for named in self.objects:
            path = path.replace(named[named.rindex("{") :], str(ids[named]), 1)
        return f"/{PREFIX}{path}{QUERIES.get(self.path, '')}"


def routes() -> list[Route]:
    return sorted(set(_walk(get_resolver().url_patterns, "")))


def _walk(patterns: list[Any], before: str) -> Iterator[Route]:
    for entry in patterns:
        path = before + _template(str(entry.pattern))
        if isinstance(entry, URLResolver):
            if path.startswith(PREFIX) or PREFIX.startswith(path):
                yield from _walk(entry.url_patterns, path)
        elif isinstance(entry, URLPattern) and path.startswith(PREFIX):
            for method, action in _methods(entry.callback).items():
                yield Route(path.removeprefix(PREFIX), method.upper(), action)


def _template(pattern: str) -> str:
    pattern = _CONVERTER.sub(r"{\1}", _NAMED_GROUP.sub(r"{\1}", pattern))
    return pattern.removeprefix("^").removesuffix("\\Z").removesuffix("$")


def _methods(callback: Any) -> dict[str, str]:
    """Method → action; for a plain view the method is the action. A view that is none of ours is an error."""
    if getattr(callback, "actions", None):
        return {method: action for method, action in callback.actions.items() if method != "head"}
    return {method: method for method in callback.cls.http_method_names if hasattr(callback.cls, method)}
