"""Who may open what: every role at every address, asked of the product itself."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import select

from civicconnect import accounts, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.media import Photo
from civicconnect.reports import NewLetter

LETTER = NewLetter("<one@home.example>", ContactDetails(), "Lamp", "It is dark.")

OPEN_TO_ALL = ["/", "/report", "/reports", "/reports.csv", "/reports.geojson", "/performance", "/data",
               "/healthz", "/sign-in", "/map.svg?lat=41.2&long=-33.4", "/privacy", "/terms", "/accessibility",
               "/tiles/ground/14/6671/6129.mvt", "/tiles/reports/14/6671/6129.mvt",
               "/theme.css", "/report/offline", "/report/offer.json", "/report/phone", "/report/token",
               "/sw.js", "/manifest.webmanifest", "/icon-192.png", "/performance/suggestion"]
# address: what a stranger, streets, lighting, supervisor and admin get for a streets report.
STAFF_ONLY = {
    "/staff": (302, 302, 302, 302, 302),
    "/staff/queue": (302, 200, 200, 200, 200),
    "/staff/reports/{reference}": (302, 200, 404, 200, 200),
    "/staff/new": (302, 200, 200, 200, 200),
    "/staff/new?letter={letter}": (302, 200, 200, 200, 200),
    "/staff/new/{reference}": (302, 200, 200, 200, 200),  # where it is, everybody knows
    "/staff/inbox": (302, 200, 200, 200, 200),
    "/staff/moderation": (302, 403, 403, 200, 200),
    "/staff/moderation/blocks": (302, 403, 403, 200, 200),
    "/staff/reports/{reference}/moderation": (302, 403, 403, 200, 200),
    "/staff/reports/{reference}/photos/{digest}": (302, 403, 403, 200, 200),
    "/staff/city": (302, 403, 403, 403, 200),  # the pages below it: test_city.py
}
# What only moderators may do, and what they find where nothing is to do. A stranger is sent to sign in.
MODERATING = {
    "/staff/moderation/{reference}/keep": 409,
    "/staff/reports/{reference}/hide": 422,
    "/staff/reports/{reference}/show": 409,
    "/staff/reports/{reference}/words": 404,
    "/staff/reports/{reference}/move": 422,
    "/staff/reports/{reference}/photos/{digest}/show": 409,
    "/staff/reports/{reference}/photos/{digest}/hide": 422,
    "/staff/reports/{reference}/photos/{digest}/blur": 422,
    "/staff/reports/{reference}/photos/{digest}/reveal": 404,
    "/staff/moderation/blocks": 422,
    "/staff/moderation/blocks/1/remove": 404,
}
PHOTO = Photo("a" * 64, 40, 30)
ENTERING = ("/staff/new", "/staff/new?letter={letter}", "/staff/new/{reference}", "/staff/inbox")
PEOPLE = (None, "streets", "lighting", "supervisor", "admin")


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_reads_the_public_pages(visitor, signed_in, who):
    person = signed_in(who) if who else visitor
    for address in OPEN_TO_ALL:
        expected = 302 if who and address == "/sign-in" else 200
        assert person.get(address).status == expected, address


@pytest.mark.parametrize("who", PEOPLE)
def test_staff_pages_open_for_their_own_department_only(visitor, signed_in, make_report, db_, who):
    reference = make_report(photos=(PHOTO,)).reference
    letter = reports.receive(db_, LETTER)
    person = signed_in(who) if who else visitor
    for address, expected in STAFF_ONLY.items():
        page = person.get(address.format(reference=reference, letter=letter, digest=PHOTO.digest))
        assert page.status == expected[PEOPLE.index(who)], address
        if page.status == 302 and not who:
            assert "/sign-in" in page.answer.headers["Location"]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("address", MODERATING)
def test_only_a_moderator_moderates(visitor, signed_in, make_report, db_, who, address):
    report = make_report(photos=(PHOTO,))
    person = signed_in(who) if who else visitor
    token = (person.get("/staff/queue").form("/sign-out") if who else
             person.get("/sign-in").form("/sign-in"))["csrf_token"]
    to = address.format(reference=report.reference, digest=PHOTO.digest)
    expected = {None: 302, "streets": 403, "lighting": 403}.get(who, MODERATING[address])
    assert person.post(to, {"csrf_token": token}).status == expected
    assert person.post(to, {}).status in (302, 400)  # and nobody does without a token
    db_.expire_all()
    assert reports.find(db_, report.reference, SYSTEM).events == 2


@pytest.fixture
def only_reads(signed_in, db_):
    """A clerk whose role was given no right to enter reports."""
    clerk = signed_in("streets")
    role = db_.scalars(select(accounts.Role).where(accounts.Role.name == "staff")).one()
    role.permissions = ["queue", "step", "note"]
    db_.flush()
    return clerk


def test_who_may_not_enter_reports_sees_neither_form_nor_letters(only_reads, make_report, db_):
    told = {"reference": make_report().reference, "letter": reports.receive(db_, LETTER)}
    page = only_reads.get("/staff/queue")
    assert not [link for link in page.links() if link in ("/staff/new", "/staff/inbox")]
    for address in ENTERING:
        assert only_reads.get(address.format(**told)).status == 403, address
    token = page.form("/sign-out")["csrf_token"]
    for address in ("/staff/new", f"/staff/inbox/{told['letter']}/drop"):
        typed = {"csrf_token": token, "reason": "No.", "do": "send", "id": str(uuid4()), "source": "call",
                 "service": "pothole", "answer-size": "plate", "place": "41.2,-33.4,1 Test Street"}
        assert only_reads.post(address, typed).status == 403, address
        assert only_reads.post(address, typed | {"same": told["reference"], "do": ""}).status == 403, address
    db_.expire_all()
    assert reports.count_reports(db_) == reports.count_waiting(db_) == 1
    assert reports.find(db_, told["reference"], SYSTEM).events == 2


@pytest.mark.parametrize("address", ["/staff/new", "/staff/inbox/{letter}/drop"])
def test_a_stranger_enters_nothing_and_nobody_does_without_a_token(visitor, signed_in, db_, address):
    letter = reports.receive(db_, LETTER)
    token = visitor.get("/sign-in").form("/sign-in")["csrf_token"]
    assert visitor.post(address.format(letter=letter), {"csrf_token": token}).status in (302, 401)
    assert signed_in("streets").post(address.format(letter=letter), {"reason": "No."}).status == 400
    assert reports.count_waiting(db_) == 1


@pytest.mark.parametrize("path", ["steps", "notes", "contact"])
def test_another_department_cannot_write(signed_in, make_report, db_, path):
    report = make_report()
    clerk = signed_in("lighting")
    token = clerk.get("/staff/queue").form("/sign-out")["csrf_token"]
    page = clerk.post(f"/staff/reports/{report.reference}/{path}", {
        "csrf_token": token, "verb": "accept", "note": "mine now"})
    assert page.status == 404
    db_.expire_all()
    assert reports.find(db_, report.reference, SYSTEM).events == 2


def test_a_write_without_its_token_changes_nothing(signed_in, make_report, db_):
    report = make_report()
    page = signed_in("streets").post(f"/staff/reports/{report.reference}/steps", {"verb": "accept"})
    assert page.status == 400
    db_.expire_all()
    assert reports.find(db_, report.reference, SYSTEM).status == "received"


def test_a_stranger_cannot_post_a_step(visitor, make_report):
    token = visitor.get("/sign-in").form("/sign-in")["csrf_token"]
    page = visitor.post(f"/staff/reports/{make_report().reference}/steps",
                        {"csrf_token": token, "verb": "accept"})
    assert page.status in (302, 401)


def test_a_wrong_password_says_so_beside_the_field_and_keeps_the_address(visitor):
    fields = visitor.get("/sign-in").form("/sign-in")
    page = visitor.post("/sign-in", fields | {"email": "streets@larkmouth.example", "password": "wrong"})
    assert page.status == 200
    assert page.form("/sign-in")["email"] == "streets@larkmouth.example"
    assert page.tree.find(".//*[@class='govuk-error-summary']") is not None


@pytest.mark.parametrize("body", ['"x"', "1", "{}", '{"email": "a@b.example", "password": "\\u0000"}'])
def test_a_sign_in_comes_from_the_form_alone(visitor, body):
    token = visitor.get("/sign-in").form("/sign-in")["csrf_token"]
    answer = visitor.client.post("/sign-in", data=body, content_type="application/json",
                                 headers={"X-CSRFToken": token})
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("address", ["/verify", "/fs-static/js/webauthn.js"])
def test_no_page_but_ours_is_served(signed_in, address):
    assert signed_in("streets").get(address).status == 404


def test_who_signed_out_is_a_stranger_again(signed_in):
    clerk = signed_in("streets")
    clerk.post("/sign-out", clerk.get("/staff/queue").form("/sign-out"))
    assert clerk.get("/staff/queue").status == 302


def test_sign_in_does_not_lead_to_another_host(visitor):
    fields = visitor.get("/sign-in?next=https://elsewhere.example/").form("/sign-in")
    page = visitor.post("/sign-in?next=https://elsewhere.example/", fields | {
        "email": "streets@larkmouth.example", "password": "a long password"})
    assert "elsewhere" not in page.answer.headers.get("Location", "")


def test_contact_details_are_shown_to_the_department_and_the_look_is_noted(
    signed_in, visitor, make_report
):
    details = {"name": "Ana", "email": "ana@home.example", "phone": "555 0101"}
    report = make_report(contact=ContactDetails(**details))
    address = f"/staff/reports/{report.reference}"
    clerk = signed_in("streets")
    before = clerk.get(address)
    assert "ana@home.example" not in before.text
    shown = clerk.post(f"{address}/contact", before.form("/contact"))
    assert "Ana · ana@home.example · 555 0101" in shown.words
    assert "Contact details looked at" in clerk.get(address).words
    for path in (f"/reports/{report.reference}", "/reports", "/reports.csv", "/reports.geojson"):
        public = visitor.get(path)
        assert not [v for v in details.values() if v in (public.text or public.bytes.decode())], path
        assert "looked at" not in public.text

