from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from zerovoice.accounts import actions
from zerovoice.accounts.models import ApiKey, Membership
from zerovoice.accounts.scopes import ALL
from zerovoice.api.serializers import StrictSerializer

PASSWORD_MIN, PASSWORD_MAX = 8, 256
SCOPES = sorted(ALL)
_ACME = {"id": "0199c0de-0000-7000-8000-00000000000a", "name": "Acme", "slug": "acme"}
_KEY = {
    "id": "0199c0de-0000-7000-8000-00000000000b",
    "name": "CRM",
    "prefix": "h3Kx0vYp2Qa9",
    "scopes": ["calls:read", "calls:write"],
    "expires_at": None,
    "revoked_at": None,
    "last_used_at": "2026-03-02T14:00:00Z",
    "created_at": "2026-01-05T09:00:00Z",
}


@extend_schema_serializer(
    examples=[OpenApiExample("Log in", {"email": "owner@example.com", "password": "correct horse battery staple"})]
)
class LoginSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=PASSWORD_MAX, trim_whitespace=False)
    organization = serializers.CharField(
        max_length=63, required=False, help_text="Slug or id; needed by members of several organisations."
    )
    code = serializers.CharField(
        max_length=40,
        required=False,
        help_text="Of the authenticator app, or a recovery code; needed by those who set up two-factor log-in.",
    )


@extend_schema_serializer(examples=[OpenApiExample("A refresh token", {"refresh": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"})])
class RefreshSerializer(StrictSerializer):
    refresh = serializers.CharField(max_length=4096)


class OrganizationBriefSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A supervisor's tokens",
            {
                "access": "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
                "refresh": "eyJhbGciOiJIUzI1NiJ9.e30.Z2lz",
                "token_type": "Bearer",
                "expires_in_seconds": 900,
                "organization": _ACME,
                "role": "supervisor",
            },
        )
    ]
)
class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="Send as `Authorization: Bearer <access>`.")
    refresh = serializers.CharField(help_text="Good for one use at `/api/v1/auth/token/refresh`.")
    token_type = serializers.CharField()
    expires_in_seconds = serializers.IntegerField(help_text="Until the access token expires.")
    organization = OrganizationBriefSerializer()
    role = serializers.ChoiceField(choices=Membership.Role.choices)


@extend_schema_serializer(examples=[OpenApiExample("A key", _KEY)])
class ApiKeySerializer(serializers.ModelSerializer):
    class Meta:
        model = ApiKey
        fields = ["id", "name", "prefix", "scopes", "expires_at", "revoked_at", "last_used_at", "created_at"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[OpenApiExample("A new key", {**_KEY, "last_used_at": None, "key": "zv_h3Kx0vYp2Qa9_Vb7"})]
)
class CreatedApiKeySerializer(ApiKeySerializer):
    key = serializers.CharField(help_text="The whole key. It is shown this once and kept nowhere.")

    class Meta(ApiKeySerializer.Meta):
        fields = [*ApiKeySerializer.Meta.fields, "key"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[OpenApiExample("A key that places calls", {"name": "CRM", "scopes": ["calls:read", "calls:write"]})]
)
class ApiKeyWriteSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=SCOPES), allow_empty=False, min_length=1, max_length=len(SCOPES)
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "An agent",
            {
                "id": "0199c0de-0000-7000-8000-00000000000c",
                "user_id": "0199c0de-0000-7000-8000-000000000008",
                "email": "ann@example.com",
                "name": "Ann",
                "role": "agent",
                "last_login_at": None,
                "created_at": "2026-01-05T09:00:00Z",
            },
        )
    ]
)
class MemberSerializer(serializers.ModelSerializer):
    user_id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    last_login_at = serializers.DateTimeField(source="user.last_login", read_only=True, allow_null=True)

    class Meta:
        model = Membership
        fields = ["id", "user_id", "email", "name", "role", "last_login_at", "created_at"]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "An agent",
            {"email": "ada@example.com", "name": "Ada", "role": "agent", "password": "correct horse battery staple"},
        )
    ]
)
class MemberWriteSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    role = serializers.ChoiceField(choices=Membership.Role.choices)
    password = serializers.CharField(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        problem = actions.password_problem(attrs["password"], email=attrs["email"], name=attrs["name"])
        if problem:
            raise serializers.ValidationError({"password": problem})
        return attrs


@extend_schema_serializer(examples=[OpenApiExample("A supervisor", {"role": "supervisor"})])
class RoleSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=Membership.Role.choices)
