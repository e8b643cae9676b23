"""Who saw and changed what can be read, by those who may; and a report opened from elsewhere is told."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from civicconnect import accounts, clock, reports
from civicconnect.accounts import ContactDetails, Staff
from civicconnect.accounts.models import staff_department
from civicconnect.catalog import catalog
from tests.counting import counted
from tests.factories import staff_actor


@pytest.fixture
def looked_at(db_, make_report, staff):
    """A report whose contact details somebody looked at, and which was then closed."""
    report = make_report(contact=ContactDetails(email="ana@home.example"))
    reports.contact(db_, staff, report.reference)
    reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})
    return report.reference


def rows(page):
    return [" ".join(" ".join(row.itertext()).split()) for row in page.tree.findall(".//tbody/tr")]


def kinds(told):
    return {line["what"] for line in told} - {"audit_csv"}


def lines(visitor, **asked):
    return list(csv.DictReader(io.StringIO(visitor.get("/staff/audit/audit.csv", query_string=asked)
                                           .bytes.decode())))


def test_the_audit_says_who_looked_and_who_changed(signed_in, looked_at):
    page = signed_in("supervisor").get("/staff/audit")
    assert page.status == 200
    told = rows(page)
    assert any("streets" in row and "Contact details looked at" in row and looked_at in row for row in told)
    assert any("Closed" in row and looked_at in row for row in told)
    assert "ana@home.example" not in page.text


@pytest.mark.parametrize(("asked", "found"), [
    ({}, {"look", "close"}), ({"kind": "looks"}, {"look"}), ({"kind": "changes"}, {"close"}),
    ({"kind": "look"}, {"look"}), ({"kind": "people"}, set()), ({"kind": "nonsense"}, set()),
    ({"by": "staff:0"}, set()), ({"reference": "NOTHERE1"}, set()),
    ({"since": "2001-01-01", "until": "2001-01-02"}, set()),
    ({"since": "never", "until": "2"}, {"look", "close"}), ({"since": "2199-01-01"}, {"look", "close"}),
])
def test_it_is_filtered_by_person_kind_day_and_reference(signed_in, looked_at, asked, found):
    assert kinds(lines(signed_in("supervisor"), **asked)) == found


def test_taking_it_away_is_kept_too(signed_in, looked_at):
    supervisor = signed_in("supervisor")
    lines(supervisor, reference=looked_at)
    kept = [line for line in lines(supervisor) if line["what"] == "audit_csv"]
    assert len(kept) == 1
    assert looked_at in kept[0]["facts"]


def test_a_supervisor_of_one_department_reads_of_that_one_alone(signed_in, looked_at, db_):
    supervisor = db_.scalars(select(Staff).where(Staff.email == "supervisor@larkmouth.example")).one()
    supervisor.roles[0].permissions = [p for p in supervisor.roles[0].permissions if p != "see_all"]
    lighting, streets = (catalog(db_).departments[code].id for code in ("lighting", "streets"))
    for what, about in (("rights", "staff:1"), ("rules_save", "x")):
        accounts.note_audit(db_, staff_actor(db_, "streets"), what, about)
    visitor = signed_in("supervisor")
    db_.execute(insert(staff_department).values(staff_id=supervisor.id, department_id=lighting))
    assert not kinds(lines(visitor))
    db_.execute(insert(staff_department).values(staff_id=supervisor.id, department_id=streets))
    assert {"look", "close", "rights", "rules_save"} <= kinds(lines(visitor))


def test_the_audit_asks_little(signed_in, looked_at, database):
    supervisor = signed_in("supervisor")
    with counted(database) as asked:
        assert supervisor.get("/staff/audit").status == 200
    assert len(asked) <= 12, "\n".join(asked)


def test_a_cell_is_no_formula(signed_in, db_):
    accounts.note_audit(db_, staff_actor(db_, "admin"), "rules_save", "=1+1")
    assert "'=1+1" in [line["about"] for line in lines(signed_in("admin"))]


# Opening a report of others

@pytest.fixture
def outsider(signed_in):
    return signed_in("lighting")


def break_in(visitor, reference, reason="The lamp there burns, they are at lunch."):
    fields = visitor.get("/staff/break-glass").form("/staff/break-glass")
    return visitor.post("/staff/break-glass", fields | {"reference": reference, "reason": reason})


def test_a_report_of_others_opens_for_an_hour_and_its_department_reads_why(
    outsider, signed_in, visitor, make_report
):
    reference = make_report().reference
    assert outsider.get(f"/staff/reports/{reference}").status == 404
    assert "they are at lunch" in outsider.follow(break_in(outsider, reference)).words
    assert break_in(outsider, reference).status == 409
    assert "they are at lunch" in signed_in("streets").get(f"/staff/reports/{reference}").words
    assert "lunch" not in visitor.get(f"/reports/{reference}").words
    assert reference not in outsider.get("/staff/queue").text
    audit = rows(signed_in("supervisor").get("/staff/audit"))
    told = [row for row in audit if "Opened from elsewhere" in row]
    assert len(told) == 1
    assert "lighting" in told[0]
    assert reference in told[0]
    with clock.stopped_at(clock.now() + timedelta(minutes=61)):
        assert outsider.get(f"/staff/reports/{reference}").status == 404


@pytest.mark.parametrize(("reason", "status"), [
    ("", 422), ("because", 422), ("x" * 501, 422), ("x" * 500, 303)])
def test_a_reason_is_owed(outsider, make_report, reason, status):
    assert break_in(outsider, make_report().reference, reason).status == status


def test_what_is_not_there_or_is_mine_is_not_broken_open(outsider, signed_in, make_report):
    assert break_in(outsider, "NOTHERE1").status == 422
    assert break_in(signed_in("streets"), make_report().reference).status == 409


def test_who_reads_earlier_words_or_takes_the_settings_away_is_kept(signed_in, make_report, db_, moderator):
    quiet, changed = make_report(), make_report(description="Ring Ana Arroyo.")
    reports.rewrite(db_, moderator, changed.reference, 1, "A light is out.", "personal")
    supervisor, admin = signed_in("supervisor"), signed_in("admin")
    for report in (quiet, changed):
        assert supervisor.get(f"/staff/reports/{report.reference}/moderation").status == 200
    assert admin.get("/staff/city/folder.zip").status == 200
    told = {line["what"]: line for line in lines(admin, kind="looks")}
    assert set(told) == {"versions", "city_zip"}
    assert (told["versions"]["actor"], told["versions"]["about"]) == (moderator.name, changed.reference)
    assert '"files": ' in told["city_zip"]["facts"]
    assert not any("Ana" in line["facts"] for line in told.values())
    page = admin.get(f"/staff/audit?reference={changed.reference}")
    assert "Earlier words of a report looked at" in page.words
