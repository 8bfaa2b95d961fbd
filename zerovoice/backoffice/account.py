"""A person's own account in the back office: who they are, their authenticator app, and the second step of log-in."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from unfold.widgets import UnfoldAdminTextInputWidget

from zerovoice.accounts import totp, two_factor
from zerovoice.accounts.admin import memberships_of, staff_user
from zerovoice.accounts.models import Authenticator, RecoveryCode, User
from zerovoice.accounts.two_factor import Step
from zerovoice.api.errors import RateLimited

if TYPE_CHECKING:
    from zerovoice.backoffice.sites import Site


def urls(site: Site) -> list[URLPattern]:
    def halfway(view: Any, *steps: Step) -> Any:
        """For staff at one of these steps of their log-in; others go where they belong."""

        def answer(request: HttpRequest) -> HttpResponseBase:
            if not site.is_staff(request) or site.next_step(request) not in steps:
                return HttpResponseRedirect(reverse("admin:index"))
            return view(site, request)

        return never_cache(answer)

    def inside(view: Any) -> Any:  # `admin_view` says "never cache" too
        return site.admin_view(lambda request: view(site, request))

    return [
        path("login/code/", halfway(code, Step.CODE), name="login_code"),
        path("account/", inside(account), name="account"),
        path("account/two-factor/", halfway(set_up, Step.ENROLL, Step.NOTHING), name="two_factor_set_up"),
        path("account/two-factor/codes/", inside(renew_codes), name="two_factor_codes"),
        path("account/two-factor/remove/", inside(remove), name="two_factor_remove"),
    ]


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false", "autocapitalize": "off"}
        ),
    )


class FreshCodeForm(CodeForm):
    """A code of the person's app, or a recovery code."""

    def __init__(self, request: HttpRequest, user: User) -> None:
        super().__init__(request.POST or None)
        self.request, self.user = request, user

    def clean_code(self) -> str:
        given = str(self.cleaned_data["code"])
        try:
            right = two_factor.check(self.request, self.user, given)
        except RateLimited as error:
            raise forms.ValidationError(f"{error.message}; try again in {error.headers['Retry-After']} s.") from error
        if not right:
            raise forms.ValidationError("That is not the code. The app shows a new one every 30 seconds.")
        return given


def code(site: Site, request: HttpRequest) -> HttpResponse:
    """The second step of log-in."""
    user = staff_user(request)
    form = FreshCodeForm(request, user)
    if request.method == "POST" and form.is_valid():
        two_factor.mark_session(request, user)
        left = RecoveryCode.objects.filter(user=user).count()
        if not form.cleaned_data["code"].strip().isdecimal():
            messages.warning(request, f"Recovery code used: {left} left. Is the phone lost? Set up another one here.")
            return HttpResponseRedirect(reverse("admin:account"))
        return HttpResponseRedirect(_wanted(request))
    return _page(site, request, "backoffice/account/code.html", "Log in", form=form, next=_wanted(request))


def account(site: Site, request: HttpRequest) -> HttpResponse:
    user, offered = staff_user(request), settings.ADMIN_TWO_FACTOR != "off"
    return _page(
        site, request, "backoffice/account/account.html", "Your account",
        memberships=memberships_of(request),
        offered=offered,
        required=two_factor.is_required(memberships_of(request)),
        authenticator=offered and Authenticator.objects.filter(user=user, confirmed=True).first(),
        codes_left=RecoveryCode.objects.filter(user=user).count(),
    )  # fmt: skip


def set_up(site: Site, request: HttpRequest) -> HttpResponse:
    user = staff_user(request)
    if settings.ADMIN_TWO_FACTOR == "off" or two_factor.has(user):
        return HttpResponseRedirect(reverse("admin:account"))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        codes = two_factor.confirm(user, "".join(form.cleaned_data["code"].split()))
        if codes is not None:
            two_factor.mark_session(request, user)
            return _codes(site, request, codes)
        form.add_error("code", "That is not the app's code. Is the phone's clock right?")
    pending = two_factor.begin(user)
    return _page(
        site, request, "backoffice/account/set_up.html", "Set up two-factor log-in",
        form=form, key=" ".join(pending.key[start : start + 4] for start in range(0, len(pending.key), 4)),
        picture=_picture(totp.address(pending.key, user.email)),
        required=two_factor.is_required(memberships_of(request)),
    )  # fmt: skip


def renew_codes(site: Site, request: HttpRequest) -> HttpResponse:
    """New recovery codes, for a fresh code."""
    user = staff_user(request)
    form = FreshCodeForm(request, user)
    if request.method == "POST" and form.is_valid():
        return _codes(site, request, two_factor.renew_codes(user))
    return _page(
        site, request, "backoffice/account/fresh_code.html", "New recovery codes",
        form=form, button="Make new codes", words="The recovery codes that you have now will be void.",
    )  # fmt: skip


def remove(site: Site, request: HttpRequest) -> HttpResponse:
    user = staff_user(request)
    form = FreshCodeForm(request, user)
    if request.method == "POST" and form.is_valid():
        two_factor.remove(user, by=user)
        messages.success(request, "Two-factor log-in is off.")
        return HttpResponseRedirect(reverse("admin:account"))
    required = two_factor.is_required(memberships_of(request))
    words = "You will be led to set up another one at once: it is required." if required else ""
    return _page(
        site, request, "backoffice/account/fresh_code.html", "Remove the authenticator",
        form=form, button="Remove it", danger=True,
        words=words or "From then on your password alone opens your account.",
    )  # fmt: skip


def _codes(site: Site, request: HttpRequest, codes: list[str]) -> HttpResponse:
    """In this one answer and never again: nothing keeps them but their hashes."""
    return _page(site, request, "backoffice/account/codes.html", "Recovery codes", codes=codes)


def _page(site: Site, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    request.current_app = site.name
    return TemplateResponse(request, template, {**site.each_context(request), "title": title, **context})


def _wanted(request: HttpRequest) -> str:
    """Where the person was going, if that is here."""
    wanted = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
    here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if here else reverse("admin:index")


def _picture(text: str) -> SafeString:
    """A QR code as SVG, dark on light in both themes, for cameras."""
    out = io.BytesIO()
    code = segno.make(text, micro=False)
    # Without a size of its own, so that the page's makes it smaller and does not cut it.
    code.save(out, kind="svg", border=4, light="#ffffff", xmldecl=False, svgns=False, omitsize=True)
    return mark_safe(out.getvalue().decode())  # noqa: S308  # shapes that segno drew, none of the text
