"""Numbers in the admin site: those of the organisation, buying and giving them back, differences from the carrier."""

from numbers.admin import buying, drift, number, releasing

__all__ = ["buying", "drift", "number", "releasing"]
