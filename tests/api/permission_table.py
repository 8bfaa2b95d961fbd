"""Who may do what: every route, the scope it needs, and what a caller with just that scope is answered.

The requests have an empty body (`{}`) and name an object that exists; the status says how far they get.
A new route without a line here fails `test_permissions`. `GOOD` has a body for each route that wants one, and how it is
answered when the carrier does its part.
"""

from typing import Any

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
    ("GET", "contacts"): ("contacts:read", 200),
    ("POST", "contacts"): ("contacts:write", 400),
    ("POST", "contacts/import"): ("contacts:write", 400),
    ("POST", "contacts/export"): ("contacts:read", 202),
    ("GET", "contacts/jobs"): ("contacts:read", 200),
    ("GET", "contacts/jobs/{job_id}"): ("contacts:read", 200),
    ("GET", "contacts/jobs/{job_id}/report"): ("contacts:read", 200),
    ("GET", "contacts/jobs/{job_id}/file"): ("contacts:read", 200),
    ("GET", "contacts/{contact_id}"): ("contacts:read", 200),
    ("PATCH", "contacts/{contact_id}"): ("contacts:write", 400),
    ("DELETE", "contacts/{contact_id}"): ("contacts:write", 204),
    ("GET", "contacts/{contact_id}/calls"): ("calls:read", 200),
    ("GET", "numbers"): ("numbers:read", 200),
    ("POST", "sms/send"): ("messaging:write", 400),
    ("GET", "sms"): ("messaging:read", 200),
    ("GET", "sms/{message_id}"): ("messaging:read", 200),
    ("GET", "sms/{message_id}/media/{media_id}"): ("messaging:read", 200),
    ("GET", "sms/conversations"): ("messaging:read", 200),
    ("GET", "sms/conversations/{conversation_id}"): ("messaging:read", 200),
    ("GET", "sms/conversations/{conversation_id}/messages"): ("messaging:read", 200),
    ("POST", "numbers/search"): ("numbers:read", 400),
    ("POST", "numbers/purchase"): ("numbers:write", 400),
    ("POST", "numbers/adopt"): ("numbers:write", 400),
    ("GET", "numbers/drift"): ("numbers:read", 200),
    ("GET", "numbers/{number_id}"): ("numbers:read", 200),
    ("PUT", "numbers/{number_id}/config"): ("numbers:write", 400),
    ("POST", "numbers/{number_id}/repair"): ("numbers:write", 202),
    ("DELETE", "numbers/{number_id}"): ("numbers:write", 204),
    ("GET", "compliance/dnc"): ("compliance:read", 200),
    ("POST", "compliance/dnc"): ("compliance:write", 400),
    ("DELETE", "compliance/dnc/{entry_id}"): ("compliance:write", 204),
    ("POST", "compliance/dnc/import"): ("compliance:write", 400),
    ("POST", "compliance/dnc/export"): ("compliance:read", 202),
    ("GET", "compliance/jobs"): ("compliance:read", 200),
    ("GET", "compliance/jobs/{job_id}"): ("compliance:read", 200),
    ("GET", "compliance/jobs/{job_id}/report"): ("compliance:read", 200),
    ("GET", "compliance/jobs/{job_id}/file"): ("compliance:read", 200),
    ("GET", "compliance/decisions"): ("compliance:read", 200),
    ("POST", "compliance/check"): ("compliance:read", 400),
    ("GET", "compliance/settings"): ("compliance:read", 200),
    ("PATCH", "compliance/settings"): ("compliance:write", 400),
    ("POST", "calls/outbound"): ("calls:write", 400),
    ("GET", "calls/live"): ("calls:read", 200),
    ("GET", "calls/logs"): ("calls:read", 200),
    ("GET", "calls/{call_id}"): ("calls:read", 200),
    ("PATCH", "calls/{call_id}"): ("calls:write", 400),
    ("POST", "calls/{call_id}/transfer"): ("calls:write", 400),
    ("POST", "calls/{call_id}/hangup"): ("calls:write", 422),  # it is over
    ("GET", "calls/{call_id}/recordings"): ("calls:read", 200),
    ("GET", "calls/{call_id}/recordings/{recording_id}/audio"): ("calls:read", 200),
    ("GET", "calls/{call_id}/notes"): ("calls:read", 200),
    ("POST", "calls/{call_id}/notes"): ("calls:write", 400),
    ("GET", "queues"): ("calls:read", 200),
    ("POST", "queues"): ("settings:write", 400),
    ("GET", "queues/{queue_id}"): ("calls:read", 200),
    ("PATCH", "queues/{queue_id}"): ("settings:write", 400),
    ("DELETE", "queues/{queue_id}"): ("settings:write", 204),
    ("GET", "agents"): ("calls:read", 200),
    ("POST", "agents"): ("settings:write", 400),
    ("GET", "agents/me"): ("calls:read", 403),  # a key is no agent
    ("PUT", "agents/me/presence"): ("calls:write", 403),
    ("GET", "agents/{agent_id}"): ("calls:read", 200),
    ("PATCH", "agents/{agent_id}"): ("settings:write", 400),
    ("DELETE", "agents/{agent_id}"): ("settings:write", 204),
    ("PUT", "agents/{agent_id}/presence"): ("calls:write", 400),
}

# (method, path): (body, status)
GOOD: dict[tuple[str, str], tuple[dict[str, Any], int]] = {
    ("POST", "api-keys"): ({"name": "CRM", "scopes": ["keys:write"]}, 201),
    ("PATCH", "api-keys/{api_key_id}"): ({"name": "ERP"}, 200),
    ("POST", "contacts"): ({"name": "Maria Lopez", "phone": "+14155550142"}, 201),
    ("PATCH", "contacts/{contact_id}"): ({"company": "Lopez Bakery"}, 200),
    ("POST", "numbers/search"): ({"country": "US", "number_type": "local"}, 200),
    ("POST", "numbers/adopt"): ({"phone_number": "+16285550100"}, 422),  # it is yours already, or not yours to take
    ("PUT", "numbers/{number_id}/config"): ({"routing": {"type": "hangup"}}, 200),
    ("POST", "numbers/purchase"): ({"phone_number": "+16285550199"}, 201),
    ("POST", "calls/outbound"): ({"from_number": "+16285550100", "to_number": "+14155550142"}, 201),
    ("POST", "sms/send"): ({"from_number": "+16285550100", "to_number": "+14155550142", "body": "Hello"}, 201),
    ("POST", "compliance/dnc"): ({"phone": "+14155550142"}, 201),
    ("POST", "compliance/check"): ({"numbers": ["+14155550142"], "channel": "voice"}, 200),
    ("PATCH", "compliance/settings"): ({"quiet_hours": True}, 200),
    ("PATCH", "calls/{call_id}"): ({"disposition": "sold"}, 200),
    ("POST", "calls/{call_id}/notes"): ({"text": "Call back on Monday"}, 201),
    ("POST", "calls/{call_id}/transfer"): ({"target_number": "+14155550143", "transfer_type": "cold"}, 200),
    ("POST", "calls/{call_id}/hangup"): ({}, 200),
    ("POST", "queues"): ({"name": "Support"}, 201),
    ("PATCH", "queues/{queue_id}"): ({"wrap_up_seconds": 5}, 200),
    ("POST", "agents"): ({"name": "Bob", "endpoint": "+14155550144"}, 201),
    ("PATCH", "agents/{agent_id}"): ({"name": "Bob"}, 200),
    ("PUT", "agents/{agent_id}/presence"): ({"state": "available"}, 200),
}
#: Those that want a call that lasts.
OF_LIVE_CALLS = {"calls/{call_id}/transfer", "calls/{call_id}/hangup"}
