"""Slips of the finger, against the textbook's slow way of counting them; and the words of addresses."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicconnect.geo import typed, words
from civicconnect.geo.spelling import LONGEST, WordList

WORD = st.text("abcé", min_size=1, max_size=9) | st.text("ab", min_size=LONGEST - 2, max_size=LONGEST + 4)


def distances(one, other):
    """Return the edits from `one` to the first 0, 1, 2, … letters of `other`, row by row."""
    rows = [list(range(len(other) + 1))]
    for i in range(1, len(one) + 1):
        rows.append([i])
        for j in range(1, len(other) + 1):
            differs = one[i - 1] != other[j - 1]
            least = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + differs)
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                least = min(least, rows[i - 2][j - 2] + 1)
            rows[i].append(least)
    return rows[-1]


@given(listed=st.sets(WORD, max_size=12), asked=WORD, most=st.integers(0, 2))
def test_slips_are_counted_as_by_hand(listed, asked, most):
    known = WordList.of(listed)
    found = known.slips(asked, most)
    told = {known.words[n]: (whole, beginning) for n, whole, beginning in
            zip(found.words, found.whole, found.beginning, strict=True)}
    for word in listed:
        counted = distances(asked[:LONGEST], word[:LONGEST])[1:]
        if min(counted) > most:
            assert word not in told
            continue
        whole, beginning = told[word]
        assert beginning == min(counted)
        assert whole == counted[-1] or (whole > most and counted[-1] > most)


def test_nothing_is_near_to_nothing():
    assert len(WordList.of([]).slips("oak", 2).words) == 0
    assert len(WordList.of(["oak"]).slips("", 2).words) == 0


def test_every_short_form_stands_in_one_line_only():
    spelt = Counter((words.KINDS + words.TITLES).split())
    assert [word for word, count in spelt.items() if count > 1] == []


def test_every_short_form_is_written_folded_and_its_plain_form_is_plain():
    for word in words.SPELLINGS:
        assert words.fold(word) == word
        assert words.plain(words.plain(word)) == words.plain(word)


@pytest.mark.parametrize(("one", "other"), [
    ("Oak Street", "OAK ST."), ("Élan Straße", "elan str"), ("First Avenue", "1st Ave"),
    ("St. Mary's", "Saint Marys"),
    ("Avenida São João", "Av Sao Joao"), ("شارع الزيتون", "ش زَيتون"), ("Lindenstraße", "Lindenstr."),
])
def test_spellings_of_one_street_have_one_key(one, other):
    assert words.key(one) == words.key(other)


@pytest.mark.parametrize(("one", "other"), [
    ("Oak Street", "Oak Avenue"), ("Oak Place", "Oak Plaza"), ("Calle 12", "Calle 12a"),
    ("1st Avenue", "2nd Avenue"),
    ("East Street", "West Street"), ("Oak Street", "Oaks Street"),
])
def test_two_streets_have_two_keys(one, other):
    assert words.key(one) != words.key(other)


@pytest.mark.parametrize(("number", "parts", "whole"), [
    ("12", ("12",), 12), ("12b", ("12", "b"), 12), ("12 B", ("12", "b"), 12), ("12-14", ("12", "14"), 12),
    ("A 7", ("a", "7"), 7), ("12½", ("12", "1", "2"), 12), ("", (), None), ("bis", ("bis",), None),
    ("٣٤", ("34",), 34),
    ("9999999999", ("9999999999",), None), ("007", ("007",), 7),
])
def test_a_house_number_has_parts(number, parts, whole):
    assert typed.parts(number) == parts
    assert typed.whole(number) == whole
