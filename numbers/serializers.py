from rest_framework import serializers

from numbers.models import PhoneNumber


class CapabilitiesSerializer(serializers.Serializer):
    voice = serializers.BooleanField()
    sms = serializers.BooleanField()
    mms = serializers.BooleanField()


class PhoneNumberSerializer(serializers.ModelSerializer[PhoneNumber]):
    phone_number = serializers.CharField(source="number", help_text="E.164")
    capabilities = CapabilitiesSerializer(source="*")

    class Meta:
        model = PhoneNumber
        fields = (
            "id",
            "phone_number",
            "friendly_name",
            "country",
            "number_type",
            "capabilities",
            "routing",
            "created_at",
        )
