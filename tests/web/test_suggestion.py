"""What people type becomes links to services, and goes along into the description."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from civicconnect import catalog, routing
from civicconnect.catalog.models import ServiceRow

HERE = "/report?lat=41.2&long=-33.4"


def names(page) -> list[str]:
    """Return what is suggested on a page."""
    section = page.tree.find(".//section[@aria-labelledby='suggested']")
    return [] if section is None else [e.text for e in section.iter("span") if not e.get("class")]


def first_link(page) -> str:
    section = page.tree.find(".//section[@aria-labelledby='suggested']")
    return section.find(".//a").get("href")


def test_words_bring_suggestions_above_the_whole_list_without_a_script(visitor):
    page = visitor.get(HERE)
    fields = page.form("/report")
    listed = [e for e in page.tree.iter("a") if "services__link" in (e.get("class") or "")]
    answer = visitor.get("/report", query_string=fields | {"words": "a deep hole in the road"})
    assert names(answer)[0] == "Pothole"
    assert len(names(answer)) <= 3
    below = [e for e in answer.tree.iter("a") if "services__link" in (e.get("class") or "")]
    assert len(below) == len(listed) + len(names(answer))
    assert answer.tree.find(".//input[@id='find']").get("value") == "a deep hole in the road"


def test_a_suggestion_that_comes_while_one_types_keeps_the_photo_and_what_the_phone_holds(visitor):
    fragment = visitor.client.get("/report/suggestions", query_string={
        "words": "a deep hole in the road", "lat": "41.2", "photo": "signed", "draft": "d" * 50})
    [href] = re.findall(r'services__link" href="([^"]+)"', fragment.text)[:1]
    there = parse_qs(urlsplit(unescape(href)).query)
    assert (there["photo"], there["draft"], there["lat"]) == (["signed"], ["d" * 36], ["41.2"])


@pytest.mark.parametrize(("words", "name"), [
    ("una farola apagada", "Street lamp"), ("المصباح مطفأ", "Street lamp"), ("buraco na estrada", "Pothole")])
def test_words_in_another_language_than_the_page_are_read(visitor, words, name):
    asked = {"lat": "41.2", "long": "-33.4", "words": words}
    assert names(visitor.get("/en/report", query_string=asked))[0] == name


def test_what_was_typed_goes_along_into_the_description(visitor):
    page = visitor.get(f"{HERE}&words=a+deep+hole+in+the+road&address=1+Test+Street")
    assert parse_qs(urlsplit(first_link(page)).query) == {
        "lat": ["41.2"], "long": ["-33.4"], "address": ["1 Test Street"], "service": ["pothole"],
        "words": ["a deep hole in the road"]}
    details = visitor.get(first_link(page))
    assert details.form("/reports")["description"] == "a deep hole in the road"
    back = next(e.get("href") for e in details.tree.iter("a") if e.text == "Something else")
    assert names(visitor.get(back))[0] == "Pothole"


def test_a_place_told_in_words_alone_is_carried_along_too(visitor):
    options = visitor.get("/report").tree.findall(".//select[@id='area']//option")
    area = next(one.get("value") for one in options if one.get("value"))
    told = {"area": area, "address": "By the blue door"}
    page = visitor.get("/report", query_string=told | {"words": "a deep hole in the road"})
    typed = page.form("/report") | {"words": "deep hole"}
    sent = visitor.client.get("/report/suggestions", query_string=typed)
    assert "By+the+blue+door" in sent.get_data(as_text=True)
    details = visitor.get(first_link(page)).form("/reports")
    assert (details["area"], details["description"]) == (area, "a deep hole in the road")


def test_one_word_was_a_search_and_is_no_description(visitor):
    assert visitor.get(f"{HERE}&service=pothole&words=crater").form("/reports")["description"] == ""
    chinese = visitor.get("/report", query_string={
        "lat": "41.2", "long": "-33.4", "service": "pothole", "words": "路上有一个大坑"})
    assert chinese.form("/reports")["description"] == "路上有一个大坑"


def test_what_was_typed_is_kept_while_the_place_is_moved_or_chosen_anew(visitor):
    page = visitor.get(f"{HERE}&words=deep+hole")
    moved = visitor.get("/report", query_string=page.form("/report", shown="252") | {"move": "n"})
    assert names(visitor.follow(moved))[0] == "Pothole"
    anew = visitor.get("/report?words=deep+hole&q=weir")
    assert {parse_qs(urlsplit(e.get("href")).query)["words"][0] for e in anew.tree.iter("a")
            if e.get("class") == "choices__link"} == {"deep hole"}


def test_where_nothing_is_sure_enough_nothing_is_suggested_and_it_says_so(visitor):
    page = visitor.get(f"{HERE}&words=qzxjk")
    assert names(page) == []
    assert "Nothing fits these words. Here is the whole list." in page.words


@pytest.mark.parametrize("words", ["%ff%fe", "<script>alert(1)</script>", "a" * 5000, "%F0%9F%95%B3",
                                   "'\"><b>", "%ED%A0%80"])
def test_whatever_is_typed_is_no_error_and_no_markup(visitor, words):
    for address in (HERE, f"{HERE}&service=pothole", "/report?look=1"):
        page = visitor.get(f"{address}&words={words}")
        assert page.status in (200, 422)
        assert "<script>alert" not in page.text
    assert visitor.client.get(f"/report/suggestions?words={words}").status_code == 200


@pytest.mark.parametrize("place", ["", "&lat=41.2&long=-33.4", "&lat=x&long=y", "&lat=nan&long=1e999",
                                   "&lat=41.2&long=-33.4&zoom=x&pin.x=9", "&lat=95&long=0"])
def test_a_part_of_the_page_is_sent_while_somebody_types(visitor, place):
    answer = visitor.client.get(f"/report/suggestions?words=a+deep+hole{place}")
    assert answer.status_code == 200
    told = answer.get_data(as_text=True)
    assert "Pothole" in told
    assert "<html" not in told
    assert "words=a+deep+hole" in told


def test_nothing_is_sent_for_no_words(visitor):
    assert visitor.client.get("/report/suggestions").get_data(as_text=True).strip() == ""


def test_what_the_city_stopped_offering_is_not_suggested(visitor, db_):
    db_.query(ServiceRow).filter(ServiceRow.code == "pothole").one().active = False
    db_.flush()
    assert "Pothole" not in names(visitor.get(f"{HERE}&words=a+deep+hole"))


@pytest.fixture
def learned(db_):
    """A model for which a word of nobody means a fallen tree."""
    offer = catalog.catalog(db_)
    told = [routing.Lesson(f"{words} word{n}", code) for n in range(120)
            for code, words in (("tree", "vizzug"), ("pothole", "zorp"), ("street-light", "quiddle"))]
    trained = routing.train(told, list(offer.services.values()), lambda _: None)
    routing.write_model(routing.models_folder(), trained.model)
    return trained


def test_a_model_is_asked_where_there_is_one(visitor, learned):
    assert names(visitor.get(f"{HERE}&words=vizzug"))[0] == "Tree or branch"


def test_a_damaged_model_leaves_the_keywords(visitor, learned):
    (routing.models_folder() / "suggestion.npz").write_bytes(b"PK no model")
    assert names(visitor.get(f"{HERE}&words=vizzug")) == []
    assert names(visitor.get(f"{HERE}&words=a+deep+hole"))[0] == "Pothole"
