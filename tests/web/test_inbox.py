"""The inbox: a letter becomes a report, belongs to one, or is put away with a reason."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select

from civicconnect import media, reports
from civicconnect.accounts import ContactDetails
from civicconnect.geo import Address
from civicconnect.reports import Incoming, NewLetter, Report
from tests.web.test_staff import counted

ANA = ContactDetails("Ana", "ana@home.example")


@pytest.fixture
def arrive(db_):
    """Let letters come in."""
    def one(message_id="<1>", **told):
        wanted = {"sender": ANA, "subject": "A pothole", "words": "There is a hole."} | told
        return db_.get(Incoming, reports.receive(db_, NewLetter(message_id, **wanted)))
    return one


@pytest.fixture
def clerk(signed_in):
    return signed_in("streets")


def test_a_letter_opens_the_form_with_what_it_says_and_becomes_a_report(
    clerk, arrive, db_, given, photo_file
):
    photo = media.accept(media.Store(given.data_folder / "photos"), io.BytesIO(photo_file.read_bytes()))
    number, street = db_.execute(select(Address.number, Address.street).order_by(Address.id).limit(1)).one()
    letter = arrive(words=f"There is a hole outside {number} {street}.", photos=(photo,))
    page = clerk.get("/staff/inbox")
    assert f"Perhaps: Pothole, {number} {street}" in page.words
    assert "Ana · ana@home.example" in page.words
    page = clerk.get(next(link for link in page.links() if "letter=" in link))
    fields = page.form("/staff/new")
    assert (fields["source"], fields["service"], fields["email"]) == ("email", "pothole", "ana@home.example")
    assert fields["place"].endswith(f"{number} {street}")
    clerk.follow(clerk.post("/staff/new", fields | {"do": "send", "answer-size": "plate"}))
    db_.expire_all()
    report = db_.scalars(select(Report)).one()
    assert (report.source, report.address) == ("email", f"{number} {street}")
    assert reports.around(db_, report).photos == (photo.digest,)
    assert report.contact_id != letter.contact_id
    assert (letter.state, letter.report_number) == ("taken", report.number)
    assert "No letter waits." in clerk.get("/staff/inbox").words


def test_a_letter_that_means_a_report_leads_to_it(clerk, arrive, make_report, db_):
    letter, report = arrive(), make_report()
    fields = clerk.get(f"/staff/new?letter={letter.id}").form("/staff/new")
    clerk.follow(clerk.post("/staff/new", fields | {"same": report.reference}))
    db_.expire_all()
    assert letter.report_number == report.number
    assert "There is a hole." in reports.timeline(db_, report, internal=True)[-1].text["note"]


def test_a_letter_two_clerks_open_becomes_one_report(signed_in, arrive, db_):
    letter = arrive()
    forms = [(clerk, clerk.get(f"/staff/new?letter={letter.id}").form("/staff/new"))
             for clerk in (signed_in("streets"), signed_in("lighting"))]
    typed = {"do": "send", "answer-size": "plate", "place": "41.2,-33.4,1 Test Street", "service": "pothole"}
    first, second = [clerk.post("/staff/new", fields | typed) for clerk, fields in forms]
    assert (first.status, second.status) == (303, 409)
    assert "A colleague has dealt with this letter meanwhile" in second.words
    assert db_.scalar(select(func.count()).select_from(Report)) == 1


def test_a_letter_is_put_away_with_a_reason(clerk, arrive, db_):
    letter = arrive()
    fields = clerk.get("/staff/inbox").form("/drop")
    page = clerk.post(f"/staff/inbox/{letter.id}/drop", fields | {"reason": " "})
    assert page.status == 422
    assert "Say why this is no report" in page.words
    address, told = f"/staff/inbox/{letter.id}/drop", {"reason": "An advertisement."}
    page = clerk.follow(clerk.post(address, fields | told))
    assert "No letter waits." in page.words
    db_.expire_all()
    assert (letter.state, letter.reason) == ("dropped", "An advertisement.")
    assert clerk.get(f"/staff/new?letter={letter.id}").status == 409
    assert clerk.post(f"/staff/inbox/{letter.id}/drop", fields | {"reason": "Other."}).status == 409


@pytest.mark.parametrize("letter", ["999999", "x", "-1", "9" * 40])
def test_a_letter_that_is_not_there_is_a_page_that_says_so(clerk, letter):
    assert clerk.get(f"/staff/new?letter={letter}").status == 404


def test_a_letter_s_words_do_no_harm_on_the_page(clerk, arrive):
    arrive(subject="<script>alert(1)</script>", words="<img src=x onerror=alert(1)>" * 50)
    page = clerk.get("/staff/inbox")
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


def test_the_inbox_asks_the_database_equally_often_however_full_it_is(clerk, arrive, database):
    arrive("<0>")
    clerk.get("/staff/inbox")
    with counted(database) as few:
        clerk.get("/staff/inbox")
    for n in range(1, 60):
        arrive(f"<{n}>")
    with counted(database) as many:
        page = clerk.get("/staff/inbox")
    assert len(many) == len(few) <= 16
    assert "60 letters wait" in page.words
    assert "These are the oldest." in page.words


def test_nobody_but_staff_learns_of_a_letter(visitor, arrive):
    arrive(words="Secret words.")
    for path in ("/reports", "/reports.csv", "/reports.geojson"):
        assert b"Secret words" not in visitor.get(path).bytes
