"""Every address, every method, every kind of visitor: each cell is stated in tests/web/matrix.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from flask import Flask, g
from sqlalchemy import select
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import Rule

from civicconnect import accounts, catalog, reports
from civicconnect.accounts import ContactDetails, Staff
from civicconnect.app import create_app
from civicconnect.geo import Area
from civicconnect.media import Photo
from civicconnect.reports import NewLetter, ReportArea
from tests.passes import cookie_of
from tests.web.matrix import CELLS, FORMS, KINDS, NOT_OURS, PEOPLE, RULES, VALUES

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LETTER = NewLetter("<one@home.example>", ContactDetails(), "Lamp", "It is dark.")
PART = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


@dataclass
class House:
    """The product with one report of the streets department, and a cookie for each kind of visitor."""

    app: Flask
    values: dict[str, str]
    cookies: dict[str, str]

    def ask(
        self, kind: str, method: str, address: str, form: dict[str, str] | None = None
    ) -> tuple[int, str]:
        """Return the status of an answer and where it leads."""
        client = self.app.test_client()
        if kind in self.cookies:
            client.set_cookie("civic", self.cookies[kind])
        answer = client.open(address, method=method, data=form)
        answer.close()
        return answer.status_code, answer.headers.get("Location", "")


@pytest.fixture
def house(database, given, db_, make_report) -> House:
    report = make_report(photos=(Photo("a" * 64, 40, 30),), contact=ContactDetails(email="ana@home.example"))
    ward = select(Area.code).join(ReportArea).where(ReportArea.report_number == report.number,
                                                    Area.layer == "ward")
    elsewhere = db_.scalars(select(Area.code).where(Area.layer == "ward", Area.code.not_in(ward))).first()
    for kind, (role, department) in PEOPLE.items():
        person = Staff(email=f"{kind}@matrix.example", name=kind, fs_uniquifier=kind)
        db_.add(person)
        accounts.set_rights(db_, person, role, [department] if department else [],
                            [("ward", elsewhere)] if kind == "elsewhere" else [])
    app = create_app(given, database)
    app.config["WTF_CSRF_ENABLED"] = False  # a test below asks for the token
    offer = catalog.catalog(db_)  # nothing here changes it, and reading it is half of a page

    def catalog_is_known() -> None:
        g.catalog, g.city = offer, offer.city

    app.before_request_funcs[None].insert(0, catalog_is_known)
    follower = reports.sender(db_, report)
    lighting = db_.scalar(select(Staff.id).where(Staff.email == "lighting@matrix.example"))
    values = VALUES | {"reference": report.reference, "letter_id": str(reports.receive(db_, LETTER)),
                       "key": reports.key_of(follower), "staff_id": str(lighting)}
    return House(app, values, {kind: cookie_of(app, f"{kind}@matrix.example") for kind in PEOPLE})


def addresses(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield what the product answers to: each rule with each of its methods."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in NOT_OURS:
            for method in sorted((rule.methods or set()) & set(METHODS)):
                yield rule, method


def filled(rule: Rule, values: dict[str, str]) -> str:
    """Return an address of a rule."""
    return PART.sub(lambda part: values[part.group(1)], rule.rule)


def test_no_address_is_missing_from_the_matrix_and_none_is_there_for_nothing(app):
    stated = {(endpoint, method) for endpoint, method, *_ in CELLS}
    found = {(rule.endpoint, method): rule.rule for rule, method in addresses(app)}
    missing = [f'("{endpoint}", "{method}", "…", …),  # {address}'
               for (endpoint, method), address in sorted(found.items()) if (endpoint, method) not in stated]
    assert not missing, "\n".join([
        "Add to CELLS in tests/web/matrix.py, with a rule of RULES and the answer to whoever is let in:",
        *missing])
    parts = {part for rule, _ in addresses(app) for part in PART.findall(rule.rule)}
    known = {*VALUES, "reference", "letter_id", "key", "staff_id"}
    unvalued = ", ".join(sorted(parts - known))
    assert not unvalued, f"Add to VALUES in tests/web/matrix.py a value for {unvalued}."
    assert stated <= set(found), f"no such address any more: {stated - set(found)}"
    assert len(stated) == len(CELLS), "an address stands twice"


def test_every_address_answers_each_kind_of_visitor_as_stated(house, database):
    rules = {(rule.endpoint, method): filled(rule, house.values) for rule, method in addresses(house.app)}
    wrong = []
    for (endpoint, method, rule, status), (kind, stated) in (
            (cell, one) for cell in CELLS for one in zip(KINDS, RULES[cell[2]], strict=True)):
        expected = status if stated == "." else stated
        undone = database.held.begin_nested()
        code, where = house.ask(kind, method, rules[endpoint, method], FORMS.get(endpoint))
        undone.rollback()
        came = "S" if code == 302 and "/sign-in" in where and expected == "S" else code
        if came != expected:
            wrong.append(f"{kind}: {method} {rules[endpoint, method]} ({endpoint}) answers {came}, and "
                         f"the rule '{rule}' states {expected}")
    assert not wrong, "\n".join(wrong)


def test_no_address_answers_to_a_method_it_does_not_know(house):
    """The map refuses a method before anybody is asked who they are, so it is asked itself.

    Where another address of the same shape takes the method, that one stands in the matrix.
    """
    known: dict[str, set[str]] = {}
    for rule, method in addresses(house.app):
        known.setdefault(filled(rule, house.values), set()).add(method)
    stated = {(endpoint, method) for endpoint, method, *_ in CELLS}
    by_path, wrong = house.app.url_map.bind("localhost"), []
    for address, methods in known.items():
        for method in sorted(set(METHODS) - methods):
            with suppress(MethodNotAllowed):
                endpoint, _ = by_path.match(address, method)
                wrong += [(endpoint, method)] if (endpoint, method) not in stated else []
    assert not wrong
    for kind in ("stranger", "admin"):
        assert {house.ask(kind, "DELETE", address)[0] for address in known} == {405}


def test_nothing_is_written_without_the_token_of_a_form(house):
    house.app.config["WTF_CSRF_ENABLED"] = True
    exempt = {("partner.receive", "POST"), ("following.stop", "POST")}  # signed, or told by a secret key
    taken = [f"{method} {rule.rule}" for rule, method in addresses(house.app)
             if method != "GET" and (rule.endpoint, method) not in exempt
             and house.ask("admin", method, filled(rule, house.values))[0] != 400]
    assert not taken, "\n".join(taken)
