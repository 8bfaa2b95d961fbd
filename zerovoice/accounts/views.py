"""Log-in, API keys, members."""

from typing import Any, cast
from uuid import UUID

from django.contrib.auth import authenticate
from django.contrib.auth.models import update_last_login
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from zerovoice.accounts import actions, tokens, two_factor
from zerovoice.accounts.models import ApiKey, Membership, Organization, User
from zerovoice.accounts.serializers import (
    ApiKeySerializer,
    ApiKeyWriteSerializer,
    CreatedApiKeySerializer,
    LoginSerializer,
    MemberSerializer,
    MemberWriteSerializer,
    RefreshSerializer,
    RoleSerializer,
    TokenPairSerializer,
)
from zerovoice.api.errors import BadRequest, Forbidden, Unauthorized
from zerovoice.api.viewsets import ApiView, ListMixin, TenantViewSet


class PublicView(ApiView):
    """Needs no credentials: these hand them out."""

    authentication_classes: list[type] = []
    permission_classes: list[type] = []
    serializer: type[BaseSerializer[Any]]

    def body(self, request: Request) -> dict[str, Any]:
        serializer = self.serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return cast("dict[str, Any]", serializer.validated_data)


class TokenView(PublicView):
    serializer = LoginSerializer
    errors = {"post": (401, 403, 429)}

    @extend_schema(
        operation_id="log_in",
        summary="Log in",
        request=LoginSerializer,
        responses=TokenPairSerializer,
        tags=["Authentication"],
    )
    def post(self, request: Request) -> Response:
        """A pair of tokens for an e-mail address and a password.

        Members of several organisations name one. Those who set up two-factor log-in in the back office give a code,
        each of which is good once. After ten failures within five minutes from one address for one
        e-mail the answer is 429 for the rest of them.
        """
        body = self.body(request)
        user = authenticate(request._request, username=body["email"], password=body["password"])
        if user is None:
            raise Unauthorized("Wrong e-mail or password")
        if two_factor.is_asked_of(user):
            if "code" not in body:
                raise Unauthorized("A code of your authenticator app is needed", "code")
            if not two_factor.check(request._request, user, body["code"]):
                raise Unauthorized("Wrong code", "code")
        membership = _membership(user, body.get("organization"))
        update_last_login(type(user), user)
        return _pair(tokens.issue(membership), membership)


class RefreshView(PublicView):
    serializer = RefreshSerializer
    errors = {"post": (401,)}

    @extend_schema(
        operation_id="refresh_token",
        summary="Refresh",
        request=RefreshSerializer,
        responses=TokenPairSerializer,
        tags=["Authentication"],
    )
    def post(self, request: Request) -> Response:
        """A new pair for a refresh token, which is void afterwards."""
        return _pair(*tokens.rotate(self.body(request)["refresh"]))


class LogoutView(PublicView):
    serializer = RefreshSerializer
    errors = {"post": (401,)}

    @extend_schema(
        operation_id="log_out",
        summary="Log out",
        request=RefreshSerializer,
        responses={204: None},
        tags=["Authentication"],
    )
    def post(self, request: Request) -> Response:
        """Void a refresh token. The access token made with it ends by itself within minutes."""
        tokens.revoke(self.body(request)["refresh"])
        return Response(status=204)


def _membership(user: User, organization: str | None) -> Membership:
    memberships: QuerySet[Membership] = user.memberships.select_related("organization", "user").order_by("created_at")
    if organization is not None:
        try:
            found = memberships.filter(organization_id=UUID(organization)).first()
        except ValueError:
            found = memberships.filter(organization__slug=organization).first()
        if found is None:
            raise BadRequest("You are not a member of this organisation", "organization")
        return found
    several = list(memberships[:20])
    if not several:
        raise Forbidden("You are a member of no organisation")
    if len(several) > 1:
        slugs = ", ".join(membership.organization.slug for membership in several)
        raise BadRequest(f"You are a member of several organisations, name one: {slugs}", "organization")
    return several[0]


def _pair(refresh: tokens.RefreshToken, membership: Membership) -> Response:
    access = refresh.access_token
    answer = {
        "access": str(access),
        "refresh": str(refresh),
        "token_type": "Bearer",
        "expires_in_seconds": int(access.lifetime.total_seconds()),
        "organization": membership.organization,
        "role": membership.role,
    }
    return Response(TokenPairSerializer(answer).data)


@extend_schema(tags=["API Keys"])
class ApiKeyViewSet(ListMixin, RetrieveModelMixin, TenantViewSet):
    """API keys. A key can be given no scope that its maker does not have."""

    scope = "keys"
    queryset = ApiKey.objects.order_by("-id")
    lookup_url_kwarg = "api_key_id"
    serializer_class = ApiKeySerializer
    write_serializers = {"create": ApiKeyWriteSerializer, "partial_update": ApiKeyWriteSerializer}

    @extend_schema(responses={201: CreatedApiKeySerializer})
    def create(self, request: Request) -> Response:
        """Make a key. The answer is the only place where it is ever shown whole."""
        organization = Organization.objects.get(id=self.principal.organization_id)
        key, text = actions.create_api_key(organization=organization, actor=self.principal, **self.validated())
        key.key = text  # type: ignore[attr-defined]
        return self.answer(key, status=201, serializer_class=CreatedApiKeySerializer)

    def partial_update(self, request: Request, api_key_id: str) -> Response:
        """Change its name, scopes or expiry."""
        key = self.get_object()
        return self.answer(actions.change_api_key(key=key, actor=self.principal, **self.validated()))

    def destroy(self, request: Request, api_key_id: str) -> Response:
        """Revoke it: void at once and for good. It stays in the list, with `revoked_at`."""
        actions.revoke_api_key(key=self.get_object(), actor=self.principal)
        return Response(status=204)


@extend_schema(tags=["Members"])
class MemberViewSet(ListMixin, RetrieveModelMixin, TenantViewSet):
    """The people of the organisation. Nobody can give a role that may do more than they may."""

    scope = "settings"
    queryset = Membership.objects.select_related("user").order_by("-id")
    lookup_url_kwarg = "member_id"
    serializer_class = MemberSerializer
    write_serializers = {"create": MemberWriteSerializer, "partial_update": RoleSerializer}

    def create(self, request: Request) -> Response:
        """Add a new person. Somebody who has an account already is added by the operator of the instance (422)."""
        return self.answer(actions.invite_member(actor=self.principal, **self.validated()), status=201)

    def partial_update(self, request: Request, member_id: str) -> Response:
        """Give them another role. Takes effect at once, also for tokens already issued."""
        membership = self.get_object()
        return self.answer(actions.change_role(membership=membership, actor=self.principal, **self.validated()))

    def destroy(self, request: Request, member_id: str) -> Response:
        """End the membership; their tokens are void at once."""
        actions.remove_member(membership=self.get_object(), actor=self.principal)
        return Response(status=204)
