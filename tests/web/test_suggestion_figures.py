"""How good suggestions are stands on a page of its own, for everybody."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from civicconnect import routing
from civicconnect.routing import Figures, Record
from tests.offers import change_service

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_without_a_model_the_page_of_figures_says_so(visitor):
    page = visitor.get("/performance/suggestion")
    assert "Nothing was learned from reports here yet" in page.words
    assert visitor.get("/performance/suggestion.csv").status == 404


@pytest.fixture
def record(given):
    """The figures of a training."""
    bins = (routing.Bin(20, 0.33, 0.3), routing.Bin(40, 0.8, 0.6))
    found = Figures(60, 0.5, 0.8, 0.2, 0.9, 0.7, 0.04, bins)
    matrix = np.zeros((4, 4), int)
    matrix[0, :2], matrix[1, :3], matrix[2, 2], matrix[3, 0] = (12, 8), (3, 19, 1), 4, 13
    made = Record(NOW, 300, routing.CONFIDENCE, False, found, replace(found, tested=40, first=0.25),
                  ("pothole", "street-light", "tree", "staff-complaint"), tuple(map(tuple, matrix.tolist())))
    routing.write_record(routing.models_folder(), made)
    return made


def test_figures_and_matrix_are_published(visitor, record, db_):
    change_service(db_, "staff-complaint", visibility="private")
    page = visitor.get("/performance/suggestion")
    assert "the model learned from 300 reports" in page.words
    assert "Pothole 20 12 Street lamp: 8" in page.words
    assert "All others together 17 4 Pothole: 13" in page.words
    assert "33% 30% 20" in page.words
    assert "One below 10% is not shown" in page.words
    assert "simulated" not in page.words
    assert "Complaint" not in page.words
    linked = [e.get("href") for e in visitor.get("/performance").tree.iter("a")]
    assert "/performance/suggestion" in linked


def test_the_matrix_is_a_file_too(visitor, record, db_):
    change_service(db_, "staff-complaint", visibility="private")
    answer = visitor.get("/performance/suggestion.csv").answer
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert {"service_meant": "street-light", "service_suggested_first": "(others)", "reports": "1"} in rows
    assert sum(int(row["reports"]) for row in rows) == 60
    assert "staff-complaint" not in str(rows)


@pytest.mark.parametrize("language", ["es", "pt", "ar"])
def test_the_figures_are_told_in_every_language(visitor, record, language):
    page = visitor.get(f"/{language}/performance/suggestion")
    assert page.status == 200
    assert "Right first" not in page.words
    assert "the model learned" not in page.words


def test_figures_on_few_are_not_shown(visitor, record):
    few = replace(record, figures=replace(record.figures, tested=29), is_invented=True)
    routing.write_record(routing.models_folder(), few)
    page = visitor.get("/performance/suggestion")
    assert "fewer than 30 reports: no figure yet" in page.words
    assert "invented for a simulated city" in page.words
