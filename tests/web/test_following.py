"""After the sending, on the pages: me too, follow, more, taking back, the answer, the end of letters."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import delete, select

from civicconnect import jobs, notify, reports
from civicconnect.accounts import SYSTEM, ContactDetails
from civicconnect.app import handlers
from civicconnect.reports import Follower, Report
from tests.factories import RESIDENT
from tests.journeys.test_from_form_to_export import send
from tests.offers import change_service, make_plain
from tests.web.test_photos import picture

ANA = ContactDetails(email="ana@home.example")


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def own(visitor):
    """Send a report; returns its page as its sender sees it."""
    return visitor.follow(send(visitor, description="By Ana's door, call 555 0199 now."))


@pytest.fixture
def report(db_, own):
    return db_.scalars(select(Report).order_by(Report.number.desc()).limit(1)).one()


@pytest.fixture
def close(db_, staff, report):
    return lambda: reports.transition(db_, staff, report.reference, "close", {"outcome": "fixed"})


def submit(visitor, page, action, **typed):
    """Fill in one of the page's small forms and send it."""
    return visitor.post(address(page, action), page.form(action) | typed)


def address(page, action):
    return next(f.get("action") for f in page.tree.iter("form") if (f.get("action") or "").endswith(action))


def again(db_, report):
    db_.expire_all()
    return reports.find(db_, report.reference, SYSTEM)


def test_one_tap_says_that_it_affects_somebody_too_and_a_second_tap_nothing(someone, report, db_):
    neighbour = someone()
    for _ in range(2):
        page = neighbour.follow(submit(neighbour, neighbour.get(f"/reports/{report.reference}"), "/me-too"))
        assert "You are counted." in page.words
        assert page.answer.headers["Cache-Control"] == "no-store"
    assert again(db_, report).people == 2
    assert "It affects 2 people who said so." in someone().get(f"/reports/{report.reference}").words


def test_other_browsers_are_other_people(someone, report, db_):
    for _ in range(3):
        stranger = someone()
        submit(stranger, stranger.get(f"/reports/{report.reference}"), "/me-too")
    assert again(db_, report).people == 4


def test_the_cookie_that_keeps_count_is_out_of_reach_for_scripts(someone, report):
    stranger = someone()
    public = stranger.get(f"/reports/{report.reference}")
    assert not [c for c in public.answer.headers.getlist("Set-Cookie") if c.startswith("civic_device")]
    answer = submit(stranger, public, "/me-too").answer
    [cookie] = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("civic_device")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("email", ["", "ana", "a b@c", "a@b\nc", "x" * 200 + "@home.example"])
def test_following_asks_for_an_address_that_is_one(someone, report, email):
    stranger = someone()
    page = submit(stranger, stranger.get(f"/reports/{report.reference}"), "/follow", email=email)
    assert page.status == 422
    assert "Write an e-mail address like name@example.com." in page.words


def test_who_follows_is_told_and_stops_the_letters_with_one_click(someone, report, db_, close):
    stranger = someone()
    page = submit(stranger, stranger.get(f"/reports/{report.reference}"), "/follow", email="bea@home.example")
    thanks = stranger.follow(page)
    assert "You will be told of each step." in thanks.words
    assert "/follow/" not in page.answer.headers["Location"]  # the key goes there, not to whoever types it
    jobs.drain(handlers())
    assert len(notify.letterbox().letters()) == 1
    close()
    jobs.drain(handlers())
    letter = notify.letterbox().letters()[0].read_text()
    stop = re.search(r"/en/follow/[\w-]+/stop", letter.replace("=\r\n", "").replace("=\n", ""))[0]
    assert "Send no more" in stranger.get(stop).words
    # As a mail program does it: without our page, its cookie or its token.
    assert someone().post(stop, {"List-Unsubscribe": "One-Click"}).status == 303
    assert "go to you any more" in stranger.get(stop).words
    assert reports.who_is_told(db_, report.number) == []


def test_its_sender_adds_words_and_photos(visitor, own, report, someone):
    photo = (io.BytesIO(picture(10)), "a.jpg")
    page = visitor.follow(submit(visitor, own, "/more", words="It grew.", photo=photo))
    assert "We have added it." in page.words
    public = someone().get(f"/reports/{report.reference}")
    assert "It grew." in public.words
    assert public.text.count("/media/") == 2


def test_a_refused_addition_keeps_its_words_and_its_photo(visitor, own):
    refused = submit(visitor, own, "/more", words="x" * 4001, photo=(io.BytesIO(picture(10)), "a.jpg"))
    assert refused.status == 422
    assert "Use at most 4000 characters." in refused.words
    fields = refused.form("/more")
    assert fields["words"] == "x" * 4001
    assert fields["photo_kept"]
    bad = submit(visitor, own, "/more", words="Look.", photo=(io.BytesIO(b"no photo"), "a.jpg"))
    assert (bad.status, bad.form("/more")["words"]) == (422, "Look.")


def test_its_sender_takes_words_back_for_good(visitor, own, report, someone, db_):
    page = visitor.follow(submit(visitor, own, "/words", words="By a door."))
    assert "It is changed, and what stood there is erased." in page.words
    public = someone().get(f"/reports/{report.reference}")
    assert "By a door." in public.words
    assert "555 0199" not in public.text + visitor.get("/reports.csv").bytes.decode()
    assert list(reports.check_chains(db_)) == []


def test_its_sender_takes_a_photo_back(visitor, db_):
    page = visitor.follow(send(visitor, description="Look.", photo=(io.BytesIO(picture(10)), "a.jpg")))
    fields = page.form("/words")
    digest = fields.pop("photo")
    assert fields["photo_offered"] == digest
    shown = visitor.follow(visitor.post(address(page, "/words"), fields))
    assert "/media/" not in shown.text
    assert visitor.get(f"/media/{digest}.jpg").status == 404


def test_its_sender_takes_the_whole_report_back(visitor, own, report, db_):
    page = visitor.follow(submit(visitor, own, "/withdraw", reason="It is mended."))
    assert "The report is taken back." in page.words
    assert again(db_, report).outcome == "withdrawn"
    everybody = visitor.get(f"/reports/{report.reference}")
    assert "This affects me too" not in everybody.words
    assert "Closed on" not in everybody.words  # nobody of the city closed it
    assert submit(visitor, own, "/withdraw", reason="It is mended.").status == 303  # a second tap
    assert again(db_, report).events == 3


def test_the_reason_for_taking_back_what_is_closed_meanwhile_stays_typed(visitor, own, close):
    close()
    late = submit(visitor, own, "/withdraw", reason="My neighbour filled it.")
    assert late.status == 409
    assert "is not possible while the report is closed" in late.words
    assert late.form("/more")["words"] == "My neighbour filled it."


def test_whoever_sent_a_report_counts_once_in_their_browser_too(visitor, own, report, db_):
    page = visitor.follow(submit(visitor, visitor.get(f"/reports/{report.reference}"), "/me-too"))
    assert "You are counted." in page.words
    assert "/follow/" not in page.text.replace(f"/reports/{report.reference}/follow", "")  # nobody else's key
    assert again(db_, report).people == 1


def test_only_its_sender_is_thanked_for_a_report(own, report, someone):
    assert "Thank you. We have your report." in own.words
    assert "Thank you. We have your report." not in someone().get(f"/reports/{report.reference}?sent=1").words


@pytest.mark.parametrize("first", ["letter", "browser"])
def test_one_browser_is_one_voice_whatever_key_it_holds(someone, report, db_, close, first):
    bea = someone()
    public = bea.get(f"/reports/{report.reference}")
    submit(bea, public, "/follow", email="bea@home.example")
    pages = {"browser": bea.follow(submit(bea, public, "/me-too")).answer.request.path}
    email = reports.person_of("bea@home.example")
    held = db_.scalars(select(Follower).where(Follower.person == email)).one()
    pages["letter"] = f"/follow/{reports.key_of(held)}"
    close()
    for way in (first, *(set(pages) - {first})):
        bea.post(f"{pages[way]}/fixed", bea.get(pages[way]).form("/fixed") | {"says": "still_there"})
    assert again(db_, report).status == "closed"
    assert again(db_, report).people == 2
    cat = someone()
    page = cat.follow(submit(cat, cat.get(f"/reports/{report.reference}"), "/me-too"))
    submit(cat, page, "/fixed", says="still_there")
    assert again(db_, report).status == "accepted"


def test_who_only_follows_takes_nothing_back(someone, own, report, db_):
    stranger = someone()
    page = stranger.follow(submit(stranger, stranger.get(f"/reports/{report.reference}"), "/me-too"))
    assert "Take it back" not in page.words
    key = re.search(r"/follow/([\w-]+)/more", address(page, "/more"))[1]
    token = page.form("/more")["csrf_token"]
    for what in ("withdraw", "words"):
        typed = {"csrf_token": token, "seq": "1", "words": ""}
        assert stranger.post(f"/follow/{key}/{what}", typed).status == 403
    assert again(db_, report).status == "received"


def test_an_answer_from_a_letter_asks_first_and_still_there_reopens(own, report, close, db_, someone):
    close()
    key = reports.key_of(reports.sender(db_, report))
    ask = someone().get(f"/follow/{key}/fixed?says=still_there")
    assert "You tapped: It is still there" in ask.words
    assert again(db_, report).status == "closed"  # a mail program that looks says nothing
    stranger = someone()
    ask = stranger.get(f"/follow/{key}/fixed?says=still_there")
    page = stranger.follow(submit(stranger, ask, "/fixed", says="still_there"))
    assert "We have your answer." in page.words
    assert again(db_, report).status == "accepted"
    public = someone().get(f"/reports/{report.reference}").words
    assert "People say that it is still there" in public
    assert "Reopened: it is still there" in public


def test_an_answer_with_words_stands_on_the_page(visitor, own, report, close, db_):
    close()
    page = visitor.get(own.answer.request.path + "?" + own.answer.request.query_string.decode())
    said = submit(visitor, page, "/fixed", says="fixed", words="Well done.")
    shown = visitor.follow(said).words
    assert "You said: It is fixed." in shown
    assert "Well done." in shown
    assert "People confirm that it is fixed" in shown
    assert submit(visitor, page, "/fixed", says="").status == 422


@pytest.mark.parametrize("what", ["", "/fixed", "/stop"])
def test_a_wrong_key_is_no_page(visitor, report, what):
    for key in ("1", "x", "1-" + "0" * 24, "9" * 30 + "-a", "%F0%9F%92%A9"):
        assert visitor.get(f"/follow/{key}{what}").status == 404


def test_an_address_given_later_gets_letters(visitor, own, report, db_):
    page = visitor.follow(submit(visitor, own, "/address", email="ana@home.example"))
    assert "You are told of each step by e-mail." in page.words
    assert submit(visitor, own, "/address", email="nobody").status == 422
    assert db_.scalars(select(Follower.role).where(Follower.is_told)).all() == ["sent"]


def test_my_reports_by_a_link(visitor, make_report, someone):
    make_report(contact=ANA)
    ask = visitor.get("/me")
    assert visitor.post("/me", ask.form("/me") | {"email": "ana"}).status == 422
    for email in ("ana@home.example", "stranger@home.example"):
        told = visitor.follow(visitor.post("/me", ask.form("/me") | {"email": email}))
        assert "If we know this address" in told.words
    jobs.drain(handlers())
    letter = next(f.read_text() for f in notify.letterbox().letters() if "/me?token" in f.read_text())
    link = re.search(r"/en/me\?token=3?D?([\w-]+)", letter.replace("=\r\n", "").replace("=\n", ""))[1]
    page = someone().get(f"/me?token={link}")
    assert "You sent it" in page.words
    assert page.answer.headers["Cache-Control"] == "no-store"
    assert visitor.get(f"/me?token={link[:-1]}x").status == 410


def test_a_private_report_has_no_followers(visitor, db_, someone):
    change_service(db_, "pothole", visibility="private")
    page = visitor.follow(send(visitor))
    assert "The page everybody sees" not in page.words
    reference = db_.scalars(select(Report.reference)).one()
    token = someone().get("/me").form("/me")["csrf_token"]
    assert visitor.post(f"/reports/{reference}/me-too", {"csrf_token": token}).status in (400, 404)


def test_who_types_the_sender_s_address_gets_no_right_of_theirs(someone, visitor, make_report, db_):
    report = make_report(contact=ANA, description="Mine.")
    stranger = someone()
    page = submit(stranger, stranger.get(f"/reports/{report.reference}"), "/follow", email=ANA.email)
    assert "/follow/" not in page.answer.headers["Location"]
    joined = stranger.follow(submit(stranger, stranger.get(f"/reports/{report.reference}"), "/me-too"))
    own = stranger.follow(submit(stranger, joined, "/address", email=ANA.email))
    assert "Take it back" not in own.words
    ana = reports.sender(db_, report)
    assert (ana.role, ana.is_told) == ("sent", True)
    key = reports.own_key(report.id)
    assert "Take it back" in visitor.get(f"/reports/{report.reference}?key={key}").words


def test_a_stranger_who_follows_first_does_not_become_the_sender(someone, staff, db_, make_report, visitor):
    report = make_report(contact=ANA)
    db_.execute(delete(Follower))
    person = reports.Person("b", ContactDetails(email=ANA.email))
    first = reports.joined(db_, RESIDENT, report.reference, person, affected=False)
    page = visitor.get(f"/reports/{report.reference}?key={reports.own_key(report.id)}")
    assert "Take it back" in page.words
    db_.refresh(first)
    assert first.role == "follows"


def test_one_browser_counts_once_whatever_it_types(someone, report, db_):
    stranger = someone()
    address_ = f"/reports/{report.reference}"
    joined = stranger.follow(submit(stranger, stranger.get(address_), "/me-too"))
    stranger.follow(submit(stranger, joined, "/address", email="bea@home.example"))
    for email in ("", "cea@home.example"):
        submit(stranger, stranger.get(address_), "/me-too", email=email)
    assert again(db_, report).people == 2


def test_nobody_s_letterbox_is_filled_by_others(someone, make_report, db_):
    stranger, made = someone(), [make_report() for _ in range(8)]
    for report in made:
        submit(stranger, stranger.get(f"/reports/{report.reference}"), "/follow", email="vic@home.example")
    for _ in range(3):
        ask = stranger.get("/me")
        stranger.post("/me", ask.form("/me") | {"email": "vic@home.example"})
        jobs.drain(handlers())
    assert len(notify.letterbox().letters()) == 5 + 1


@pytest.mark.parametrize("seq", ["1" * 5000, "²", "-1", "x", ""])
def test_odd_places_on_the_timeline_are_no_page(visitor, own, seq):
    assert submit(visitor, own, "/words", seq=seq, words="x").status == 404


def test_a_photo_blurred_meanwhile_stays(visitor, db_):
    page = visitor.follow(send(visitor, description="Look.", photo=(io.BytesIO(picture(10)), "a.jpg")))
    fields = page.form("/words") | {"photo": "b" * 64, "photo_offered": "b" * 64, "words": "Look here."}
    shown = visitor.follow(visitor.post(address(page, "/words"), fields))
    assert "/media/" in shown.text


def test_why_it_was_taken_back_can_be_taken_back_too(visitor, own, report, db_):
    page = visitor.follow(submit(visitor, own, "/withdraw", reason="Ana Lopez mended it."))
    last = page.form("/words", seq="3") | {"words": ""}
    visitor.post(address(page, "/words"), last)
    assert "Lopez" not in visitor.get(f"/reports/{report.reference}").text
    assert list(reports.check_chains(db_)) == []
