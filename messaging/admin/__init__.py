"""Messages in the admin site: conversations to read and to answer in, and every message with what became of it."""

from messaging.admin import about, conversation, message, thread

__all__ = ["about", "conversation", "message", "thread"]
