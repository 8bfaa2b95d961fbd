"""The one admin site: Unfold's, with the pages that are no model's."""

from django.urls import URLPattern, path
from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):
    def extra_urls(self) -> list[URLPattern]:
        from zerovoice.backoffice import pages  # its imports register models, which need the site

        return [
            path(view.route, self.admin_view(view.as_view(site=self)), name=view.name) for view in pages.registered()
        ]
