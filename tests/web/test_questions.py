"""Questions that hang on an answer, and answers after which the city takes no report here."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from civicconnect import clock
from civicconnect.reports import Report
from tests.offers import change_city, change_service, make_plain, question, stopper

FORM = "/report?lat=41.2&long=-33.4&service=pothole"


@pytest.fixture(autouse=True)
def plain(db_):
    make_plain(db_)


@pytest.fixture
def branching(db_):
    """A pothole is asked about a car, and then whether the car still drives."""
    change_service(db_, "pothole", questions=[
        question("car", words="Is a car damaged?"),
        question("plate", "text", when=("car", "yes"), words="Which number plate?"),
        question("drives", when=("car", "yes"), words="Does it still drive?", required=False),
        question("towed", when=("drives", "no"), words="Is it in the way?"),
    ])


def send(visitor, **answers):
    fields = visitor.get(FORM).form("/reports")
    return visitor.post("/reports", fields | {f"answer-{code}": told for code, told in answers.items()})


def faulty(page) -> set[str]:
    assert page.status == 422
    return {e.get("id").removesuffix("-error") for e in page.tree.iter("p")
            if (e.get("id") or "").endswith("-error")}


def test_without_a_script_every_question_stands_there_and_says_when_it_counts(visitor, branching):
    page = visitor.get(FORM)
    assert "Only if you answered “Yes” to “Is a car damaged?”" in page.words
    plate = page.tree.find(".//input[@id='answer-plate']")
    assert plate.get("aria-describedby").split() == ["answer-plate-only"]
    assert [e for e in page.tree.iter("div") if "question" in (e.get("class") or "").split()
            and e.get("hidden") is not None] == []


@pytest.mark.parametrize(("answers", "wrong"), [
    ({}, {"answer-car"}),
    ({"car": "maybe"}, {"answer-car"}),
    ({"car": "yes"}, {"answer-plate"}),
    ({"car": "yes", "plate": "A 1", "drives": "no"}, {"answer-towed"}),
    ({"car": "yes", "plate": "A 1", "drives": "no", "towed": "perhaps"}, {"answer-towed"}),
    ({"car": "no", "towed": "perhaps", "drives": "x"}, set()),  # what is not asked is not read
])
def test_only_what_the_answers_lead_to_is_asked_and_refused_beside_its_field(
        visitor, branching, answers, wrong):
    page = send(visitor, **answers)
    assert faulty(page) == wrong if wrong else page.status == 303


def test_an_answer_that_was_not_asked_for_is_not_kept(visitor, branching, db_):
    shown = visitor.follow(send(visitor, car="no", plate="A 1", drives="no"))
    assert [a["code"] for a in db_.scalars(select(Report)).one().answers] == ["car"]
    assert "A 1" not in shown.words


def test_faults_stand_in_the_order_of_the_page(visitor, db_):
    page = visitor.post("/reports", visitor.get(FORM).form("/reports") | {
        "email": "x", "id": "damaged", "description": "d" * 9})
    assert [a for a in page.links() if a in ("#form", "#answer-size", "#email")] == [
        "#form", "#answer-size", "#email"]


def test_a_service_that_is_never_taken_here_says_whom_to_call_instead_of_a_form(visitor, db_):
    change_service(db_, "pothole", stopper=[
        stopper("The state mends this road.", phone="555 0100 (day)", link="https://roads.example/a")])
    for address in (FORM, "/report?service=pothole"):
        page = visitor.get(address)
        assert page.status == 200
        assert "The state mends this road." in page.words
        assert {"tel:5550100", "https://roads.example/a"} <= set(page.links())
        assert page.tree.find(".//textarea") is None


def test_a_form_that_was_open_before_such_a_stopper_is_refused_with_it(visitor, db_):
    fields = visitor.get(FORM).form("/reports") | {"answer-size": "plate"}
    change_service(db_, "pothole", stopper=[stopper("The state mends this road.", phone="555 0100")])
    page = visitor.post("/reports", fields)
    assert page.status == 422
    assert "The state mends this road." in page.words
    assert "tel:5550100" in page.links()
    assert db_.scalar(select(Report)) is None


def test_an_answer_that_stops_is_refused_beside_it_and_what_was_typed_is_kept(visitor, db_):
    change_service(db_, "pothole", stopper=[stopper("Larger ones are an emergency: call.",
                                                    when=("size", "wheel"), phone="555 0100")])
    before = visitor.get(FORM)
    hidden = [e for e in before.tree.iter("div") if e.get("class") == "stopper"]
    assert [e.get("hidden") is not None for e in hidden] == [True]
    fields = before.form("/reports") | {"answer-size": "wheel", "description": "Keep me."}
    page = visitor.post("/reports", fields)
    assert faulty(page) == {"answer-size"}
    assert "Larger ones are an emergency" in page.words
    [block] = [e for e in page.tree.iter("div") if e.get("class") == "stopper"]
    assert block.get("hidden") is None
    assert "tel:5550100" in page.links()
    assert page.form("/reports")["description"] == "Keep me."
    assert visitor.post("/reports", fields | {"answer-size": "hand"}).status == 303


@pytest.mark.parametrize(("contact", "there", "said"), [
    ("optional", True, "Your contact details (optional)"),
    ("needed", True, "we need an e-mail address or a telephone number"),
    ("none", False, "This report is anonymous"),
])
def test_the_form_asks_who_somebody_is_as_the_service_wishes(visitor, db_, contact, there, said):
    change_service(db_, "pothole", contact=contact)
    page = visitor.get(FORM)
    assert said in page.words
    assert (page.tree.find(".//input[@id='email']") is not None) == there


def test_where_contact_is_needed_its_lack_is_refused_beside_the_field(visitor, db_):
    change_service(db_, "pothole", contact="needed")
    assert faulty(send(visitor, size="plate")) == {"email"}
    fields = visitor.get(FORM).form("/reports") | {"answer-size": "plate", "phone": "555 0101"}
    assert visitor.post("/reports", fields).status == 303


def test_where_nobody_may_be_named_typed_details_are_neither_checked_nor_kept(visitor, db_):
    change_service(db_, "pothole", contact="none")
    fields = visitor.get(FORM).form("/reports") | {"answer-size": "plate", "email": "not one", "name": "Ana"}
    assert visitor.post("/reports", fields).status == 303
    assert db_.scalars(select(Report)).one().contact_id is None


# Storm

STORM = {"on": True, "begins": "", "ends": "", "words": {"en": "Stay inside.", "es": "Quédese en casa."}}


@pytest.fixture
def storm(db_):
    change_service(db_, "tree", storm="stays")
    change_service(db_, "water-leak", storm="only")
    change_city(db_, storm=STORM)


def offered(page) -> set[str]:
    return {e.get("href").split("service=")[1].split("&")[0] for e in page.tree.iter("a")
            if e.get("class") == "services__link"}


def test_in_a_storm_only_what_cannot_wait_is_offered_and_every_page_says_so(visitor, storm):
    page = visitor.get("/report?lat=41.2&long=-33.4")
    assert offered(page) == {"tree", "water-leak"}
    assert "only what cannot wait" in page.words
    for address in ("/", "/reports", "/privacy", "/nowhere"):
        assert "Stay inside." in visitor.get(address).words
    assert "Quédese en casa." in visitor.get("/es/").words


@pytest.mark.parametrize("address", [FORM, "/report?service=pothole"])
def test_a_service_that_rests_says_so_and_lists_what_is_offered(visitor, storm, address):
    page = visitor.get(address)
    assert page.status == 200
    assert "“Pothole” rests while the emergency lasts" in page.words
    assert offered(page) == {"tree", "water-leak"}
    assert ("lat=41.2" in "".join(page.links())) == ("lat" in address)


def test_what_is_for_a_storm_only_rests_without_one(visitor, db_):
    change_service(db_, "water-leak", storm="only")
    page = visitor.get("/report?service=water-leak")
    assert "only while the city has declared an emergency" in page.words
    assert "water-leak" not in offered(page)
    assert "pothole" in offered(page)


def test_a_form_that_was_open_before_the_storm_keeps_its_words_and_says_no(visitor, db_):
    fields = visitor.get(FORM).form("/reports") | {"answer-size": "plate", "description": "Keep me."}
    change_city(db_, storm=STORM)
    page = visitor.post("/reports", fields)
    assert faulty(page) == {"service"}
    assert page.form("/reports")["description"] == "Keep me."
    assert db_.scalar(select(Report)) is None


def test_a_storm_by_date_ends_by_itself(visitor, db_):
    now = clock.now()
    change_city(db_, storm=STORM | {"on": False, "begins": "2000-01-01 00:00",
                                    "ends": f"{now.year}-01-01 00:00"})
    assert "Stay inside." not in visitor.get("/").words


# The list of services

def test_few_services_stand_open_and_many_in_groups_that_open(visitor, monkeypatch):
    monkeypatch.setattr("civicconnect.web.resident.MANY", 1000)
    few = visitor.get("/report?lat=41.2&long=-33.4")
    assert few.tree.find(".//details[@class='services__group']") is None
    monkeypatch.setattr("civicconnect.web.resident.MANY", 5)
    many = visitor.get("/report?lat=41.2&long=-33.4")
    groups = [e for e in many.tree.iter("details") if e.get("class") == "services__group"]
    assert len(groups) > 3
    assert not [e for e in groups if e.get("open") is not None]
    assert offered(many) == offered(few)


def test_each_service_is_a_link_that_keeps_the_place(visitor):
    where = visitor.get("/report")
    what = visitor.follow(visitor.get("/report", query_string=where.form("/report") | {
        "pin.x": "144", "pin.y": "120"}))
    address = next(a for a in what.links() if "service=pothole" in a)
    details = visitor.get(address)
    said_back = "".join(what.tree.find(".//p[@class='govuk-body-l said-back']//bdi").itertext())
    assert said_back in details.words
    assert "Streets and Paving looks after this here." in details.words
    assert details.form("/reports")["address"] == said_back


def test_the_words_a_service_is_known_by_travel_with_it_for_the_search(visitor):
    page = visitor.get("/es/report?lat=41.2&long=-33.4")
    lines = [e for e in page.tree.iter("li") if "socavón" in (e.get("data-words") or "")]
    assert [next(e.iter("a")).get("href").split("service=")[1].split("&")[0] for e in lines] == ["pothole"]


def test_an_icon_of_ours_stands_beside_a_service_and_an_unknown_name_is_none(visitor, db_):
    change_service(db_, "pothole", icon="road")
    change_service(db_, "tree", icon="no-such-icon")
    page = visitor.get("/report?lat=41.2&long=-33.4")
    services = next(e for e in page.tree.iter("div") if e.get("class") == "services")
    assert len([e for e in services.iter() if str(e.tag).endswith("svg")]) == 1
