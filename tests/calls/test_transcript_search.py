"""What a search in transcripts finds: words, phrases, stems, other wordings; and what it keeps out."""

import pytest

from calls.models import Queue, Segment, Transcript
from tests import people
from tests.api import factories
from tests.people import Caller
from zerovoice.accounts.models import Organization
from zerovoice.speech import embedding

pytestmark = pytest.mark.django_db

PATH = "/api/v1/transcripts/search"
SUBSCRIPTION = "I want to end the subscription."
INVOICES = "The invoices were wrong again."
LINES = (
    ("agent", "How can I help you?"),
    ("customer", SUBSCRIPTION),
    ("customer", INVOICES),
    ("agent", "I am sorry about the wrong invoice."),
    ("customer", "My parcel was delivered to a neighbour."),
    ("customer", "Is the shop open on Sunday?"),
)


def indexed(organization: Organization, *lines: tuple[str, str], **fields: object) -> Transcript:
    made = factories.transcript(organization, *lines, **fields)
    segments = list(made.segments.all())
    for segment, vector in zip(segments, embedding.embed([one.text for one in segments]), strict=True):
        segment.embedding, segment.embedding_model = vector, embedding.MODEL
    Segment.objects.bulk_update(segments, ["embedding", "embedding_model"])
    return made


@pytest.fixture
def acme() -> Organization:
    return people.organization()


@pytest.fixture
def transcript(acme: Organization) -> Transcript:
    return indexed(acme, *LINES)


@pytest.fixture
def owner(acme: Organization, transcript: Transcript) -> Caller:
    return people.member(acme, "owner")


def search(caller: Caller, text: str, **query: str) -> dict:
    answer = caller.get(PATH, {"q": text, **query})
    assert answer.status_code == 200, answer.content
    return answer.json()


def by_words(caller: Caller, text: str, **query: str) -> set[str]:
    return {hit["text"] for hit in search(caller, text, **query)["results"] if "words" in hit["matched"]}


def test_words_in_another_form(owner: Caller) -> None:
    assert by_words(owner, "invoice") == {INVOICES, "I am sorry about the wrong invoice."}
    assert by_words(owner, "delivering parcels") == {"My parcel was delivered to a neighbour."}


def test_a_phrase_is_found_exactly_so(owner: Caller) -> None:
    page = search(owner, '"wrong invoice"')
    assert [hit["text"] for hit in page["results"]] == ["I am sorry about the wrong invoice."]
    assert page["semantic"] == "off"
    assert search(owner, '"invoice wrong sunday"')["results"] == []


def test_without_a_word(owner: Caller) -> None:
    assert by_words(owner, "invoice -sorry") == {INVOICES}
    assert "I am sorry about the wrong invoice." not in {hit["text"] for hit in search(owner, "bill -sorry")["results"]}


def test_one_or_the_other(owner: Caller) -> None:
    assert by_words(owner, "subscription or sunday") == {SUBSCRIPTION, "Is the shop open on Sunday?"}


def test_another_wording_of_the_same_meaning(owner: Caller) -> None:
    page = search(owner, "cancel my plan")
    assert page["semantic"] == "local"
    best = page["results"][0]
    assert (best["text"], best["matched"]) == (SUBSCRIPTION, ["meaning"])


def test_what_both_find_comes_first(owner: Caller) -> None:
    best = search(owner, "end subscription")["results"][0]
    assert (best["text"], best["matched"]) == (SUBSCRIPTION, ["words", "meaning"])
    assert best["score"] == pytest.approx(2 / 61)


def test_nothing_is_found(owner: Caller) -> None:
    page = search(owner, "xylophone zeppelin")
    assert (page["count"], page["results"], page["next"]) == (0, [], None)


def test_it_says_where_in_the_call_it_was_said(owner: Caller, transcript: Transcript) -> None:
    (hit,) = search(owner, '"subscription"')["results"]
    assert hit["snippet"] == "I want to end the <mark>subscription</mark>."
    assert (hit["start"], hit["offset"]) == (2.0, 2.5)
    assert hit["transcript_id"] == str(transcript.pk)
    assert hit["call_id"] == hit["call"]["id"] == str(transcript.call_id)


def test_what_people_say_is_no_html(acme: Organization) -> None:
    indexed(acme, ("customer", "Press <b> & the subscription"), ("customer", "The <b> subscription \ue000 key"))
    found = search(people.member(acme, "owner"), '"subscription"')["results"]
    assert {hit["snippet"] for hit in found} == {
        "Press &lt;b&gt; &amp; the <mark>subscription</mark>",
        "The &lt;b&gt; subscription \ue000 key",
    }


@pytest.mark.parametrize(
    "text",
    [
        *("'", '"', '"""', "-", "--", "()|&!:*", "a:*", "\\", "%", "🙂", "or or or", "<script>", "'; DROP TABLE x; --"),
        *("é" * 500, "the", "-the", "-invoice", '-"wrong invoice"', "\ud7ff", "a " * 250, "\t", "NULL", "((((", "! !"),
    ],
)
def test_whatever_is_typed_is_a_query(owner: Caller, text: str) -> None:
    answer = owner.get(PATH, {"q": text})
    assert answer.status_code == (200 if text.strip() else 400), answer.content


@pytest.mark.parametrize("text", ["", "   ", "a\x00b", "a" * 501])
def test_what_is_no_query_is_refused(owner: Caller, text: str) -> None:
    answer = owner.get(PATH, {"q": text})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "q")


def test_without_a_query_it_is_refused(owner: Caller) -> None:
    answer = owner.get(PATH)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "q")


def test_nothing_of_another_organization(owner: Caller) -> None:
    globex = people.organization("Globex")
    indexed(globex, *LINES)
    theirs = {hit["transcript_id"] for hit in search(people.member(globex, "owner"), "invoice")["results"]}
    ours = {hit["transcript_id"] for hit in search(owner, "invoice")["results"]}
    assert len(theirs) == len(ours) == 1
    assert not theirs & ours


def test_filters_of_the_line_and_of_the_call(acme: Organization, owner: Caller) -> None:
    queue = Queue.objects.create(organization=acme, name="Billing")
    other = indexed(
        acme, ("agent", "One more invoice."), direction="outbound", queue=queue, created_at="2030-01-02T00:00:00Z"
    )
    for name, value in (
        ("direction", "outbound"),
        ("queue_id", str(queue.pk)),
        ("date_start", "2030-01-01"),
    ):
        page = search(owner, "invoice", **{name: value})
        assert [hit["transcript_id"] for hit in page["results"]] == [str(other.pk)], name
    assert by_words(owner, "invoice", speaker="customer") == {INVOICES}
    assert by_words(owner, "invoice", speaker="agent", date_end="2029-12-31") == {"I am sorry about the wrong invoice."}
    assert search(owner, "invoice", sentiment="positive")["results"] == []
    assert search(owner, "cancel my plan", speaker="agent", date_end="2029-12-31")["results"] == []


@pytest.mark.parametrize(
    "name", ["speaker", "sentiment", "direction", "queue_id", "agent_id", "date_start", "date_end"]
)
def test_a_filter_that_makes_no_sense_is_refused(owner: Caller, name: str) -> None:
    answer = owner.get(PATH, {"q": "invoice", name: "nonsense"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, name)


def test_pages(owner: Caller) -> None:
    everything = search(owner, "invoice or parcel or sunday or subscription")
    first = search(owner, "invoice or parcel or sunday or subscription", limit="2")
    second = owner.get(first["next"]).json()
    assert everything["count"] == first["count"]
    assert [hit["segment_id"] for hit in everything["results"][:4]] == [
        hit["segment_id"] for page in (first, second) for hit in page["results"]
    ]
    assert search(owner, "invoice", page="1000")["results"] == []
