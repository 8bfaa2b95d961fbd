"""Who may do what: every route, the scope it needs, and what a caller with just that scope is answered.

The requests have an empty body (`{}`) and name an object that exists; the status says how far they get.
A new route without a line here fails `test_permissions`.
"""

PUBLIC = ""

# (method, path): (scope, status)
TABLE: dict[tuple[str, str], tuple[str, int]] = {
    ("POST", "auth/token"): (PUBLIC, 400),
    ("POST", "auth/token/refresh"): (PUBLIC, 400),
    ("POST", "auth/logout"): (PUBLIC, 400),
    ("GET", "api-keys"): ("keys:read", 200),
    ("POST", "api-keys"): ("keys:write", 400),
    ("GET", "api-keys/{api_key_id}"): ("keys:read", 200),
    ("PATCH", "api-keys/{api_key_id}"): ("keys:write", 400),
    ("DELETE", "api-keys/{api_key_id}"): ("keys:write", 204),
    ("GET", "members"): ("settings:read", 200),
    ("POST", "members"): ("settings:write", 400),
    ("GET", "members/{member_id}"): ("settings:read", 200),
    ("PATCH", "members/{member_id}"): ("settings:write", 400),
    # Permitted to ask, but nobody manages a role that may do more than they may.
    ("DELETE", "members/{member_id}"): ("settings:write", 403),
    ("GET", "numbers"): ("numbers:read", 200),
    ("POST", "calls/outbound"): ("calls:write", 400),
    ("GET", "calls/live"): ("calls:read", 200),
    ("GET", "calls/logs"): ("calls:read", 200),
    ("GET", "calls/{pk}"): ("calls:read", 200),
    ("PATCH", "calls/{pk}"): ("calls:write", 400),
    ("POST", "calls/{pk}/transfer"): ("calls:write", 400),
    ("POST", "calls/{pk}/hangup"): ("calls:write", 422),  # it is over
    ("GET", "calls/{pk}/recordings"): ("calls:read", 200),
    ("GET", "calls/{pk}/recordings/{recording_id}/audio"): ("calls:read", 200),
    ("GET", "calls/{pk}/notes"): ("calls:read", 200),
    ("POST", "calls/{pk}/notes"): ("calls:write", 400),
    ("GET", "queues"): ("calls:read", 200),
    ("POST", "queues"): ("settings:write", 400),
    ("GET", "queues/{pk}"): ("calls:read", 200),
    ("PATCH", "queues/{pk}"): ("settings:write", 400),
    ("DELETE", "queues/{pk}"): ("settings:write", 204),
    ("GET", "agents"): ("calls:read", 200),
    ("POST", "agents"): ("settings:write", 400),
    ("GET", "agents/me"): ("calls:read", 403),  # a key is no agent
    ("PUT", "agents/me/presence"): ("calls:write", 403),
    ("GET", "agents/{pk}"): ("calls:read", 200),
    ("PATCH", "agents/{pk}"): ("settings:write", 400),
    ("DELETE", "agents/{pk}"): ("settings:write", 204),
    ("PUT", "agents/{pk}/presence"): ("calls:write", 400),
}
