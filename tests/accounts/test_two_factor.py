"""Two-factor log-in of the admin site: setting up, the second step, recovery, and who must have it."""

import base64
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_otp.oath import totp as code_of

from tests import people
from zerovoice.accounts import login, totp, two_factor
from zerovoice.accounts.models import AuditEntry, Authenticator, Organization, RecoveryCode, User

pytestmark = pytest.mark.django_db

INDEX, LOG_IN, CODE = "/admin/", "/admin/login/", "/admin/login/code/"
SET_UP, REMOVE, RENEW = (
    "/admin/account/two-factor/",
    "/admin/account/two-factor/remove/",
    "/admin/account/two-factor/codes/",
)


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def sue(acme: Organization) -> User:
    return people.member(acme, "supervisor", "sue", is_staff=True).membership.user


def code(user: User, *, later: int = 0) -> str:
    """What the person's app shows, `later` steps from now."""
    key = Authenticator.objects.get(user=user).key
    return f"{code_of(base64.b32decode(key), drift=later):06}"


def with_password(user: User) -> Client:
    client = Client()
    answer = client.post(LOG_IN, {"username": user.email, "password": people.PASSWORD, "next": INDEX})
    assert answer.status_code == 302, answer.content
    return client


def enrolled(user: User) -> list[str]:
    """Their recovery codes."""
    two_factor.begin(user)
    codes = two_factor.confirm(user, code(user))
    assert codes is not None
    Authenticator.objects.filter(user=user).update(last_step=-1)  # so that a test need not wait for the next code
    return codes


def logged_in(user: User) -> Client:
    client = with_password(user)
    assert client.post(CODE, {"code": code(user)}).status_code == 302
    Authenticator.objects.filter(user=user).update(last_step=-1)
    return client


def test_a_person_sets_it_up_and_is_asked_for_it(sue: User) -> None:
    client = with_password(sue)
    assert "Set it up" in client.get("/admin/account/").content.decode()
    page = client.get(SET_UP)
    key = Authenticator.objects.get(user=sue).key
    assert re.sub(r"\s", "", re.search(r'two-factor-key">([A-Z2-7 ]+)<', page.content.decode())[1]) == key
    assert re.search(rb"<svg[^>]*viewBox", page.content)  # without it, the page's size cuts the code
    assert "no-store" in page["Cache-Control"]
    assert "not the app" in client.post(SET_UP, {"code": "000000"}).content.decode()
    session = client.session.session_key
    answer = client.post(SET_UP, {"code": code(sue)})
    shown = re.findall(r"<code>([a-z2-7-]+)</code>", answer.content.decode())
    assert len(shown) == two_factor.CODES
    assert client.session.session_key != session  # rights rose
    assert client.get(INDEX).status_code == 200
    account = client.get("/admin/account/").content.decode()
    assert "Recovery codes left: 10" in account
    assert not any(one in account for one in shown)
    assert AuditEntry.objects.filter(action="two_factor.enabled", target_id=str(sue.pk)).count() == 1
    fresh = with_password(sue)
    assert fresh.get(INDEX)["Location"].startswith(LOG_IN)
    assert fresh.get(LOG_IN)["Location"] == CODE


def test_nothing_secret_is_stored_in_clear(sue: User) -> None:
    from django.db import connection

    codes = enrolled(sue)
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM accounts_authenticator")
        (stored,) = cursor.fetchone()
    assert Authenticator.objects.get(user=sue).key not in stored
    hashes = set(RecoveryCode.objects.values_list("code_hash", flat=True))
    assert len(hashes) == two_factor.CODES
    assert not hashes & {text for code in codes for text in (code, code.replace("-", ""))}


def test_between_password_and_code_every_address_is_shut(sue: User) -> None:
    enrolled(sue)
    client = with_password(sue)
    for name in ("index", "calls_call_changelist", "account", "password_change", "search", "autocomplete", "jsi18n"):
        assert client.get(reverse(f"admin:{name}"))["Location"].startswith(LOG_IN), name
    for url in (RENEW, REMOVE):
        assert client.post(url, {"code": "1"})["Location"].startswith(LOG_IN)
    assert client.get(SET_UP)["Location"] == INDEX  # another app would be a way around the first
    assert not Authenticator.objects.filter(user=sue, confirmed=False).exists()
    told = client.get(reverse("admin:autocomplete"), headers={"X-Requested-With": "XMLHttpRequest"})
    assert (told.status_code, told.json()["code"]) == (403, "forbidden")
    stranger = Client().get(reverse("admin:autocomplete"), headers={"X-Requested-With": "XMLHttpRequest"})
    assert (stranger.status_code, stranger.json()["code"]) == (401, "unauthorized")
    searched = client.get(reverse("admin:search"), {"s": "a"}, headers={"HX-Request": "true"})
    assert (searched.status_code, searched["HX-Redirect"]) == (401, LOG_IN)


def test_the_code_opens_it_and_leads_on(sue: User) -> None:
    enrolled(sue)
    client = with_password(sue)
    assert client.get(f"{LOG_IN}?next=/admin/calls/call/")["Location"] == f"{CODE}?next=%2Fadmin%2Fcalls%2Fcall%2F"
    session = client.session.session_key
    answer = client.post(f"{CODE}?next=/admin/calls/call/", {"code": code(sue), "next": "/admin/calls/call/"})
    assert answer["Location"] == "/admin/calls/call/"
    assert client.session.session_key != session
    assert client.get("/admin/calls/call/").status_code == 200


def test_it_leads_to_no_other_site(sue: User) -> None:
    enrolled(sue)
    answer = with_password(sue).post(CODE, {"code": code(sue), "next": "https://evil.example/"})
    assert answer["Location"] == INDEX


def test_a_code_is_good_once_and_not_for_long(sue: User) -> None:
    enrolled(sue)
    shown = code(sue)
    assert with_password(sue).post(CODE, {"code": f" {shown[:3]} {shown[3:]} "}).status_code == 302
    again = with_password(sue)
    assert "not the code" in again.post(CODE, {"code": shown}).content.decode()
    assert again.get(INDEX).status_code == 302
    assert "not the code" in again.post(CODE, {"code": code(sue, later=5)}).content.decode()
    assert "not the code" in again.post(CODE, {"code": "²34567"}).content.decode()


def test_a_recovery_code_is_good_once_and_says_how_many_are_left(sue: User) -> None:
    first = enrolled(sue)[0]
    client = with_password(sue)
    page = client.post(CODE, {"code": first.upper()}, follow=True)
    assert page.redirect_chain[-1][0] == "/admin/account/"
    assert "9 left" in page.content.decode()
    assert AuditEntry.objects.filter(action="two_factor.recovery_code_used").count() == 1
    assert "not the code" in with_password(sue).post(CODE, {"code": first}).content.decode()


def test_guessing_codes_is_stopped_wherever_it_comes_from(sue: User) -> None:
    enrolled(sue)
    for number in range(login.MOST_FOR_PAIR):
        answer = with_password(sue).post(CODE, {"code": "000000"}, REMOTE_ADDR=f"192.0.2.{number}")
        assert "not the code" in answer.content.decode()
    stopped = with_password(sue).post(CODE, {"code": code(sue)}, REMOTE_ADDR="198.51.100.1")  # even the right one
    assert "Too many attempts" in stopped.content.decode()


def test_one_address_cannot_guess_for_everybody(sue: User, monkeypatch: pytest.MonkeyPatch) -> None:
    enrolled(sue)
    client = with_password(sue)
    for number in range(login.MOST_FOR_ADDRESS):
        Client().post(LOG_IN, {"username": f"{number}@example.com", "password": "wrong"})
    assert "Too many attempts" in client.post(CODE, {"code": code(sue)}).content.decode()


def test_it_is_removed_with_a_fresh_code_only(sue: User) -> None:
    enrolled(sue)
    client = logged_in(sue)
    assert client.get(REMOVE).status_code == 200
    assert "not the code" in client.post(REMOVE, {"code": "000000"}).content.decode()
    assert two_factor.has(sue)
    assert client.post(REMOVE, {"code": code(sue)})["Location"] == "/admin/account/"
    assert not two_factor.has(sue)
    assert not RecoveryCode.objects.exists()
    assert AuditEntry.objects.filter(action="two_factor.disabled", actor_id=sue.pk).count() == 1
    assert client.get(INDEX).status_code == 200


def test_new_recovery_codes_void_the_old_ones(sue: User) -> None:
    old = enrolled(sue)[0]
    client = logged_in(sue)
    page = client.post(RENEW, {"code": code(sue)}).content.decode()
    fresh = re.findall(r"<code>([a-z2-7-]+)</code>", page)
    assert "not the code" in with_password(sue).post(CODE, {"code": old}).content.decode()
    assert with_password(sue).post(CODE, {"code": fresh[0]}).status_code == 302


def test_the_operator_removes_it_for_who_lost_the_phone(sue: User, acme: Organization) -> None:
    enrolled(sue)
    boss = User.objects.create_superuser("operator@example.com", people.PASSWORD)
    order = {"action": "remove_two_factor", "_selected_action": [str(sue.pk)]}
    owner = with_password(people.member(acme, "owner", "olga", is_staff=True).membership.user)
    assert owner.post(reverse("admin:accounts_user_changelist"), order).status_code == 403
    assert two_factor.has(sue)
    with_password(boss).post(reverse("admin:accounts_user_changelist"), order)
    assert not two_factor.has(sue)
    assert AuditEntry.objects.get(action="two_factor.disabled").actor_id == boss.pk


@pytest.mark.parametrize("who", ["organization", "instance"])
def test_where_it_is_required_nothing_else_opens(sue: User, acme: Organization, settings: Any, who: str) -> None:
    client = with_password(sue)
    assert client.get(INDEX).status_code == 200
    if who == "instance":
        settings.ADMIN_TWO_FACTOR = "required"
    else:
        Organization.objects.filter(pk=acme.pk).update(two_factor_required=True)
    for name in ("index", "calls_call_changelist", "account", "password_change", "search"):
        assert client.get(reverse(f"admin:{name}"))["Location"].startswith(LOG_IN), name
    assert client.get(LOG_IN)["Location"] == SET_UP
    page = client.get(SET_UP).content.decode()
    assert "required of you" in page
    assert "/admin/calls/call/" not in page  # no side bar of what is shut
    assert client.post(SET_UP, {"code": code(sue)}).status_code == 200
    assert client.get(INDEX).status_code == 200


def test_an_owner_requires_it_and_the_audit_knows(acme: Organization) -> None:
    client = with_password(people.member(acme, "owner", "olga", is_staff=True).membership.user)
    form = {"name": "Acme", "timezone": "UTC", "country": "US", "two_factor_required": "on"}
    url = reverse("admin:accounts_organization_change", args=[acme.pk])
    assert client.post(url, form).status_code == 302
    acme.refresh_from_db()
    assert acme.two_factor_required
    assert AuditEntry.objects.filter(action="organization.changed", fields__contains=["two_factor_required"]).exists()


def test_switched_off_for_the_instance_nobody_is_asked(sue: User, settings: Any) -> None:
    enrolled(sue)
    settings.ADMIN_TWO_FACTOR = "off"
    client = with_password(sue)
    assert client.get(INDEX).status_code == 200
    assert "Switched off" in client.get("/admin/account/").content.decode()


def test_who_is_halfway_can_leave(sue: User) -> None:
    enrolled(sue)
    client = with_password(sue)
    assert client.get("/admin/logout/").status_code == 405  # a link of somebody else's must not log people out
    assert client.post("/admin/logout/").status_code == 200
    assert client.get(CODE)["Location"] == INDEX
    assert "_auth_user_id" not in client.session


def test_another_persons_device_marks_no_session(sue: User, acme: Organization) -> None:
    enrolled(sue)
    other = people.member(acme, "supervisor", "otto", is_staff=True).membership.user
    enrolled(other)
    client = with_password(sue)
    session = client.session
    session["otp_device_id"] = Authenticator.objects.get(user=other).persistent_id
    session.save()
    assert client.get(INDEX)["Location"].startswith(LOG_IN)


def test_a_password_alone_gives_no_tokens_to_who_has_it(sue: User) -> None:
    codes = enrolled(sue)
    path, given = "/api/v1/auth/token", {"email": sue.email, "password": people.PASSWORD}
    without = people.ANYBODY.post(path, given)
    assert (without.status_code, without.json()["details"]["field"]) == (401, "code")
    wrong = people.ANYBODY.post(path, given | {"code": "000000"})
    assert (wrong.status_code, wrong.json()["details"]["message"]) == (401, "Wrong code")
    assert people.ANYBODY.post(path, given | {"code": code(sue)}).status_code == 200
    assert people.ANYBODY.post(path, given | {"code": codes[0]}).status_code == 200
    nobody = people.ANYBODY.post(path, given | {"password": "wrong"})
    assert nobody.json()["details"]["field"] is None  # who does not know the password learns nothing of the code


def test_codes_of_the_standard() -> None:
    """RFC 6238, appendix B, shortened to six digits."""
    key = base64.b32encode(b"12345678901234567890").decode()
    assert totp.step_of(key, "287082", now=59, after=-1) == 1
    assert totp.step_of(key, "287082", now=59, after=1) is None
    assert totp.step_of(key, "287082", now=59 + 90, after=-1) is None
    assert totp.step_of(key, "0287082", now=59, after=-1) is None


def test_the_session(sue: User, settings: Any) -> None:
    client = Client()
    client.get(LOG_IN)
    before = client.session.session_key
    answer = client.post(LOG_IN, {"username": sue.email, "password": people.PASSWORD, "next": INDEX})
    cookie = answer.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 12 * 3600)
    assert client.session.session_key != before
    assert settings.SESSION_COOKIE_AGE == 12 * 3600
