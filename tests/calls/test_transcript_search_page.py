"""Searching in what was said, in the back office: as the API finds it, in words that people read."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.admin.transcript_search import highlighted
from calls.models import Agent, Queue, Transcript
from contacts.models import Contact
from tests import people
from tests.api import factories
from tests.calls.test_call_page import staff, text_of
from tests.calls.test_transcript_search import indexed
from zerovoice.accounts.models import Organization

pytestmark = pytest.mark.django_db

PAGE = reverse("admin:transcript_search")


@pytest.fixture
def acme() -> Organization:
    return people.organization("Acme")


@pytest.fixture
def ours(acme: Organization) -> Transcript:
    made = indexed(acme, ("agent", "How can I help you?"), ("customer", "I want to end the <b>subscription</b>."))
    Contact.objects.create(organization=acme, name="Maria Lopez", phone=made.call.customer_number)
    return made


def found(client: Client, **query: Any) -> str:
    answer = client.get(PAGE, query)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_before_anything_is_asked_it_says_what_to_do(acme: Organization) -> None:
    assert "Write what you look for" in found(staff(acme))


def test_a_hit_leads_to_where_it_is_heard(acme: Organization, ours: Transcript) -> None:
    page = found(staff(acme), q="subscription")
    where = f"#t=2.5&amp;transcript={ours.pk}"
    assert f'href="{reverse("admin:calls_call_change", args=[ours.call_id])}{where}"' in page
    text = text_of(page)
    for words in ("1 line found", "Customer at 0:02", "Maria Lopez", "by its words"):
        assert words in text, words


def test_what_was_said_is_no_html(acme: Organization, ours: Transcript) -> None:
    page = found(staff(acme), q="subscription")
    assert "<b>subscription" not in page
    assert "&lt;b&gt;<mark>subscription</mark>&lt;/b&gt;" in page
    script = '"><script>alert(1)</script>'
    assert script not in found(staff(acme), q=script, queue_id=script, page=script)
    assert highlighted("<i>x</i> <mark>a &amp; b</mark>") == "&lt;i&gt;x&lt;/i&gt; <mark>a &amp; b</mark>"


def test_by_meaning_or_by_words_only(acme: Organization, ours: Transcript) -> None:
    indexed(acme, ("customer", "I want to end the subscription."))
    client = staff(acme)
    both = text_of(found(client, q="cancel my plan"))
    assert "by its meaning" in both
    assert "By words, and by meaning." in both
    words = text_of(found(client, q="cancel my plan", mode="words"))
    assert "Nothing like that was said." in words
    assert "Exact words only." in words


def test_a_dead_zerodb_is_said(acme: Organization, ours: Transcript, settings: Any) -> None:
    indexed(acme, ("customer", "I want to end the subscription."))
    settings.ZERODB_API_KEY, settings.ZERODB_API_URL = "key", "http://127.0.0.1:9"
    page = text_of(found(staff(acme), q="cancel my plan"))
    assert "ZeroDB does not answer" in page
    assert "I want to end the" in page


def test_filters_narrow_as_in_the_api(acme: Organization, ours: Transcript) -> None:
    queue, agent = Queue.objects.create(organization=acme, name="Billing"), factories._agent(acme, {})
    indexed(acme, ("agent", "One more subscription."), queue=queue, agent=Agent.objects.get(pk=agent))
    client = staff(acme)
    assert "2 lines found" in text_of(found(client, q="subscription"))
    for name, value in (("queue_id", queue.pk), ("agent_id", agent), ("speaker", "agent")):
        page = text_of(found(client, q="subscription", **{name: str(value)}))
        assert "1 line found" in page
        assert "One more" in page
    assert "Nothing like that" in found(client, q="subscription", sentiment="positive")
    assert "Nothing like that" in found(client, q="subscription", date_end="2020-01-01")


@pytest.mark.parametrize(
    "query",
    [{"queue_id": "nonsense"}, {"date_start": "yesterday"}, {"date_start": "2026-02-02", "date_end": "2026-02-01"}],
)
def test_a_filter_that_makes_no_sense_is_told(query: dict[str, str], acme: Organization, ours: Transcript) -> None:
    assert 'role="alert"' in found(staff(acme), q="subscription", **query)


def test_too_much_is_told(acme: Organization) -> None:
    assert "at most 500" in found(staff(acme), q="a" * 501)


def test_pages(acme: Organization) -> None:
    indexed(acme, *[("customer", f"Parcel number {number}") for number in range(30)])
    client = staff(acme)
    first = found(client, q='"parcel"')
    assert first.count('class="search-hit"') == 25
    assert "page=2" in first
    assert found(client, q='"parcel"', page=2).count('class="search-hit"') == 5
    assert "There is nothing on this page." in found(client, q='"parcel"', page=9)
    assert found(client, q='"parcel"', page="0").count('class="search-hit"') == 25


def test_nothing_of_another_organization(acme: Organization, ours: Transcript) -> None:
    globex = people.organization("Globex")
    client = staff(globex, "owner")
    assert "Nothing like that" in found(client, q="subscription")
    assert "subscription</mark>" not in found(client, q="subscription", **{"in": str(acme.pk)})


def test_an_agent_sees_none_of_it(acme: Organization) -> None:
    assert staff(acme, "agent").get(PAGE).status_code == 403


def test_a_page_costs_the_same_for_any_number(acme: Organization, ours: Transcript) -> None:
    client = staff(acme)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            found(client, q='"subscription"')
        return len(queries)

    cost()
    one = cost()
    for _ in range(10):
        indexed(acme, ("customer", "The subscription again."))
    assert cost() == one
    assert one <= 20


def test_voicemails_are_named_heard_and_read_in_their_list(acme: Organization) -> None:
    voicemail = factories.voicemail(acme)
    said = factories.transcript(acme, ("customer", "Please <i>call</i> me back. " * 20), call=voicemail.call)
    Transcript.objects.filter(pk=said.pk).update(recording=voicemail.recording)
    Contact.objects.create(organization=acme, name="Maria <b>Lopez</b>", phone=voicemail.from_number)
    page = staff(acme).get(reverse("admin:calls_voicemail_changelist")).content.decode()
    assert "Maria &lt;b&gt;Lopez" in page
    assert "Please &lt;i&gt;call&lt;/i&gt; me back." in page
    assert 'preload="none"' in page
    assert "…" in page
