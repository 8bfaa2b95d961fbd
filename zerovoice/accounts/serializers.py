from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from zerovoice.accounts import actions
from zerovoice.accounts.models import ApiKey, Membership
from zerovoice.accounts.scopes import ALL, ROLES
from zerovoice.api.serializers import StrictSerializer

PASSWORD_MAX = 256


@extend_schema_serializer(
    examples=[OpenApiExample("Log in", {"email": "owner@example.com", "password": "correct horse battery staple"})]
)
class LoginSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=PASSWORD_MAX, trim_whitespace=False)
    organization = serializers.CharField(
        max_length=63, required=False, help_text="Slug or id; needed by members of several organisations."
    )


class RefreshSerializer(StrictSerializer):
    refresh = serializers.CharField(max_length=4096)


class OrganizationBriefSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()


class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="Send as `Authorization: Bearer <access>`.")
    refresh = serializers.CharField(help_text="Good for one use at `/api/v1/auth/token/refresh`.")
    token_type = serializers.CharField()
    expires_in_seconds = serializers.IntegerField(help_text="Until the access token expires.")
    organization = OrganizationBriefSerializer()
    role = serializers.ChoiceField(choices=ROLES)


class ApiKeySerializer(serializers.ModelSerializer):
    class Meta:
        model = ApiKey
        fields = ["id", "name", "prefix", "scopes", "expires_at", "revoked_at", "last_used_at", "created_at"]
        read_only_fields = fields


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
        child=serializers.ChoiceField(choices=sorted(ALL)), allow_empty=False, max_length=len(ALL)
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


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
    role = serializers.ChoiceField(choices=ROLES)
    password = serializers.CharField(max_length=PASSWORD_MAX, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        problem = actions.password_problem(attrs["password"], email=attrs["email"], name=attrs["name"])
        if problem:
            raise serializers.ValidationError({"password": problem})
        return attrs


class RoleSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=ROLES)
