from analytics.admin import dashboard

__all__ = ["dashboard"]
