"""What moderators decide: hidden, replaced, moved, blocked. Nothing leaks, and its sender reads why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from civicconnect import accounts, clock, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.catalog import catalog
from civicconnect.errors import Conflict, Invalid, NotAllowed, NotFound
from civicconnect.geo import Point
from civicconnect.media import Photo
from civicconnect.reports import Filter, Flag, NewReport, Person, ReportPhoto
from tests.factories import HERE, RESIDENT, new_report, staff_actor
from tests.offers import change_city, make_plain

ANA = ContactDetails(email="ana@home.example")
ELSEWHERE = Point(41.21, -33.41)
PHOTO = Photo("a" * 64, 40, 30)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def report(make_report):
    return make_report(description="By Ana's door, call 555 0199.", contact=ANA)


def person(text: str) -> Person:
    return Person(browser=text)


def told(db_, report, **how):
    """Return what somebody reads on the timeline, as one text."""
    return str([(e.verb, e.text) for e in reports.timeline(db_, report, **{"internal": False} | how)])


def public(db_):
    return list(reports.public_rows(db_, catalog(db_)))


def agree(db_):
    db_.flush()
    return reports.squares_agree(db_)


# Flags

def test_a_flagged_report_stands_in_the_queue_until_somebody_decides(db_, report, moderator):
    assert reports.flag(db_, RESIDENT, report.reference, person("one"), "personal", "A number.")
    assert reports.flag(db_, RESIDENT, report.reference, person("two"), "other", "It is my door.")
    [found] = reports.flagged(db_, moderator, 10)
    assert (found.report.reference, [f.words for f in found.flags]) == (
        report.reference, ["It is my door.", "A number."])
    assert reports.count_to_moderate(db_, moderator) == 1
    reports.keep(db_, moderator, report.reference)
    assert reports.flagged(db_, moderator, 10) == []
    assert reports.count_to_moderate(db_, moderator) == 0
    with pytest.raises(Conflict):
        reports.keep(db_, moderator, report.reference)


def test_nobody_flags_a_report_twice_even_after_it_was_decided(db_, report, moderator):
    assert reports.flag(db_, RESIDENT, report.reference, person("one"), "insulting")
    assert not reports.flag(db_, RESIDENT, report.reference, person("one"), "personal")
    reports.keep(db_, moderator, report.reference)
    assert not reports.flag(db_, RESIDENT, report.reference, person("one"), "personal")
    assert db_.scalar(select(func.count()).select_from(Flag)) == 1


@pytest.mark.parametrize(("reason", "words", "field"), [
    ("", "", "reason"), ("rude", "", "reason"), ("other", " ", "words"), ("personal", "x" * 501, "words")])
def test_a_flag_says_what_is_wrong(db_, report, reason, words, field):
    with pytest.raises(Invalid) as refused:
        reports.flag(db_, RESIDENT, report.reference, person("one"), reason, words)
    assert list(refused.value.fields) == [field]


def test_the_newest_flag_comes_first(db_, make_report, moderator):
    first, second = make_report(), make_report()
    reports.flag(db_, RESIDENT, first.reference, person("one"), "personal")
    reports.flag(db_, RESIDENT, second.reference, person("one"), "personal")
    with clock.stopped_at(clock.now() + DAY):
        reports.flag(db_, RESIDENT, first.reference, person("two"), "personal")
    assert [f.report.number for f in reports.flagged(db_, moderator, 10)] == [first.number, second.number]


# Hiding

def test_a_hidden_report_is_nowhere_and_comes_back(db_, report, moderator):
    before = public(db_)
    reports.hide(db_, moderator, report.reference, "personal", "A telephone number.")
    assert report.visibility == "hidden"
    assert public(db_) == []
    assert reports.count_public(db_, Filter(), catalog(db_)) == 0
    assert agree(db_)
    assert reports.is_hidden(db_, report.reference)
    with pytest.raises(NotFound):
        reports.find(db_, report.reference, RESIDENT)
    assert reports.find(db_, report.reference, staff_actor(db_, "streets"))
    reports.show(db_, moderator, report.reference)
    assert public(db_) == before
    assert agree(db_)
    assert list(reports.check_chains(db_)) == []


def test_showing_again_never_makes_a_private_report_public(db_, make_report, moderator):
    report = make_report()
    report.visibility = "private"
    db_.flush()
    reports.recount(db_)
    reports.hide(db_, moderator, report.reference, "not_report")
    reports.show(db_, moderator, report.reference)
    assert report.visibility == "private"


def test_hiding_decides_on_the_flags(db_, report, moderator):
    reports.flag(db_, RESIDENT, report.reference, person("one"), "personal")
    reports.hide(db_, moderator, report.reference, "personal")
    assert reports.count_to_moderate(db_, moderator) == 0


def test_only_its_sender_reads_why_it_is_hidden(db_, report, moderator):
    reports.hide(db_, moderator, report.reference, "personal", "It named a neighbour.")
    assert "It named a neighbour." in told(db_, report, sender=True)
    assert "neighbour" not in told(db_, report)
    assert "hide" not in told(db_, report)


@pytest.mark.parametrize(("because", "words", "field"), [
    ("", "", "because"), ("other", "", "why"), ("personal", "x" * 501, "why")])
def test_hiding_owes_its_sender_a_reason(db_, report, moderator, because, words, field):
    with pytest.raises(Invalid) as refused:
        reports.hide(db_, moderator, report.reference, because, words)
    assert list(refused.value.fields) == [field]
    assert report.visibility == "public"


def test_who_follows_a_hidden_report_hears_and_sees_no_more_of_it(db_, report, moderator):
    follower = reports.joined(db_, RESIDENT, report.reference,
                              Person(contact=ContactDetails(email="bea@home.example")), affected=True)
    assert len(reports.who_is_told(db_, report.number)) == 2
    reports.hide(db_, moderator, report.reference, "insulting")
    assert [one.role for one in reports.who_is_told(db_, report.number)] == ["sent"]
    assert reports.reports_of(db_, follower.person) == []
    assert len(reports.reports_of(db_, reports.person_of(ANA.email))) == 1
    with pytest.raises(NotFound):
        reports.add(db_, follower, "I know more.", ())
    with pytest.raises(NotFound):
        reports.answer(db_, follower, "still_there")


@pytest.mark.parametrize("do", [
    lambda db_, me, ref: reports.hide(db_, me, ref, "personal"),
    lambda db_, me, ref: reports.show(db_, me, ref),
    lambda db_, me, ref: reports.keep(db_, me, ref),
    lambda db_, me, ref: reports.rewrite(db_, me, ref, 1, "", "personal"),
    lambda db_, me, ref: reports.move(db_, me, ref, ELSEWHERE, "There"),
    lambda db_, me, ref: reports.show_photo(db_, me, ref, PHOTO.digest),
    lambda db_, me, ref: reports.hide_photo(db_, me, ref, PHOTO.digest, "personal"),
    lambda db_, me, ref: reports.blur(db_, me, None, ref, PHOTO.digest, [], "personal"),
    lambda db_, me, ref: reports.reveal(db_, me, None, ref, PHOTO.digest, "why not"),
])
def test_who_may_not_moderate_does_nothing_of_it(db_, report, do):
    with pytest.raises(NotAllowed):
        do(db_, staff_actor(db_, "streets"), report.reference)
    with pytest.raises(NotFound):  # not even that there is one
        do(db_, staff_actor(db_, "lighting"), report.reference)
    assert report.events == 2


# Other words

def test_replaced_words_are_read_by_nobody_without_the_right(db_, report, moderator):
    reports.rewrite(db_, moderator, report.reference, 1, "By a door.", "personal", "A number.",
                    address="Test Street")
    assert (report.description, report.address) == ("By a door.", "Test Street")
    [row] = public(db_)
    assert (row["description"], row["address"]) == ("By a door.", "Test Street")
    for how in ({}, {"sender": True}, {"internal": True}):
        assert "555 0199" not in told(db_, report, **how)
        assert "1 Test Street" not in told(db_, report, **how)
    assert "A number." not in told(db_, report)
    assert "A number." in told(db_, report, sender=True)
    versions = told(db_, report, internal=True, versions=True)
    assert "555 0199" in versions
    assert "By a door." in versions
    assert list(reports.check_chains(db_)) == []


def test_its_sender_goes_on_from_the_words_that_stand_and_can_still_erase_all(db_, report, moderator):
    reports.rewrite(db_, moderator, report.reference, 1, "By a door.", "personal")
    assert dict(reports.own_words(db_, report))[1]["description"] == "By a door."
    reports.redact(db_, report, 1, "By a green door.")
    assert report.description == "By a green door."
    assert "555 0199" not in told(db_, report, internal=True, versions=True)
    assert list(reports.check_chains(db_)) == []
    reports.rewrite(db_, moderator, report.reference, 1, "", "insulting")
    assert "green" not in told(db_, report, internal=True)
    assert "green" in told(db_, report, internal=True, versions=True)


def test_what_was_added_later_is_replaced_too(db_, report, moderator):
    sender = reports.sender(db_, report)
    reports.add(db_, sender, "Ring Bob at 555 0177.", ())
    seq = report.events
    reports.rewrite(db_, moderator, report.reference, seq, "Somebody knows more.", "personal")
    assert "555 0177" not in told(db_, report)
    assert "Somebody knows more." in told(db_, report)
    assert report.description == "By Ana's door, call 555 0199."


def test_the_reason_of_a_withdrawal_is_replaced_too(db_, report, moderator):
    reports.withdraw(db_, report, "Bob did it.")
    reports.rewrite(db_, moderator, report.reference, report.events, "", "personal")
    assert "Bob" not in told(db_, report)


@pytest.mark.parametrize("seq", [0, 2, 99])
def test_only_what_people_outside_wrote_is_replaced(db_, report, moderator, seq):
    with pytest.raises(NotFound):
        reports.rewrite(db_, moderator, report.reference, seq, "Other.", "personal")


def test_the_same_words_are_no_change(db_, report, moderator):
    with pytest.raises(Invalid):
        reports.rewrite(db_, moderator, report.reference, 1, report.description, "personal")


# Another place

def test_a_moved_report_lies_in_its_new_areas_and_squares(db_, report, moderator):
    desk, due = report.department_id, report.due_at
    reports.move(db_, moderator, report.reference, ELSEWHERE, "2 Other Street")
    db_.expire_all()
    report = reports.find(db_, report.reference, SYSTEM)
    beside = reports.around(db_, report)
    assert beside.point == ELSEWHERE
    assert (report.department_id, report.due_at, report.address) == (desk, due, "2 Other Street")
    new = next(e for e in reports.timeline(db_, report, internal=False) if e.verb == "move")
    assert new.facts["areas"] == sorted((a.key for a in beside.areas), key=new.facts["areas"].index)
    assert "1 Test Street" not in told(db_, report)
    assert "1 Test Street" in told(db_, report, internal=True, versions=True)
    assert agree(db_)
    assert list(reports.check_chains(db_)) == []


def test_after_a_move_no_words_bring_the_old_place_back(db_, report, moderator):
    reports.move(db_, moderator, report.reference, ELSEWHERE, "2 Other Street")
    reports.rewrite(db_, moderator, report.reference, 1, "Here.", "personal")
    assert "1 Test Street" not in told(db_, report)
    reports.redact(db_, report, 1, "There.")
    assert "1 Test Street" not in told(db_, report)


@pytest.mark.parametrize(("point", "address"), [
    (Point(0.0, 0.0), "Far away"), (HERE, "1 Test Street"), (ELSEWHERE, "x" * 301)])
def test_a_report_moves_only_to_another_place_in_the_city(db_, report, moderator, point, address):
    with pytest.raises(Invalid):
        reports.move(db_, moderator, report.reference, point, address)


# Photos

def test_photos_wait_for_a_first_look_where_the_city_says_so(db_, make_report, moderator, staff):
    change_city(db_, photos={"first_look": True})
    report = make_report(photos=(PHOTO,))
    assert not reports.photo_is_public(db_, PHOTO.digest)
    assert reports.around(db_, report).shown([PHOTO.digest]) == ()
    assert reports.photo_is_seen_by(db_, staff, PHOTO.digest)
    assert [(r.number, d) for r, d in reports.photos_waiting(db_, moderator, 9)] == [
        (report.number, PHOTO.digest)]
    assert reports.count_to_moderate(db_, moderator) == 1
    reports.show_photo(db_, moderator, report.reference, PHOTO.digest)
    assert reports.photo_is_public(db_, PHOTO.digest)
    with pytest.raises(Conflict):
        reports.show_photo(db_, moderator, report.reference, PHOTO.digest)


def test_what_staff_send_has_been_looked_at(db_, staff):
    change_city(db_, photos={"first_look": True})
    reports.enter(db_, staff, new_report(photos=(PHOTO,), source="call"))
    assert reports.photo_is_public(db_, PHOTO.digest)


def test_a_photo_added_later_waits_as_well(db_, report):
    change_city(db_, photos={"first_look": True})
    reports.add(db_, reports.sender(db_, report), "", (PHOTO,))
    assert db_.scalar(select(ReportPhoto.state)) == "waiting"


def test_a_hidden_photo_is_seen_by_its_sender_and_staff_alone(db_, make_report, moderator, staff):
    report = make_report(photos=(PHOTO,))
    reports.hide_photo(db_, moderator, report.reference, PHOTO.digest, "personal")
    assert not reports.photo_is_public(db_, PHOTO.digest)
    assert reports.photo_is_seen_by(db_, staff, PHOTO.digest)
    assert PHOTO.digest in reports.around(db_, report).photos
    with pytest.raises(NotFound):
        reports.hide_photo(db_, moderator, report.reference, "b" * 64, "personal")


# Blocks

def test_a_blocked_sender_reads_whom_to_call_and_not_why(db_, make_report, moderator):
    until = clock.now() + DAY
    made = reports.block(db_, moderator, "Forty reports of one lamp.", until, email=" ANA@home.example")
    with pytest.raises(Invalid) as refused:
        make_report(contact=ANA)
    said = " ".join(refused.value.fields["email"])
    assert "Forty reports" not in said  # whoever typed the address may be anybody
    assert catalog(db_).city.contact["phone"] in said
    make_report()  # without a name nobody knows them
    make_report(contact=ContactDetails(email="bea@home.example"))
    with clock.stopped_at(until):
        make_report(contact=ANA)
    reports.unblock(db_, moderator, made.id)
    make_report(contact=ANA)
    assert made.removed_by == moderator.name
    with pytest.raises(Conflict):
        reports.unblock(db_, moderator, made.id)
    assert "ana" not in str([vars(b) for b in db_.scalars(reports.blocks())]).casefold()


def test_a_blocked_sender_adds_nothing_to_an_older_report(db_, report, moderator):
    reports.block(db_, moderator, "Insults.", clock.now() + DAY, email=ANA.email)
    with pytest.raises(Invalid):
        reports.add(db_, reports.sender(db_, report), "More.", ())


def test_from_a_blocked_area_come_only_reports_with_a_name(db_, make_report, moderator, staff):
    area = reports.around(db_, make_report()).areas[-1].key
    now = clock.now()
    reports.block(db_, moderator, "A hundred invented holes.", now + 2 * DAY, area=area, since=now + DAY)
    make_report()  # it has not begun
    with clock.stopped_at(now + DAY):
        with pytest.raises(Invalid) as refused:
            make_report()
        assert "A hundred invented holes." in str(refused.value)
        make_report(contact=ANA)
        make_report(contact=ContactDetails(phone="555 0100"))
        reports.enter(db_, staff, new_report(source="call"))  # staff know whom they have on the telephone


@pytest.mark.parametrize(("given", "field"), [
    ({}, "email"), ({"email": "a@b.example", "area": "ward:1"}, "email"),
    ({"email": "a@b.example", "reason": " "}, "reason"),
    ({"email": "a@b.example", "reason": "x" * 301}, "reason"),
    ({"email": "a@b.example", "days": -1}, "until"), ({"area": "ward:1", "since": 2}, "until")])
def test_a_block_says_whom_why_and_until_when(db_, moderator, given, field):
    now = clock.now()
    since = now + given["since"] * DAY if "since" in given else None
    with pytest.raises(Invalid) as refused:
        reports.block(db_, moderator, given.get("reason", "Why."), now + given.get("days", 1) * DAY,
                      email=given.get("email", ""), area=given.get("area", ""), since=since)
    assert list(refused.value.fields) == [field]


def test_who_may_not_moderate_blocks_nobody(db_, staff):
    with pytest.raises(NotAllowed):
        reports.block(db_, staff, "Why.", clock.now() + DAY, email="a@b.example")


def test_the_same_form_sent_again_by_somebody_blocked_since_is_still_the_same_report(db_, moderator):
    new: NewReport = new_report(contact=ANA)
    first = reports.submit(db_, RESIDENT, new)
    reports.block(db_, moderator, "Why.", clock.now() + DAY, email=ANA.email)
    assert reports.submit(db_, RESIDENT, new).reference == first.reference


def test_the_roles_that_may_moderate_are_written_down():
    assert [role for role, may in accounts.ROLES.items() if "moderate" in may] == ["supervisor", "admin"]
