"""Spanish and Arabic are complete, and a resident or a member of staff meets no English on the way."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from babel.messages.mofile import write_mo
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po
from flask import Flask
from flask_babel import Babel, force_locale, ngettext
from sqlalchemy import select

from civicconnect import opendata
from civicconnect.catalog.models import CityRow
from civicconnect.errors import Conflict, Sentence
from civicconnect.geo import Area
from civicconnect.media.intake import Limits, sentence
from civicconnect.web import words
from tests.journeys.test_from_form_to_export import choose_place

HERE = Path(__file__).parent.parent.parent
FOLDER = HERE / "civicconnect" / "web" / "translations"
LANGUAGES = words.language.SPOKEN[1:]
ARABIC = re.compile(r"[\u0600-\u06ff]")
PLACE = re.compile(r"%\((\w+)\)[sd]")
GOOD = {"answer-size": "plate", "answer-depth": "4"}
# In Babel's order of the plural forms: those said of one single number need not repeat it.
OF_ONE_NUMBER = {"ar": 3, "zh-Hans": 0, "zh-Hant": 0, "ko": 0}


@pytest.fixture(scope="session")
def said(tmp_path_factory) -> Catalog:
    """Every sentence of a fresh extraction, by the command of docs/languages.md."""
    file = tmp_path_factory.mktemp("extracted") / "messages.pot"
    told = (HERE / "docs" / "languages.md").read_text(encoding="utf-8")
    command = next(line for line in told.splitlines() if line.startswith("pybabel extract"))
    command = command.replace("/tmp/messages.pot .", f"{file} {HERE}")  # noqa: S108  the document's word
    command = command.replace("-F civicconnect", f"-F {HERE}/civicconnect")
    CommandLineInterface().run(command.split())
    with file.open("rb") as pot:
        return read_po(pot)


def catalogue(language: str) -> Catalog:
    with (folder(language) / "messages.po").open("rb") as po:
        return read_po(po, locale=language.replace("-", "_"), abort_invalid=True)


def folder(language: str) -> Path:
    return FOLDER / language.replace("-", "_") / "LC_MESSAGES"


def english(message) -> tuple[str, ...]:
    return message.id if message.pluralizable else (message.id,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(said, language):
    have = catalogue(language)
    assert len(said) > 250
    missing = [m.id for m in said if m.id and (
        m.id not in have or not all(_forms(have[m.id])) or have[m.id].fuzzy)]
    assert missing == []
    assert [m.id for m in have if m.id and m.id not in said] + list(have.obsolete) == []
    assert not have.fuzzy


def _forms(message) -> tuple[str, ...]:
    return message.string if message.pluralizable else (message.string,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_form_is_there_and_every_place_is_kept(said, language):
    have = catalogue(language)
    assert have.num_plurals == get_plural(language.replace("-", "_"))[0]
    for message in filter(lambda m: m.id, said):
        forms, places = _forms(have[message.id]), set(PLACE.findall(english(message)[-1]))
        if message.pluralizable:
            assert len(forms) == have.num_plurals, message.id
        for number, form in enumerate(forms):
            kept = set(PLACE.findall(form))
            is_of_one = message.pluralizable and number < OF_ONE_NUMBER.get(language, 1)
            spared = {"num", "count"} if is_of_one else set()
            assert places - spared <= kept <= places, form


def test_arabic_sentences_are_in_arabic():
    worded = [m for m in catalogue("ar") if m.id and re.search(r"[a-z]", PLACE.sub("", english(m)[0]))]
    assert [m.id for m in worded if not all(map(ARABIC.search, _forms(m)))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language):
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    with (folder(language) / "messages.mo").open("rb") as file:
        on_disk, fresh = GNUTranslations(file)._catalog, GNUTranslations(compiled)._catalog
    assert {k: v for k, v in on_disk.items() if k} == {k: v for k, v in fresh.items() if k}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_says_who_reviewed_it_and_nothing_of_who_made_it(language):
    text = (folder(language) / "messages.po").read_text(encoding="utf-8")
    assert "# X-Reviewed: no\n" in text
    assert "\n#: " not in text
    head = text.split("\n\n")[0]
    assert "@" not in head
    assert not re.search(r"(?<!\w)/(work|home|root|tmp|usr)/", text)


def test_english_sentences_are_short(said):
    long = [part for m in said if m.id for text in english(m)
            for part in re.split(r"(?<=[.?!])\s+", text) if len(part.split()) > 25]
    assert long == []


@pytest.fixture
def speaking():
    """Work as a page in a language does, without a city or a database."""
    app = Flask(__name__)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(FOLDER)
    Babel(app, locale_selector=words.language.locale)
    return lambda language: app.test_request_context("/", environ_overrides={"civic.language": language})


def test_a_sentence_is_its_english_and_carries_what_another_language_needs(speaking):
    made = Sentence("Use at most %(most)s characters.", most=500)
    assert made == "Use at most 500 characters."
    assert Conflict(made).sentence is made
    for language, told in (("en", made), ("es", "Use como máximo 500 caracteres."),
                           ("ar", "لا تتجاوز 500 حرف.")):
        with speaking(language):
            assert words.translated(made) == told


def test_a_sentence_within_a_sentence_is_translated_too(speaking):
    made = Sentence("'%(step)s' is not possible while the report is %(status)s.",
                    step=Sentence("accept"), status=Sentence("closed"))
    with speaking("es"):
        assert words.translated(made) == "No es posible «aceptar» mientras el estado del aviso es «cerrado»."


def test_words_that_are_no_sentence_of_ours_stay_as_they_are(speaking):
    with speaking("ar"):
        assert [words.translated(text) for text in ("", "100 % sure (%s)")] == ["", "100 % sure (%s)"]


@pytest.mark.parametrize("reason", ["kind", "bytes", "pixels", "memory", "damaged", "seconds", "busy"])
def test_every_refusal_of_a_photo_is_said_in_arabic(speaking, reason):
    with speaking("ar"):
        assert ARABIC.search(words.translated(sentence(reason, Limits())))


@pytest.mark.parametrize(("language", "hours", "told"), [
    ("en", 10, "10.0 hours"), ("es", 10, "10,0 horas"), ("en", 88.8, "3.7 days"), ("es", 88.8, "3,7 días"),
    ("en", 0.5, "30 minutes"), ("es", 0.01, "1 minuto"), ("ar", 0.05, "3 دقائق"), ("ar", 0.5, "30 دقيقة"),
    ("ar", 2 / 60, "دقيقتان"), ("en", 2400, "100.0 days"),
])
def test_waiting_times_are_written_as_the_language_writes_numbers(speaking, language, hours, told):
    with speaking(language):
        assert words.waiting(hours) == told


@pytest.mark.parametrize(("language", "hours", "at_most", "told"), [
    ("en", 46.3, False, "46 hours"), ("en", 533, False, "22 days"), ("en", 533, True, "23 days"),
    ("en", 1.2, True, "2 hours"), ("en", 0.4, False, "24 minutes"), ("en", 9600, False, "400 days"),
    ("ar", 72, False, "3 أيام"), ("ar", 264, False, "11 يومًا"), ("ru", 504, False, "21 день"),
    ("pl", 48, False, "2 dni"), ("ht", 72, False, "3 jou"), ("zh-Hans", 264, False, "11天"),
])
def test_what_to_expect_is_told_in_whole_hours_and_days_and_a_bound_is_never_cut(
        speaking, language, hours, at_most, told):
    with speaking(language):
        assert words.roughly(hours, at_most=at_most) == told


def is_said(text: str, told: str) -> bool:
    """Say whether a sentence stands on a page, whatever stands in its places."""
    parts = re.split(r"%\(\w+\)[sd]", text)
    return max(parts, key=len) in told and bool(
        re.search(r"(?<!\w)" + ".{1,80}?".join(map(re.escape, parts)), told))


PAGES = ("/", "/report", "/report?lat=41.2&long=-33.4", "/report?lat=41.2&long=-33.4&service=pothole",
         "/report?lat=41.2&long=-33.4&words=qzxjk", "/reports", "/performance", "/performance/suggestion",
         "/data", "/sign-in", "/nowhere", "/report/offline", "/report/phone")
# What is said in an attribute.
SAID_IN = ("alt", "aria-label", "data-found", "data-label", "data-none", "data-place", "data-refused",
           "data-suggested", "data-sure", "data-sure-sent", "data-taken")
DESK = ("/staff/queue", "/staff/reports/{}")


@pytest.mark.parametrize("language", ["es", "pt", "ar", "zh-Hant", "ru", "ur"])  # every script and direction
def test_no_page_says_an_english_sentence(said, language, visitor, signed_in, make_report, db_):
    reference = make_report().reference
    db_.flush()
    opendata.publish(db_)
    desk = signed_in("streets")
    shown = [visitor.get(f"/{language}{path}") for path in (*PAGES, f"/reports/{reference}?sent=1")]
    if language in ("es", "pt", "ar"):  # in the others the demo city's words for its staff stay English
        shown += [desk.get(f"/{language}{path.format(reference)}") for path in DESK]
    whole = [text for m in said if m.id for text in english(m) if len(PLACE.sub("", text).split()) > 2]
    seen = visitor.get("/en/report?lat=0&long=0").words
    assert len([text for text in whole if is_said(text, seen)]) > 3  # an English page is noticed
    for page in shown:
        assert page.tree.get("lang") == language
        assert page.tree.get("dir") == ("rtl" if language in ("ar", "ur") else "ltr")
        told = page.words + " " + " ".join(v for e in page.tree.iter() for k, v in e.items() if k in SAID_IN)
        assert [text for text in whole if is_said(text, told)] == [], page.answer.request.path


def beside(page, field: str) -> str:
    assert page.status == 422
    return "".join(page.tree.find(f".//*[@id='{field}-error']").itertext())


@pytest.mark.parametrize(("typed", "field", "told"), [
    ({"answer-size": ""}, "answer-size", "اختر واحدًا من هذه الخيارات."),
    ({"answer-depth": "deep"}, "answer-depth", "اكتب رقمًا، مثل 3."),
    ({"lat": "0", "long": "0"}, "place", "يقع هذا المكان خارج لاركماوث."),
    ({"photo": (io.BytesIO(b"no photo"), "a.jpg")}, "photo", "هذا الملف ليس صورة يمكننا قراءتها."),
])
def test_a_refusal_stands_in_arabic_beside_its_field(visitor, typed, field, told):
    page = visitor.post("/ar/reports", choose_place(visitor).form("/reports") | GOOD | typed)
    assert told in beside(page, field)
    assert told in page.words.split(beside(page, field).strip())[0]  # the summary at the top


def test_a_refusal_of_the_desk_is_in_the_language_of_the_page(signed_in, make_report):
    desk = signed_in("streets")
    address = f"/es/staff/reports/{make_report().reference}"
    fields = desk.get(address).form("/steps", verb="accept") | {"verb": "close", "outcome": "no_action"}
    owed = desk.post(f"{address}/steps", fields)
    assert owed.status == 422
    assert "Explique el motivo a la persona que avisó" in owed.words
    late = desk.post(f"{address}/steps", fields | {"seen": "1"})
    assert late.status == 409
    assert "Otra persona cambió este aviso" in late.words


def test_signing_in_and_out_keeps_the_language(visitor):
    asked = visitor.get("/ar/staff/queue")
    assert asked.answer.headers["Location"].startswith("/ar/sign-in")
    fields = visitor.get("/ar/sign-in").form("/sign-in")
    wrong = visitor.post("/ar/sign-in", fields | {"email": "streets@larkmouth.example", "password": "wrong"})
    assert "البريد الإلكتروني وكلمة المرور غير متطابقين." in wrong.words
    let_in = visitor.post("/ar/sign-in", fields | {"email": "streets@larkmouth.example",
                                                   "password": "a long password"})
    assert let_in.answer.headers["Location"] == "/ar/staff"
    queue = visitor.follow(visitor.follow(let_in))
    assert queue.tree.get("lang") == "ar"
    assert visitor.post("/ar/sign-out", queue.form("/sign-out")).answer.headers["Location"] == "/ar/"


def city_s_words(visitor) -> dict[str, str]:
    """Return how much of the city's own words the page about languages finds, by language."""
    page = visitor.get("/languages")
    rows = page.tree.findall(".//tbody/tr")
    return {row.find("th").get("lang"): "".join(row.findall("td")[1].itertext()) for row in rows}


def test_all_words_of_the_demo_city_are_there_in_all_its_languages(visitor):
    assert set(city_s_words(visitor).values()) == {"100%"}
    assert "Circonscription Nord" in visitor.get("/fr/report").words
    assert "устав города ларкмут" in visitor.get("/ru/privacy").words.casefold()


def test_the_names_of_areas_and_the_city_s_own_notices_are_counted(visitor, db_):
    for area in db_.scalars(select(Area)):
        area.names = {code: name for code, name in area.names.items() if code != "fr"}
    row = db_.scalars(select(CityRow)).one()
    notices = row.facts["notices"]
    row.facts = row.facts | {"notices": notices | {"law": {"en": notices["law"]["en"]}}}
    db_.flush()
    found = city_s_words(visitor)
    assert found["en"] == "100%"
    assert found["fr"] < found["pl"] != "100%"


def test_the_links_to_other_languages_keep_what_was_asked(visitor):
    links = visitor.get("/es/reports?q=calle%20%C3%B1&status=open").links()
    assert "/ar/reports?q=calle%20%C3%B1&status=open" in links
    assert "/en/reports?q=calle%20%C3%B1&status=open" in links


def test_a_form_sent_in_spanish_is_answered_in_spanish(visitor):
    fields = visitor.get("/es/report?lat=41.2&long=-33.4&service=pothole").form("/es/reports")
    sent = visitor.post("/es/reports", fields | GOOD)
    assert sent.answer.headers["Location"].startswith("/es/reports/")
    assert "Gracias. Hemos recibido su aviso." in visitor.follow(sent).words


def test_the_browser_s_own_language_is_taken_where_the_address_names_none(visitor):
    assert visitor.get("/", headers={"Accept-Language": "ar-EG, en;q=0.5"}).tree.get("lang") == "ar"
    assert visitor.get("/", headers={"Accept-Language": "tlh"}).tree.get("lang") == "en"
    for tag, spoken in (("zh-TW", "zh-Hant"), ("zh-HK,zh;q=0.9", "zh-Hant"), ("zh", "zh-Hans"),
                        ("zh-CN", "zh-Hans"), ("zh-Hant-HK", "zh-Hant"), ("pt-BR", "pt"), ("ht-HT", "ht")):
        assert visitor.get("/", headers={"Accept-Language": tag}).tree.get("lang") == spoken, tag


@pytest.mark.parametrize("address", ["/de/report", "/xx/", "/es/es/report", "/ES/report", "/zh/report"])
def test_an_unknown_prefix_is_no_page(visitor, address):
    assert visitor.get(address).status == 404


REPORTS = {
    "ar": {0: "لا توجد بلاغات", 1: "بلاغ واحد", 2: "بلاغان", 3: "3 بلاغات", 10: "10 بلاغات", 11: "11 بلاغًا",
           21: "21 بلاغًا", 99: "99 بلاغًا", 100: "100 بلاغ", 102: "102 بلاغ", 103: "103 بلاغات",
           111: "111 بلاغًا"},
    "ru": {0: "0 сообщений", 1: "1 сообщение", 2: "2 сообщения", 4: "4 сообщения", 5: "5 сообщений",
           11: "11 сообщений", 12: "12 сообщений", 21: "21 сообщение", 22: "22 сообщения",
           101: "101 сообщение", 111: "111 сообщений", 114: "114 сообщений"},
}
DAYS = {"ar": {"2026-01-02": "02‏/01‏/2026", "2026-12-31": "31‏/12‏/2026"},
        "ru": {"2026-01-02": "2 янв. 2026\u202fг.", "2026-05-31": "31 мая 2026\u202fг."},
        "zh-Hans": {"2026-01-02": "2026年1月2日"}, "ko": {"2026-12-31": "2026. 12. 31."}}


@pytest.mark.parametrize(("language", "number", "told"), [
    (language, number, told) for language, cases in REPORTS.items() for number, told in cases.items()])
def test_counts_are_said_as_the_language_counts(speaking, language, number, told):
    with speaking(language):
        assert ngettext("%(num)d report", "%(num)d reports", number) == told


@pytest.mark.parametrize(("language", "day", "told"), [
    (language, day, told) for language, cases in DAYS.items() for day, told in cases.items()])
def test_days_are_written_as_the_language_writes_them(speaking, language, day, told):
    with speaking(language):
        assert words.day(day) == told


@pytest.mark.parametrize("code", ["ar", "ko", "bn", "ur"])
def test_the_hour_stays_on_one_line_with_its_half_of_the_day(app, code):
    at = datetime(2026, 11, 24, 18, 5, tzinfo=UTC)
    with app.test_request_context(f"/{code}/"), force_locale(code):
        clock_ = words.moment(at).rpartition(words.language.comma())[2]
    assert "\N{NO-BREAK SPACE}" in clock_
    assert " " not in clock_
