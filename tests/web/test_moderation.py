"""Moderation on the pages: a flag, the queue, what vanishes and where, the blurred photo, the block list."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from sqlalchemy import select

from civicconnect import jobs, media, notify, opendata, reports
from civicconnect.accounts import SYSTEM
from civicconnect.app import handlers
from civicconnect.reports import Report
from tests.journeys.test_from_form_to_export import publish, send
from tests.offers import change_city, make_plain
from tests.web.test_following import address, submit
from tests.web.test_photos import picture

HUSH = "Call Bob at 555 0199."
ANA = "ana@home.example"
WHY = {"because": "personal", "why": "It named a neighbour."}


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def own(visitor):
    """Send a report with a photo; returns its page as its sender sees it."""
    return visitor.follow(send(visitor, description=HUSH, email=ANA, photo=(io.BytesIO(noise()), "a.jpg")))


@pytest.fixture
def report(db_, own):
    return newest(db_)


@pytest.fixture
def boss(signed_in):
    return signed_in("supervisor")


def own_address(own) -> str:
    return own.answer.request.path + "?" + own.answer.request.query_string.decode()


def noise() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((640, 480), 90).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def newest(db_):
    return db_.scalars(select(Report).order_by(Report.number.desc()).limit(1)).one()


def again(db_, report):
    db_.expire_all()
    return reports.find(db_, report.reference, SYSTEM)


def digest_of(db_, report):
    return reports.around(db_, report).photos[0]


def moderate(boss, report, action, **typed):
    """Fill in one of the forms of the moderators' page and send it."""
    return submit(boss, boss.get(f"/staff/reports/{report.reference}/moderation"), action, **typed)


def on_photo(boss, db_, report, action, **typed):
    page = boss.get(f"/staff/reports/{report.reference}/photos/{digest_of(db_, again(db_, report))}")
    return submit(boss, page, action, **typed)


# Flags

def test_a_flag_comes_before_a_moderator_and_goes_when_nothing_is_to_do(someone, report, boss):
    stranger = someone()
    page = submit(stranger, stranger.get(f"/reports/{report.reference}"), "/flag", reason="personal",
                  words="A number.")
    assert "Somebody of the city looks at it." in stranger.follow(page).words
    assert "Moderation: 1 thing to look at" in boss.get("/staff/queue").words
    queue = boss.get("/staff/moderation")
    assert "A number." in queue.words
    assert "Nothing waits." in boss.follow(submit(boss, queue, "/keep")).words
    assert "Looked at: nothing to do" in boss.get(f"/staff/reports/{report.reference}").words
    assert "A number." not in someone().get(f"/reports/{report.reference}").text


def test_a_second_flag_of_one_browser_is_thanked_for_and_counts_nothing(someone, report, boss):
    stranger = someone()
    for words in ("First.", "Second."):
        page = submit(stranger, stranger.get(f"/reports/{report.reference}"), "/flag", reason="other",
                      words=words)
        assert page.status == 303
    assert "Second." not in boss.get("/staff/moderation").words


def test_a_flag_without_a_reason_keeps_its_words(someone, report):
    stranger = someone()
    page = submit(stranger, stranger.get(f"/reports/{report.reference}"), "/flag", words="Look here.")
    assert page.status == 422
    assert "Choose what is wrong with it." in page.words
    assert page.form("/flag")["words"] == "Look here."


def test_a_clerk_without_the_right_sees_no_count_and_no_link(signed_in, report):
    clerk = signed_in("streets")
    assert "Moderation" not in clerk.get("/staff/queue").words
    assert "Hide, change or move it" not in clerk.get(f"/staff/reports/{report.reference}").words


# Hiding

def everywhere(visitor, report, digest):
    """Return what a stranger reads at every public address that a report stands at."""
    found = {}
    for path in ("/", "/reports", f"/reports?q={report.reference}", "/reports.csv", "/reports.geojson",
                 "/reports.atom", "/map", "/map?zoom=16&lat=41.2&long=-33.4", "/data/reports.csv",
                 "/report?lat=41.2&long=-33.4&service=pothole", f"/reports?q={HUSH.replace(' ', '+')}",
                 "/data/reports.geojson", f"/reports/{report.reference}", f"/media/{digest}.jpg",
                 f"/media/{digest}.webp"):
        page = visitor.get(path)
        is_own = path.endswith(f"/{report.reference}")
        is_file = path.endswith(("csv", "geojson"))
        told = report.reference if is_file else HUSH if is_own else f"reports/{report.reference}"
        found[path] = (page.status, told.encode() in page.bytes)
    return found


def test_what_is_hidden_vanishes_within_a_minute_from_everywhere(someone, report, boss, db_):
    publish()
    digest = digest_of(db_, report)
    kept = opendata.newest().folder
    before = everywhere(someone(), report, digest)
    assert {status for status, _ in before.values()} == {200}
    assert sum(is_there for _, is_there in before.values()) >= 11
    assert moderate(boss, report, "/hide", **WHY).status == 303
    publish()
    after = everywhere(someone(), report, digest)
    assert [a for a, (_, is_there) in after.items() if is_there] == []
    assert [a for a, (status, _) in after.items() if status == 404] == [
        f"/reports/{report.reference}", f"/media/{digest}.jpg", f"/media/{digest}.webp"]
    for file in kept.iterdir():
        assert report.reference.encode() not in file.read_bytes(), file
    gone = someone().get(f"/reports/{report.reference}")
    assert "The city does not show this report any more." in gone.words
    assert someone().get(f"/reports/{report.reference[::-1]}").words != gone.words
    assert reports.squares_agree(db_)


def test_public_photos_are_asked_after_within_the_minute(someone, report, db_):
    header = someone().get(f"/media/{digest_of(db_, report)}.jpg").answer.headers["Cache-Control"]
    assert int(re.search(r"max-age=(\d+)", header)[1]) <= 60


def test_its_sender_reads_on_their_page_and_in_a_letter_why_it_is_hidden(visitor, own, report, boss):
    jobs.drain(handlers())
    before = len(notify.letterbox().letters())
    moderate(boss, report, "/hide", **WHY)
    jobs.drain(handlers())
    page = visitor.get(own_address(own))
    assert "The city has hidden this report." in page.words
    assert "It tells private things of somebody: It named a neighbour." in page.words
    assert HUSH in page.words
    letters = notify.letterbox().letters()
    assert len(letters) == before + 1
    text = letters[0].read_text()
    assert "The city has hidden your report." in text
    assert "It named a neighbour." in text


def test_a_follower_of_a_hidden_report_gets_no_letter_and_no_page(someone, report, boss):
    stranger = someone()
    page = submit(stranger, stranger.get(f"/reports/{report.reference}"), "/me-too", email="bea@home.example")
    own = page.answer.headers["Location"]
    jobs.drain(handlers())
    moderate(boss, report, "/hide", **WHY)
    before = len(notify.letterbox().letters())
    jobs.drain(handlers())
    assert len(notify.letterbox().letters()) == before + 1  # to whoever sent it
    assert stranger.get(own).status == 404


def test_shown_again_it_is_there(someone, report, boss, db_):
    moderate(boss, report, "/hide", **WHY)
    moderate(boss, report, "/show")
    assert again(db_, report).visibility == "public"
    assert someone().get(f"/reports/{report.reference}").status == 200
    assert "neighbour" not in someone().get(f"/reports/{report.reference}").text


def test_hiding_without_a_reason_says_what_is_owed(report, boss):
    page = moderate(boss, report, "/hide", because="other")
    assert page.status == 422
    assert "Tell whoever sent it why" in page.words


def test_a_report_hidden_meanwhile_says_so(report, boss):
    page = boss.get(f"/staff/reports/{report.reference}/moderation")
    submit(boss, page, "/hide", **WHY)
    assert submit(boss, page, "/hide", **WHY).status == 409


# Other words, another place

def test_other_words_stand_for_everybody_without_the_right(someone, signed_in, visitor, own, report, boss):
    page = moderate(boss, report, "/words", words="A hole.", **WHY)
    assert HUSH in boss.follow(page).words
    clerk = signed_in("streets").get(f"/staff/reports/{report.reference}")
    public = someone().get(f"/reports/{report.reference}")
    for page in (clerk, public):
        assert HUSH not in page.text
        assert "A hole." in page.words
    assert "It named a neighbour." not in public.words
    assert "It named a neighbour." in visitor.get(own_address(own)).words
    jobs.drain(handlers())
    assert "other words" in notify.letterbox().letters()[0].read_text()


def test_a_report_is_moved_to_an_address_that_was_found(someone, report, boss, db_):
    page = boss.get(f"/staff/reports/{report.reference}/moderation?q=2 Old Bridge Street")
    value = next(b.get("value") for b in page.tree.iter("button") if b.get("name") == "place")
    assert submit(boss, page, "/move", place=value).status == 303
    moved = again(db_, report)
    assert moved.address == value.split(",", 2)[2]
    assert moved.address in someone().get(f"/reports/{report.reference}").words
    assert reports.squares_agree(db_)


@pytest.mark.parametrize("typed", [
    {"lat": "", "long": ""}, {"lat": "north", "long": "1"}, {"lat": "nan", "long": "nan"},
    {"lat": "0", "long": "0"}, {"place": "x"}, {"place": "41.2"}, {"address": "x" * 301}])
def test_a_place_that_is_none_is_refused_beside_the_form(report, boss, typed):
    assert moderate(boss, report, "/move", **typed).status == 422


@pytest.mark.parametrize("typed", [{"seq": "x"}, {"seq": "99"}, {"seq": "1", "because": "why"},
                                   {"words": "x" * 4001}, {"address": "x" * 301}])
def test_words_that_cannot_be_kept_are_refused(report, boss, typed):
    assert moderate(boss, report, "/words", **WHY | typed).status in (404, 422)


# Photos

def test_a_photo_waits_until_somebody_has_looked_at_it(visitor, someone, boss, db_):
    change_city(db_, photos={"first_look": True})
    page = visitor.follow(send(visitor, description="Look.", photo=(io.BytesIO(picture(10)), "a.jpg")))
    digest = digest_of(db_, newest(db_))
    assert "Others see it once the city has looked at it." in page.words
    mine = next(e.get("src") for e in page.tree.iter("img") if "/media/" in e.get("src"))
    assert visitor.get(mine).status == 200
    public = someone().get(f"/reports/{newest(db_).reference}")
    assert digest not in public.text
    assert someone().get(f"/media/{digest}.jpg").status == 404
    assert boss.get(f"/media/{digest}.jpg").answer.headers["Cache-Control"] == "no-store"
    queue = boss.get("/staff/moderation")
    assert digest in queue.text
    assert "Nothing waits." in boss.follow(submit(boss, queue, "/show")).words
    assert digest in someone().get(f"/reports/{newest(db_).reference}").text
    assert someone().get(f"/media/{digest}.jpg").status == 200


def test_a_hidden_photo_is_gone_and_its_sender_reads_so(visitor, own, someone, report, boss, db_):
    digest = digest_of(db_, report)
    on_photo(boss, db_, report, "/hide", **WHY)
    assert someone().get(f"/media/{digest}.webp").status == 404
    assert digest not in someone().get(f"/reports/{report.reference}").text
    assert "The city has hidden this photo." in visitor.get(own_address(own)).words


BOX = {"x-0": "10", "y-0": "20", "width-0": "30", "height-0": "40"}


def test_a_blurred_photo_takes_the_place_of_what_was_sent(visitor, own, someone, report, boss, db_, given):
    old = digest_of(db_, report)
    original = visitor.get(f"/media/{old}.jpg").bytes
    assert on_photo(boss, db_, report, "/blur", **BOX, **WHY).status == 303
    jobs.drain(handlers())
    new = digest_of(db_, again(db_, report))
    assert new != old
    for reader in (someone(), boss, visitor):
        assert reader.get(f"/media/{old}.jpg").status == 404
        assert reader.get(f"/media/{old}.webp").status == 404
        assert reader.get(f"/media/{old}.sealed").status == 404
        assert reader.get(f"/media/{new}.jpg").status == 200
    key = own.answer.request.args["key"]
    assert visitor.get(f"/media/{old}.jpg?report={report.reference}&key={key}").status == 404
    assert f"/media/{new}.jpg" in someone().get(f"/reports/{report.reference}").text
    files = [f for f in (given.data_folder / "photos").rglob(f"{old}*") if f.is_file()]
    assert [f.suffix for f in files] == [".sealed"]
    assert original[:64] not in files[0].read_bytes()
    page = visitor.get(f"/reports/{report.reference}?key={key}")
    assert f"/media/{new}.webp" in page.text
    assert old not in page.text


def test_the_original_is_revealed_for_a_reason_that_the_timeline_keeps(report, boss, db_, visitor, someone):
    original = visitor.get(f"/media/{digest_of(db_, report)}.jpg").bytes
    on_photo(boss, db_, report, "/blur", **BOX, **WHY)
    on_photo(boss, db_, report, "/blur", **dict(zip(BOX, ("50", "60", "20", "20"), strict=True)), **WHY)
    assert on_photo(boss, db_, report, "/reveal").status == 422
    shown = on_photo(boss, db_, report, "/reveal", reason="The police ask.")
    assert (shown.bytes, shown.answer.mimetype) == (original, "image/jpeg")
    assert shown.answer.headers["Cache-Control"] == "no-store"
    assert "The police ask." in boss.get(f"/staff/reports/{report.reference}").words
    assert "The police ask." not in someone().get(f"/reports/{report.reference}").text


def test_its_sender_can_still_take_a_blurred_photo_back(visitor, own, report, boss, db_):
    on_photo(boss, db_, report, "/blur", **BOX, **WHY)
    page = visitor.get(f"/reports/{report.reference}?key={own.answer.request.args['key']}")
    fields = page.form("/words")
    assert fields.pop("photo") == digest_of(db_, again(db_, report))
    visitor.post(address(page, "/words"), fields)
    assert reports.around(db_, again(db_, report)).photos == ()
    assert list(reports.check_chains(db_)) == []


def test_a_photo_that_another_report_shows_too_stays_there(report, boss, someone, db_, make_report, given):
    digest = digest_of(db_, report)
    photo = media.Store(given.data_folder / "photos").photo(digest)
    other = make_report(photos=(photo,))
    on_photo(boss, db_, report, "/blur", **BOX, **WHY)
    jobs.drain(handlers())
    assert someone().get(f"/media/{digest}.jpg").status == 200
    assert digest in someone().get(f"/reports/{other.reference}").text


@pytest.fixture
def parts(boss, report, db_):
    """Divide the report by the form: its photo shows both troubles, and one more that it does not show."""
    page = boss.get(f"/staff/reports/{report.reference}/split")
    chosen = {"photos-1": [digest_of(db_, report)], "photos-2": [digest_of(db_, report)]}
    told = {f"description-{n}": f"Trouble {n}." for n in (1, 2, 3)}
    assert submit(boss, page, "/split", do="split", **told, **chosen).status == 303
    return reports.parts_of(db_, report.number)


def shown(db_, report):
    return reports.around(db_, again(db_, report)).photos


def test_a_photo_that_was_chosen_for_a_part_is_shown_there_too(report, parts, someone, db_, given):
    digest = digest_of(db_, report)
    assert [shown(db_, part) for part in parts] == [(digest,), (digest,), ()]
    assert f"/media/{digest}.webp" in someone().get(f"/reports/{parts[0].reference}").text
    assert len(list((given.data_folder / "photos").rglob(f"{digest}*.jpg"))) == 1
    assert reports.timeline(db_, again(db_, report), internal=True)[-1].facts["photos"] == {
        parts[0].reference: [digest], parts[1].reference: [digest]}


def test_hiding_or_blurring_it_at_one_of_them_holds_at_each(report, parts, boss, someone, db_):
    old, three = digest_of(db_, report), (report, *parts[:2])
    assert on_photo(boss, db_, parts[0], "/hide", **WHY).status == 303
    assert someone().get(f"/media/{old}.jpg").status == 404
    assert [reports.around(db_, again(db_, one)).states for one in three] == [{old: "hidden"}] * 3
    assert on_photo(boss, db_, parts[1], "/blur", **BOX, **WHY).status == 303
    jobs.drain(handlers())
    new = digest_of(db_, again(db_, parts[1]))
    assert [shown(db_, one) for one in three] == [(new,)] * 3
    assert [someone().get(f"/media/{digest}.jpg").status for digest in (old, new)] == [404, 200]
    assert on_photo(boss, db_, report, "/reveal", reason="The police ask.").status == 200
    for one in three:
        assert [e.verb for e in reports.timeline(db_, again(db_, one), internal=True)
                if e.verb in ("photo_hide", "blur")] == ["photo_hide", "blur"]
    assert list(reports.check_chains(db_)) == []


def test_whoever_takes_their_photo_back_takes_it_off_the_parts(visitor, own, report, parts, db_):
    page = visitor.get(f"/reports/{report.reference}?key={own.answer.request.args['key']}")
    fields = page.form("/words")
    assert fields.pop("photo") == digest_of(db_, report)
    visitor.post(address(page, "/words"), fields)
    assert [shown(db_, one) for one in (report, *parts)] == [()] * 4


@pytest.mark.parametrize("typed", [
    {}, {"x-0": "10"}, {"x-0": "a", "y-0": "1", "width-0": "1", "height-0": "1"},
    {"x-0": "nan", "y-0": "1", "width-0": "1", "height-0": "1"},
    {"x-0": "1e999", "y-0": "1", "width-0": "1", "height-0": "1"},
    {"x-0": "100", "y-0": "1", "width-0": "1", "height-0": "1"},
    {"x-0": "1", "y-0": "1", "width-0": "0", "height-0": "1"},
    BOX | {"because": ""}])
def test_boxes_that_are_none_are_refused_and_kept(report, boss, db_, typed):
    page = on_photo(boss, db_, report, "/blur", **WHY | typed)
    assert page.status == 422
    assert page.form("/blur")["x-0"] == typed.get("x-0", "")


def test_no_other_reports_photo_is_touched(report, boss, db_, make_report):
    other = make_report()
    assert boss.get(f"/staff/reports/{other.reference}/photos/{digest_of(db_, report)}").status == 404
    assert boss.get(f"/staff/reports/{other.reference}/photos/x").status == 404


# Blocks

def block(boss, **typed):
    usual = {"until": "2099-01-01T08:00", "reason": "Forty of one lamp."}
    return submit(boss, boss.get("/staff/moderation/blocks"), "/blocks", **usual | typed)


def test_a_blocked_sender_reads_so_beside_the_field_and_loses_no_word(visitor, boss):
    assert block(boss, email=ANA).status == 303
    page = send(visitor, description="One more.", email=ANA)
    assert page.status == 422
    assert "The city takes nothing from this address for now." in page.words
    assert "call 555 0140" in page.words
    assert page.form("/reports")["description"] == "One more."
    listed = boss.get("/staff/moderation/blocks")
    assert ANA not in listed.text
    assert "Forty of one lamp." in listed.words
    submit(boss, listed, "/remove")
    assert "taken off" in boss.get("/staff/moderation/blocks").words
    assert send(visitor, description="One more.", email=ANA).status == 303


def test_a_blocked_sender_reads_so_on_their_own_page_too(visitor, own, boss):
    block(boss, email=ANA)
    page = submit(visitor, own, "/more", words="And another.")
    assert page.status == 422
    assert "The city takes nothing from this address for now." in page.words


def test_the_sender_of_a_report_is_blocked_and_nobody_reads_their_address(visitor, report, boss):
    page = boss.get(f"/staff/moderation/blocks?report={report.reference}")
    assert ANA not in page.text
    submit(boss, page, "/blocks", until="2099-01-01T08:00", reason="Insults.")
    assert send(visitor, email=ANA).status == 422


def test_who_left_no_address_cannot_be_blocked_by_it(boss, make_report):
    page = boss.get(f"/staff/moderation/blocks?report={make_report().reference}")
    said = submit(boss, page, "/blocks", until="2099-01-01T08:00", reason="Insults.")
    assert said.status == 422
    assert "left no e-mail address" in said.words


def test_an_area_takes_no_reports_without_a_name_for_a_while(visitor, boss, report, db_):
    area = next(a.key for a in reports.around(db_, report).areas if a.layer != "city")
    assert block(boss, area=area, reason="Invented holes.").status == 303
    page = send(visitor, description="One more.")
    assert page.status == 422
    assert "without a name for now: Invented holes." in page.words
    assert send(visitor, description="One more.", email="bea@home.example").status == 303


@pytest.mark.parametrize("typed", [
    {}, {"email": "no address"}, {"email": ANA, "area": "ward:1"}, {"email": ANA, "until": ""},
    {"email": ANA, "until": "tomorrow"}, {"email": ANA, "until": "2001-01-01T08:00"},
    {"email": ANA, "since": "x"}, {"email": ANA, "reason": ""}, {"email": ANA, "until": "0001-01-01T00:00"},
    {"email": ANA, "until": "9999-12-31T23:59"}, {"email": ANA, "until": "2099-01-01T08:00+02:00"},
    {"email": ANA, "report": "NOTHERE1", "until": "x"}])
def test_a_block_that_is_none_is_refused_beside_its_fields(boss, typed):
    assert block(boss, **typed).status in (422, 303 if typed.get("until", "").startswith("9999") else 422)


def test_contact_details_stay_out_of_the_moderators_pages(report, boss):
    for path in ("/staff/moderation", f"/staff/reports/{report.reference}/moderation"):
        assert ANA not in boss.get(path).text
