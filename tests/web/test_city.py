"""City settings on screen: a change holds at once, is refused beside its field, and is a version."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from civicconnect import accounts, catalog, city, clock, db, folders, reports, running, settings
from civicconnect.accounts import SYSTEM
from civicconnect.catalog import Answer
from civicconnect.errors import Conflict, Invalid
from tests.counting import counted
from tests.factories import RESIDENT, new_report, staff_actor

HOME = "/staff/city"
POTHOLE, LAMP = f"{HOME}/services/pothole", f"{HOME}/services/street-light"
PATHS = (
    "", "/services", "/services/pothole", "/services/street-light/questions/fault", "/add/services",
    "/add/services/pothole/questions", "/add/services/pothole/stoppers", "/groups", "/groups/streets",
    "/departments/streets", "/calendars/office", "/add/calendars", "/promises", "/promises/street-light",
    "/banners", "/banners/1", "/add/banners", "/layers/district", "/words/about", "/words/contact",
    "/words/notices", "/words/colours", "/words/storm", "/logo", "/versions", "/versions/1")
OUT = (Answer("fault", "out", "What is wrong with the lamp?", "It is dark"),)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'


@pytest.fixture
def admin(signed_in):
    return signed_in("admin")


@pytest.fixture
def change(admin):
    """Change fields of a page's form and press one of its buttons."""
    def send(address, typed=(), do="save", reason="The council decided it."):
        fields = admin.get(address).form(address)
        return admin.post(address, fields | {"do": do, "reason": reason} | dict(typed))
    return send


@pytest.fixture
def standing(db_):
    """Read the city as it stands now."""
    def read():
        db_.expire_all()
        return catalog.catalog(db_)
    return read


def test_every_page_opens_for_an_administrator_and_for_nobody_else(admin, signed_in, visitor):
    for path in PATHS:
        assert admin.get(f"{HOME}{path}").status == 200, path
    clerk = signed_in("supervisor")
    for path in (*PATHS, "/folder.zip"):
        assert clerk.get(f"{HOME}{path}").status == 403, path
    assert visitor.get(f"{HOME}/services").status == 302
    assert "City settings" in admin.get("/staff/queue").words
    assert "City settings" not in clerk.get("/staff/queue").words


def test_others_of_the_staff_may_change_nothing(admin, signed_in, standing):
    fields = admin.get(POTHOLE).form(POTHOLE) | {"name.en": "Mine", "reason": "So", "do": "save"}
    clerk = signed_in("supervisor")
    fields["csrf_token"] = clerk.get("/staff/queue").form("/sign-out")["csrf_token"]
    assert clerk.post(POTHOLE, fields).status == 403
    assert clerk.post(f"{HOME}/logo", fields).status == 403
    assert clerk.post(f"{HOME}/versions/1/back", fields | {"base": "1"}).status == 403
    assert standing().services["pothole"].name["en"] == "Pothole"


def test_a_renamed_service_is_on_the_form_at_once_in_each_language(change, visitor, admin):
    worker = visitor.client.get("/sw.js").data
    page = change(POTHOLE, {"name.en": "Hole in the road", "name.es": "Hoyo en la calle"})
    assert "Saved as version 2" in admin.follow(page).words
    assert "Hole in the road" in visitor.get("/report/offline").words
    assert "Hoyo en la calle" in visitor.get("/es/report/offline").words
    offer = visitor.client.get("/es/report/offer.json").json
    assert offer["services"]["pothole"]["name"] == "Hoyo en la calle"
    assert visitor.client.get("/sw.js").data != worker  # so that phones fetch what they keep anew


def test_every_language_has_its_field_and_none_is_copied_in_silence(admin, change, standing):
    form = admin.get(POTHOLE).form(POTHOLE)
    spoken = standing().city.spoken
    assert {name for name in form if name.startswith("name.")} == {f"name.{code}" for code in spoken}
    change(POTHOLE, {"name.fr": ""})
    assert "fr" not in standing().services["pothole"].name
    assert "Missing: French" in admin.get(f"{HOME}/services").words
    assert "1 is missing" in admin.get(POTHOLE).words


def test_what_no_field_is_for_stays(change, standing):
    before = standing().services["street-light"]
    change(LAMP, {"hint.en": "A dark lamp."})
    assert replace(standing().services["street-light"], hint={}) == replace(before, hint={})
    assert before.questions


# page, what is typed, the field it stands beside, what is said. The rest of them: test_city_faults.py
WRONG = [
    ("services/pothole", {"name.en": "", "photos": "1"}, "name.en", "Write it in English too."),
    ("services/pothole", {"name.es": "x" * 10_000}, "name.es", "at most 4000 characters"),
    ("add/services", {"code": "pothole", "name.en": "Hole", "group": "streets", "department": "streets"},
     "code", "This code is taken."),
    ("add/services", {"name.en": "", "name.ar": "حفرة"}, "code", "Fill this in."),
    ("services/street-light/questions/fault", {"option.0.words.es": ""}, "option.0.words.es",
     "in Spanish too"),
    ("services/street-light/questions/fault", {"when": "fault=out"}, "when", "No question before this one"),
    ("add/services/pothole/stoppers", {"words.en": "No", "link": "javascript:alert(1)"}, "link",
     "begins with https://"),
    ("calendars/office", {"hours.tue": "08:00-12:00, 11:00-13:00"}, "hours.tue", "without overlap"),
    ("promises/street-light", {"promise.1.hours": "nan"}, "promise.1.hours", "Write a number."),
    ("banners/1", {"words.en": ""}, "words.en", "Write it in English too."),
    ("words/colours", {"colours.brand": "#a0d8ef"}, "colours.brand", "has a contrast of 1.5 to 1"),
    ("departments/streets", {"reason": " "}, "reason", "Say why"),
]


def test_what_cannot_be_meant_is_said_beside_its_field_and_kept(admin, change, db_):
    for address, typed, field, said in WRONG:
        page = change(f"{HOME}/{address}", typed)
        assert page.status == 422, (address, typed, page.words[:300])
        beside = [e for e in page.tree.iter("p") if e.get("id") == f"{field}-error"]
        assert beside, (address, typed, field, page.words[:600])
        assert said in "".join(beside[0].itertext()), (address, typed, "".join(beside[0].itertext()))
        kept = page.form(f"/{address}")
        assert {name: kept[name].strip() for name in typed} == {k: v.strip() for k, v in typed.items()}
    assert city.newest_version(db_) == 1


def test_odd_characters_are_words_like_others(change, standing, db_):
    odd = 'He said """no""" \\u0041 = [[service]] # \u202e é\u0301 \U0001f573\x07 \' {%{'
    assert change(POTHOLE, {"name.en": odd, "hint.en": "'''\n=\r\n[x]"}).status == 303
    assert standing().services["pothole"].name["en"] == odd
    assert city.differences(city.dump(db_), city.spell(city.check(city.dump(db_)))) == []


def test_a_language_that_the_city_is_not_written_in_is_refused_with_what_lacks(change):
    page = change(f"{HOME}/words/about", {"languages": "en, es, pt, ar, de"})
    assert page.status == 422
    assert "no words in 'de'" in page.words
    assert "more of this kind" in page.words


def test_two_people_at_once_the_second_sees_both_sides_and_may_go_on(admin, change, standing):
    old = admin.get(POTHOLE).form(POTHOLE) | {"name.en": "Mine", "reason": "I say so", "do": "save"}
    change(POTHOLE, {"name.en": "Theirs"}, reason="They said so")
    page = admin.post(POTHOLE, old)
    assert page.status == 409
    for words in ("Somebody else changed this", "Now there: Theirs", "They said so", "admin", "Version 2"):
        assert words in page.words
    again = page.form(POTHOLE)
    assert again["name.en"] == "Mine"
    assert standing().services["pothole"].name["en"] == "Theirs"
    assert admin.post(POTHOLE, again | {"do": "save"}).status == 303
    assert standing().services["pothole"].name["en"] == "Mine"


def test_two_people_at_two_rows_keep_both_changes(admin, change, standing):
    old = admin.get(POTHOLE).form(POTHOLE) | {"name.en": "Mine", "reason": "I say so", "do": "save"}
    change(LAMP, {"name.en": "Lantern"})
    change(f"{HOME}/promises/pothole", {"promise.0.hours": "70"})
    assert admin.post(POTHOLE, old).status == 303
    offer = standing()
    assert [offer.services[code].name["en"] for code in ("pothole", "street-light")] == ["Mine", "Lantern"]


def test_a_retired_service_is_offered_no_more_and_its_reports_stay(
        change, visitor, make_report, standing, db_):
    report = make_report()
    change(POTHOLE, do="retire")
    assert "Pothole" not in visitor.get("/report/offline").words
    with pytest.raises(Invalid):
        reports.submit(db_, RESIDENT, new_report())
    assert "Pothole" in visitor.get(f"/reports/{report.reference}").words
    assert "Residents cannot choose it now" in change(POTHOLE, reason="").words
    change(POTHOLE, do="offer")
    assert standing().offers(standing().services["pothole"], clock.now())


def test_a_service_is_taken_out_only_where_no_report_is_about_it(admin, change, make_report, standing):
    make_report()
    page = change(POTHOLE, do="remove")
    assert page.status == 422
    assert "There are reports about it." in page.words
    # A rule waits for an answer of this one: that is said, and nothing is broken by it.
    page = change(LAMP, do="remove")
    assert page.status == 422
    assert "rules.toml" in page.words
    assert change(f"{HOME}/services/water-leak", do="remove").status == 303
    assert not standing().services["water-leak"].active
    assert admin.get(f"{HOME}/services/water-leak").status == 404


def test_a_department_with_open_reports_is_not_taken_out(change, make_report):
    make_report()
    page = change(f"{HOME}/departments/streets", do="remove")
    assert page.status == 422
    assert "1 open reports" in page.words


@pytest.fixture
def in_full(standing):
    """Give words in every language that must be written."""
    return lambda path, said: {f"{path}.{code}": f"{said} {code}" for code in standing().city.languages}


def test_a_new_service_with_a_question_is_reported_about(change, in_full, standing, db_, visitor):
    page = change(f"{HOME}/add/services", in_full("name", "Snow on the road") | {
        "group": "streets", "department": "streets", "keywords.en": "snow, ice", "order": "0"})
    assert page.answer.headers["Location"].startswith(f"{HOME}/services/snow-on-the-road-en?")
    address = f"{HOME}/services/snow-on-the-road-en"
    page = change(f"{HOME}/add{address.removeprefix(HOME)}/questions", {
        "code": "depth", "kind": "one_of", "required": "yes",
        **in_full("words", "How deep?"), **in_full("option.0.words", "Deep"), "option.0.code": "deep",
        "option.0.place": "2", "option.0.priority": "urgent", **in_full("option.1.words", "Thin"),
        "option.1.place": "1"})
    assert page.status == 303, page.words
    service = standing().services["snow-on-the-road-en"]
    assert next(iter(standing().services)) == service.code  # it was put first
    assert [code for code, _words in service.questions[0].options] == ["thin-en", "deep"]
    assert service.keywords == {"en": ["snow", "ice"]}
    assert "How deep? es" in visitor.client.get("/es/report/offer.json").get_data(as_text=True)
    answer = Answer("depth", "deep", "How deep?", "Deep")
    receipt = reports.submit(db_, RESIDENT, new_report(service=service.code, answers=(answer,)))
    assert reports.find(db_, receipt.reference, SYSTEM).priority == "urgent"


def test_frozen_answers_and_promises_stay_when_the_city_changes(change, make_report, db_, visitor, admin):
    report = make_report(service="street-light", answers=OUT)
    due, asked = report.due_at, visitor.get(f"/reports/{report.reference}").words
    fault = f"{LAMP}/questions/fault"
    change(fault, {"words.en": "What is broken?", "option.0.words.en": "No light at all"})
    change(f"{HOME}/promises/street-light", {"promise.0.hours": "5"})
    change(f"{HOME}/calendars/crews", {"hours.sat": ""})
    change(LAMP, {"priority": "high", "visibility": "private"})
    db_.expire_all()
    again = reports.find(db_, report.reference, SYSTEM)
    assert (again.due_at, again.priority) == (due, "normal")
    assert visitor.get(f"/reports/{report.reference}").words == asked
    assert make_report(service="street-light", answers=OUT).due_at < due
    assert "A report made now is due" in admin.get(f"{HOME}/promises/street-light").words


def test_an_option_that_another_question_waits_for_is_not_lost(change):
    page = change(f"{LAMP}/questions/fault", {
        f"option.{n}.gone": "yes" for n in range(9)} | {"kind": "text"})
    assert page.status == 422
    assert "question" in page.words
    assert "key 'when'" in page.words


def test_a_calendar_is_tried_before_it_is_saved(change, db_):
    friday = {"tried_at": "2026-11-27 16:50", "tried_hours": "1"}
    page = change(f"{HOME}/calendars/office", friday | {"hours.mon": "10:00-12:00"}, do="try")
    assert page.status == 200
    assert "is due Nov 30, 2026" in page.words
    assert "10:50" in page.words
    assert page.form("/calendars/office")["hours.mon"] == "10:00-12:00"
    assert change(f"{HOME}/calendars/office", {"tried_at": "noon"}, do="try").status == 200
    assert city.newest_version(db_) == 1


def test_each_change_says_who_when_why_and_what(change, admin):
    change(POTHOLE, {"name.en": "Hole"}, reason="People say hole.")
    for address in (HOME, f"{HOME}/versions", f"{HOME}/versions/2"):
        words = admin.get(address).words
        assert "People say hole." in words
        assert "admin" in words
        assert "“Pothole” becomes “Hole”" in words


def test_going_back_is_a_new_version_and_shows_before_what_it_changes(change, admin, standing):
    change(POTHOLE, {"name.en": "Hole"})
    page = admin.get(f"{HOME}/versions/1")
    assert "“Hole” becomes “Pothole”" in page.words
    fields = page.form("/versions/1/back")
    assert admin.post(f"{HOME}/versions/1/back", fields | {"reason": ""}).status == 422
    change(LAMP, {"name.en": "Lantern"})
    assert admin.post(f"{HOME}/versions/1/back", fields | {"reason": "It was better."}).status == 409
    fields = admin.get(f"{HOME}/versions/1").form("/versions/1/back")
    page = admin.post(f"{HOME}/versions/1/back", fields | {"reason": "It was better."})
    assert "It was better." in admin.follow(page).words
    offer = standing()
    assert [offer.services[code].name["en"] for code in ("pothole", "street-light")] == [
        "Pothole", "Street lamp"]
    assert admin.get(f"{HOME}/versions/4").status == 200
    assert admin.get(f"{HOME}/versions/5").status == 404


def test_the_folder_taken_home_is_what_the_command_writes(change, admin, given, tmp_path, capsys, db_):
    before = tmp_path / "before"
    folders.export(before, None)
    assert folders.diff(before, everything=True) == 0
    change(POTHOLE, {"name.en": "Hole"})
    capsys.readouterr()
    assert folders.diff(before, everything=True) == 1
    assert "“Hole” becomes “Pothole”" in capsys.readouterr().out
    packed = zipfile.ZipFile(io.BytesIO(admin.get(f"{HOME}/folder.zip").bytes))
    after = tmp_path / "after"
    folders.export(after, None)
    written = {f.relative_to(after).as_posix(): f.read_bytes() for f in after.rglob("*") if f.is_file()}
    assert {name: packed.read(name) for name in packed.namelist()} == written == city.content_of(db_, 2)
    assert folders.diff(after, everything=True) == 0
    first = zipfile.ZipFile(io.BytesIO(admin.get(f"{HOME}/folder.zip?version=1").bytes))
    assert {name: first.read(name) for name in first.namelist()} == {
        f.relative_to(before).as_posix(): f.read_bytes() for f in before.rglob("*") if f.is_file()}
    folders.versions()
    assert "“The council decided it.”" in capsys.readouterr().out


def test_saving_leaves_the_ground_alone(change, admin, database):
    fields = admin.get(POTHOLE).form(POTHOLE) | {"name.en": "Hole", "reason": "So", "do": "save"}
    with counted(database) as asked:
        assert admin.post(POTHOLE, fields).status == 303
    assert not [one for one in asked if "map_shape" in one or "FROM address" in one]
    assert len(asked) < 80


def test_a_logo_is_taken_in_shown_under_a_new_address_and_taken_away(admin, visitor):
    def upload(content, name, **typed):
        fields = admin.get(f"{HOME}/logo").form("/logo")
        return admin.post(f"{HOME}/logo", fields | {"reason": "New arms."} | typed | {
            "logo": (io.BytesIO(content), name)})
    for content, said in ((b"<svg><script>alert(1)</script></svg>", "holds a script"),
                          (b"GIF89a", "no SVG drawing"), (SVG + b" " * 200_000, "at most 100 KB"),
                          (b"", "Choose a file"), (b"\xff\xfe\x00", "no SVG drawing")):
        page = upload(content, "x.svg")
        assert page.status == 422, said
        assert said in page.words
    old = [e.get("src") for e in visitor.get("/").tree.iter("img")][0]
    assert upload(SVG, "anything.svg").status == 303
    new = [e.get("src") for e in visitor.get("/").tree.iter("img")][0]
    assert new != old
    assert visitor.get(new).bytes == SVG
    assert "immutable" in visitor.get(new).answer.headers["Cache-Control"]
    fields = admin.get(f"{HOME}/logo").form("/logo")
    assert admin.post(f"{HOME}/logo", fields | {"reason": "None", "do": "remove"}).status == 303
    assert visitor.get("/logo").status == 404


def test_colours_hold_at_once(change, visitor):
    change(f"{HOME}/words/colours", {"colours.brand": "#5b3f8c"})
    links = [e.get("href") or "" for e in visitor.get("/").tree.iter("link")]
    sheet = next(link for link in links if "theme.css" in link)
    assert "--city-brand:#5b3f8c" in visitor.client.get(sheet).get_data(as_text=True)


def test_what_is_not_there_is_said_so(admin):
    for path in ("/moons", "/services/moon", "/banners/99", "/banners/x", "/words/moon", "/questions",
                 "/services/pothole/moons/1", "/services/pothole/questions/moon",
                 "/services/pothole/stoppers/7", "/services/moon/questions/x", "/add/layers", "/add/promises",
                 "/promises/moon", "/versions/77", "/folder.zip?version=77"):
        assert admin.get(f"{HOME}{path}").status == 404, path


def test_a_start_keeps_what_was_changed_on_screen(own_database, given, tmp_path):
    """An upgrade loads the city's folder anew; what was changed on screen since is not undone by it."""
    with db.transaction() as change_:
        me = staff_actor(change_, "admin")
        book = city.open_book(change_, to_change=True)
        row = city.copy_of(book.find((("service", "pothole"),)))
        row["name"]["en"] = "Hole"
        book.put((("service", "pothole"),), row)
        city.save(change_, me, book, "People say hole.")
    with settings.bound(given):
        assert running.prepare(given, own_database)  # the tests' city has no stamp of a folder yet
        assert not running.prepare(given, own_database)
    with db.reading() as view:
        assert catalog.catalog(view).services["pothole"].name["en"] == "Hole"
        files = city.dump(view)
    files["promises.toml"] = files["promises.toml"].replace(b"hours = 60", b"hours = 61")
    folders.write_folder(tmp_path / "other", files)
    with pytest.raises(Conflict, match="changed on screen"):
        running.prepare(replace(given, city=str(tmp_path / "other")), own_database)
    with db.reading() as view:
        assert accounts.names_of(view, {me.name, "civic"}) == {me.name: "admin"}
