"""Reports that belong together, on the pages of staff and of residents."""

from __future__ import annotations

import pytest

from civicconnect import reports
from civicconnect.media import Photo
from tests.offers import make_plain


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def clerk(signed_in):
    return signed_in("streets")


@pytest.fixture
def two(make_report):
    return make_report(description="A hole."), make_report(description="The same hole.")


def at(report, page=""):
    return f"/staff/reports/{report.reference}{page}"


def merge(clerk, lead, *others, **typed):
    fields = clerk.get(at(lead, "/merge")).form("/merge", do="here")
    return clerk.post(at(lead, "/merge"), fields | {
        "do": "here", "others": " ".join(one.reference for one in others)} | typed)


def test_a_report_nearby_is_chosen_merged_seen_by_everybody_and_taken_out_again(db_, clerk, visitor, two):
    lead, second = two
    page = clerk.get(at(lead, "/merge"))
    assert f"Pothole {second.reference} · right here" in page.words
    fields = page.form("/merge", do="here")
    done = clerk.post(at(lead, "/merge"), fields | {"do": "here", "child": second.reference})
    assert done.status == 303
    page = clerk.get(at(lead))
    assert "1 report goes on in this one" in page.words
    assert "Another report goes on in this one" in page.words
    own = visitor.get(f"/reports/{second.reference}")
    assert "The work goes on in another report of the same" in own.words
    assert any(link.endswith(f"/reports/{lead.reference}") for link in own.links())
    assert "Others reported the same" in visitor.get(f"/reports/{lead.reference}").words
    fields = page.form("/take-out")
    assert clerk.post(at(second, "/take-out"), fields).answer.headers["Location"].endswith(lead.reference)
    assert "It goes on by itself again" in clerk.get(at(second)).words
    assert clerk.post(at(second, "/take-out"), fields | {"seen": ""}).status == 409


def test_only_what_somebody_may_open_is_a_link_and_only_that_can_be_taken_out(
    clerk, signed_in, make_report, db_
):
    boss, hole, lamp = signed_in("supervisor"), make_report(), make_report(service="street-light")
    assert merge(boss, hole, lamp, reason="One accident.").status == 303
    page = clerk.get(at(hole))
    assert lamp.reference in page.words
    assert not [link for link in page.links() if link.endswith(at(lamp))]
    assert "Take it out" not in page.words
    assert f"Take it out ({lamp.reference})" in boss.get(at(hole)).words
    other = signed_in("lighting").get(at(lamp))
    assert f"It goes on in this report: Pothole {hole.reference}" in other.words
    assert not [link for link in other.links() if link.endswith(at(hole))]
    assert f"Take it out ({lamp.reference})" in other.words  # it is theirs
    assert [link for link in boss.get(at(lamp)).links() if link.endswith(at(hole))]


def test_a_refused_merge_keeps_what_was_typed_and_says_which_report_and_why(clerk, two, make_report):
    lead, second = two
    lamp = make_report(service="street-light")
    page = merge(clerk, lead, second, lamp, reason="One hole.")
    assert page.status == 422
    assert f"{lamp.reference}: There is no such report here." in page.words
    assert page.form("/merge", do="here")["others"] == f"{second.reference} {lamp.reference}"
    assert "One hole." in page.words
    assert "1 report goes on" not in clerk.get(at(lead)).words


def test_a_report_goes_on_in_one_that_is_named_and_a_repeat_names_its_lead(clerk, two, make_report):
    lead, second = two
    third = make_report()
    fields = clerk.get(at(second, "/merge")).form("/merge", do="into")
    assert clerk.post(at(second, "/merge"), fields | {"do": "into", "lead": lead.reference}).status == 303
    fields = clerk.get(at(third, "/merge")).form("/merge", do="into")
    page = clerk.post(at(third, "/merge"), fields | {"do": "into", "lead": second.reference})
    assert (page.status, f"Give the reference of that one: {lead.reference}" in page.words) == (422, True)
    for typed, said in (("", "Give the reference"), ("ZZZZZZZZ", "no such report")):
        page = clerk.post(at(third, "/merge"), fields | {"do": "into", "lead": typed})
        assert (page.status, said in page.words) == (422, True)


def test_a_merge_page_that_is_old_is_refused_with_every_word(clerk, db_, staff, two):
    lead, second = two
    fields = clerk.get(at(lead, "/merge")).form("/merge", do="here")
    reports.transition(db_, staff, lead.reference, "accept")
    page = clerk.post(at(lead, "/merge"), fields | {"do": "here", "others": second.reference})
    assert (page.status, "Someone else changed this report" in page.words) == (409, True)
    assert page.form("/merge", do="here")["others"] == second.reference


def test_photos_of_a_repeat_say_where_they_come_from(clerk, visitor, make_report):
    lead, second = make_report(), make_report(photos=(Photo("a" * 64, 40, 30),))
    merge(clerk, lead, second)
    for page in (clerk.get(at(lead)), visitor.get(f"/reports/{lead.reference}")):
        assert f"From report {second.reference}" in page.words


def split(clerk, report, **typed):
    fields = clerk.get(at(report, "/split")).form("/split", do="split")
    return clerk.post(at(report, "/split"), fields | {"do": "split"} | typed)


def test_a_report_is_divided_and_its_parts_are_linked_both_ways(clerk, visitor, db_, two):
    report, _ = two
    fields = clerk.get(at(report, "/split")).form("/split", do="split")
    page = clerk.post(at(report, "/split"), fields | {"do": "more", "description-1": "A deep hole."})
    assert (page.form("/split", do="split")["rows"], "A deep hole." in page.words) == ("4", True)
    done = split(clerk, report, **{"description-1": "A deep hole.", "service-3": "street-light",
                                   "description-3": "It is dark.", "reason": "Two crews."})
    assert done.status == 303
    hole, lamp = reports.parts_of(db_, report.number)
    page = clerk.get(at(report))
    assert "2 parts, 2 open" in page.words
    assert "It was divided into parts" in visitor.get(f"/reports/{report.reference}").words
    assert "It is a part of this report" in visitor.get(f"/reports/{lamp.reference}").words
    fields = page.form("/steps", verb="close")
    page = clerk.post(at(report, "/steps"), fields | {"verb": "close", "outcome": "fixed"})
    assert (page.status, "This report has open parts." in page.words) == (422, True)
    page = clerk.post(at(report, "/steps"), fields | {"verb": "close", "outcome": "fixed", "parts": "close"})
    assert "Some of its parts are with another department" in page.words
    assert clerk.get(at(hole)).words.count("It is a part of this report") == 1


def test_what_is_wrong_with_a_part_stands_beside_its_own_row(clerk, two):
    report, _ = two
    page = split(clerk, report, **{"description-2": "A hole.", "address-3": "Nowhere at all 99999 Zzyzx"})
    assert page.status == 422
    assert "address-3-error" in page.text
    assert page.form("/split", do="split")["description-2"] == "A hole."
    assert split(clerk, report).status == 422
    page = split(clerk, report, **{"description-2": "A hole.", "description-3": "x" * 4001})
    assert "description-3-error" in page.text


def test_photos_ticked_for_a_part_stay_ticked_and_a_row_with_one_is_no_empty_row(clerk, make_report):
    report = make_report(photos=(Photo("a" * 64, 40, 30), Photo("b" * 64, 40, 30)))
    page = split(clerk, report, **{"photos-2": ["b" * 64, "c" * 64], "description-3": "A lamp."})
    assert (page.status, "The report has this photo no more." in page.words) == (422, True)
    assert "Say what this part is about" in page.words
    ticked = [e.get("id") for e in page.tree.iter("input") if e.get("checked") is not None]
    assert ticked == ["photos-2-2"]


@pytest.mark.parametrize("page", ["/merge", "/split"])
def test_who_belongs_to_another_department_finds_none_of_these_pages(signed_in, visitor, two, page):
    other, stranger = signed_in("lighting"), visitor
    assert other.get(at(two[0], page)).status == 404
    assert stranger.get(at(two[0], page)).status == 302
