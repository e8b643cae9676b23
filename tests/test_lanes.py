"""Other processes take work over: in order, a few items ahead, and what goes wrong there is heard here."""

from __future__ import annotations

import os

import pytest

from civicconnect.errors import Conflict, Invalid
from civicconnect.lanes import AHEAD, in_lanes


def times(tool, item):
    return item * tool, os.getpid()


def refuse(_tool, item):
    if item == 3:
        raise Invalid({"item": ["Three is refused."]})
    return item


def fall(_tool, item):
    if item == 3:
        os._exit(1)
    return item


@pytest.mark.parametrize("lanes", [0, 2])
def test_what_is_made_comes_in_the_order_of_what_was_given(lanes):
    made = list(in_lanes(times, 10, range(20), lanes))
    assert [value for value, _ in made] == [n * 10 for n in range(20)]
    assert (os.getpid() in {process for _, process in made}) == (lanes == 0)


def test_only_a_few_items_are_read_ahead():
    read = []
    made = in_lanes(times, 1, (read.append(n) or n for n in range(100)), 1)
    next(made)
    assert len(read) <= AHEAD + 2
    assert len(list(made)) == 99


@pytest.mark.parametrize("lanes", [0, 1])
def test_a_refusal_over_there_is_a_refusal_here(lanes):
    made = in_lanes(refuse, None, range(9), lanes)
    assert [next(made) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Invalid, match="Three is refused"):
        next(made)


def test_a_process_that_was_ended_is_told_in_a_sentence():
    with pytest.raises(Conflict, match="A process that helped was ended"):
        list(in_lanes(fall, None, range(9), 1))
