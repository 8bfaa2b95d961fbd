"""The one permission class: a view declares the scope it needs, the caller has it or not."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from zerovoice.api.errors import Forbidden, Unauthorized
from zerovoice.api.principal import caller


class HasScope(BasePermission):
    """Asks the view's `required_scope()`; a view without one is closed to everybody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.user is None:
            raise Unauthorized()
        scope = view.required_scope()
        if not caller(request).has(scope):
            raise Forbidden(f"This needs the scope {scope}")
        return True
