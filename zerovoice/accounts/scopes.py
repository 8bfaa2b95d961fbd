"""Scopes, and roles as named sets of them. One mechanism for users and keys alike."""

AREAS = (
    "calls",
    "messaging",
    "contacts",
    "numbers",
    "transcripts",
    "voicemails",
    "compliance",
    "analytics",
    "settings",
    "billing",
    "keys",
)
ALL = frozenset(f"{area}:{verb}" for area in AREAS for verb in ("read", "write"))

OWNER, ADMIN, SUPERVISOR, AGENT, VIEWER = "owner", "admin", "supervisor", "agent", "viewer"
ROLES = (OWNER, ADMIN, SUPERVISOR, AGENT, VIEWER)


def _read(*areas: str) -> frozenset[str]:
    return frozenset(f"{area}:read" for area in areas)


def _write(*areas: str) -> frozenset[str]:
    return frozenset(f"{area}:write" for area in areas)


_FLOOR = ("calls", "messaging", "contacts", "voicemails")  # what people on the floor work with

SCOPES_OF_ROLE: dict[str, frozenset[str]] = {
    OWNER: ALL,
    ADMIN: ALL - _write("billing"),
    SUPERVISOR: _read(*_FLOOR, "numbers", "transcripts", "compliance", "analytics", "settings")
    | _write(*_FLOOR, "transcripts"),
    AGENT: _read(*_FLOOR, "numbers", "transcripts") | _write(*_FLOOR),
    VIEWER: _read(*_FLOOR, "numbers", "transcripts", "compliance", "analytics"),
}
