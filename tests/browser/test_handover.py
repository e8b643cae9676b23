"""A report leaves the desk in a real browser: asked about, answered, given to a firm, handed over."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default

import pytest

from civicconnect import accounts, reports
from tests.browser.test_journey import report_a_pothole
from tests.factories import staff_actor

pytestmark = pytest.mark.browser


def desk_of(phone, who):
    """Sign somebody in before a wide screen."""
    one = phone(width=1280, height=900)
    one.sign_in(who)
    return one


def link_of_letter(site):
    """Return where the newest letter to the firm leads; "" before it came."""
    for file in sorted((site.data / "letters").glob("*.eml"), reverse=True):
        letter = message_from_bytes(file.read_bytes(), policy=default)
        if letter["To"] == "w@hall.example":
            return re.search(r"/en/work/[0-9a-f]{48}", letter.get_body(("plain",)).get_content()).group()
    return ""


def sound(one):
    assert one.axe() == []
    assert one.overflow() <= 0


def test_a_report_is_asked_about_answered_given_away_and_handed_on(phone, site):
    resident = phone()
    reference = report_a_pothole(resident)
    own = resident.page.url
    with site.changing() as db_:
        chief = staff_actor(db_, "supervisor")
        streets = reports.find(db_, reference, accounts.SYSTEM).department_id
        firm = reports.keep_contractor(db_, chief, streets, "Hall & Sons", "w@hall.example", "en").id

    desk = desk_of(phone, "streets")
    page = desk.page
    desk.go(f"/staff/reports/{reference}")
    sound(desk)
    page.get_by_role("link", name="Ask whoever sent it").click()
    sound(desk)
    page.fill("#ask-question", "Which side of the street?")
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("It waits for its sender's answer until").wait_for()

    resident.page.goto(own)
    resident.page.get_by_role("heading", name="The city has a question").wait_for()
    sound(resident)
    resident.page.fill("#question-words", "The north side.")
    resident.tap(resident.page.get_by_role("button", name="Send the answer"))
    resident.page.get_by_text("We have your answer.").wait_for()

    desk.go(f"/staff/reports/{reference}")
    page.get_by_text("Its sender has answered.").wait_for()
    page.get_by_role("link", name="Contractor").click()
    page.select_option("#commission-contractor", str(firm))
    page.fill("#commission-task", "Fill it.")
    page.get_by_role("button", name="Give it to them").click()
    page.get_by_text("Hall & Sons").first.wait_for()
    site.wait_for(lambda: link_of_letter(site), 60)
    worker = phone()
    worker.go(link_of_letter(site))
    sound(worker)
    worker.tap(worker.page.get_by_role("button", name="We do it"))
    worker.page.get_by_text("Accepted", exact=True).wait_for()
    worker.page.fill("#done-note", "Two bags.")
    worker.tap(worker.page.get_by_role("button", name="It is done"))
    worker.page.get_by_text("The contractor says that it is done").wait_for()
    sound(worker)

    desk.go("/staff/tasks")
    page.get_by_text("A contractor says that it is done").first.wait_for()
    sound(desk)
    desk.go(f"/staff/reports/{reference}/handover")
    page.select_option("#to-to", "department:lighting")
    page.fill("#to-why", "The cable below is theirs.")
    page.get_by_role("button", name="Hand over", exact=True).click()
    page.get_by_text(f"Report {reference} is with Street Lighting now.").wait_for()
    resident.page.goto(own)
    resident.page.get_by_text("From Streets and Paving to Street Lighting.").wait_for()
    sound(resident)
    chief_desk = desk_of(phone, "supervisor")
    chief_desk.go("/staff/contractors")
    sound(chief_desk)
