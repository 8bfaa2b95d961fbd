"""Every organisation has an account, from its beginning."""

from django.conf import settings

from zerovoice.accounts.models import Organization
from zerovoice.billing.models import Account


def open_account(organization: Organization) -> None:
    Account.objects.create(organization=organization, currency=settings.BILLING_CURRENCY)
