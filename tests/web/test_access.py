"""Who may open what: every role at every address, asked of the product itself."""

from __future__ import annotations

import pytest

from civicconnect import reports
from civicconnect.accounts import SYSTEM, ContactDetails

OPEN_TO_ALL = ["/", "/report", "/reports", "/reports.csv", "/reports.geojson", "/performance", "/data",
               "/healthz", "/sign-in", "/map.svg?lat=41.2&long=-33.4"]
# address: what a stranger, streets, lighting, supervisor and admin get for a streets report.
STAFF_ONLY = {
    "/staff": (302, 302, 302, 302, 302),
    "/staff/queue": (302, 200, 200, 200, 200),
    "/staff/reports/{reference}": (302, 200, 404, 200, 200),
}
PEOPLE = (None, "streets", "lighting", "supervisor", "admin")


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_reads_the_public_pages(visitor, signed_in, who):
    person = signed_in(who) if who else visitor
    for address in OPEN_TO_ALL:
        expected = 302 if who and address == "/sign-in" else 200
        assert person.get(address).status == expected, address


@pytest.mark.parametrize("who", PEOPLE)
def test_staff_pages_open_for_their_own_department_only(visitor, signed_in, make_report, who):
    reference = make_report().reference
    person = signed_in(who) if who else visitor
    for address, expected in STAFF_ONLY.items():
        page = person.get(address.format(reference=reference))
        assert page.status == expected[PEOPLE.index(who)], address
        if page.status == 302 and not who:
            assert "/sign-in" in page.answer.headers["Location"]


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

