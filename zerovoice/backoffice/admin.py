"""What registers itself with the site and stands on its frame."""

from zerovoice.accounts import audit_admin, keys_admin, people_admin
from zerovoice.backoffice import operations_admin

__all__ = ["audit_admin", "keys_admin", "operations_admin", "people_admin"]
