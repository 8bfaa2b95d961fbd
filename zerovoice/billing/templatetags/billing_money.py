from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str = "") -> str:
    """In whole cents: what is less is on the invoice and in the ledger."""
    return f"{amount:,.2f} {currency}".strip()


@register.filter
def grouped(number: int) -> str:
    return f"{number:,}"
