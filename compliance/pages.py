"""Pages about the Do-Not-Call list that are not the list itself."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from compliance import transfers
from compliance.models import DncEntry
from zerovoice.accounts.lists import chosen_organization
from zerovoice.backoffice import pages
from zerovoice.bulk import jobs
from zerovoice.bulk.pages import ImportPage


@pages.register
class DncImportPage(ImportPage):
    route, name, scope = "compliance/dncentry/import/", "dnc_import", "compliance"
    title = "Import people not to be called"
    kind = transfers.IMPORT
    columns = [
        ("phone", "Required. With its country code; blanks, hyphens and brackets do not matter."),
        ("reason", "Why, in at most 200 characters."),
        ("source, added_by, created_at", "Of a file that was exported here. They are read over."),
    ]
    example = "phone,reason\n+1 415 555 0142,Asked on the phone\n+14155550143,By letter"


@pages.register
class DncExport(pages.StaffView):
    """Begins an export, and leads to it."""

    route, name, scope = "compliance/dncentry/export/", "dnc_export", "compliance"

    def post(self, request: HttpRequest) -> HttpResponse:
        organization = chosen_organization(request, self.scope)
        if organization is None:
            raise PermissionDenied
        source = request.POST.get("source", "")
        options = {"source": source} if source in DncEntry.Source.values else {}
        job = jobs.start_export(principal=self.principal(organization), kind=transfers.EXPORT, options=options)
        return HttpResponseRedirect(reverse("admin:bulk_job_change", args=[job.pk]))
