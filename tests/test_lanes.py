"""Other processes take work over: in order, a few items ahead, and what goes wrong there is heard here."""

from __future__ import annotations

import os
from itertools import count, repeat

import pytest

from civicconnect.errors import Conflict, Invalid
from civicconnect.lanes import AHEAD, in_lanes


def times(tool, item):
    return item * tool, os.getpid()


def refuse(spared, item):
    if item == 3 and os.getpid() != spared:
        raise Invalid({"item": ["Three is refused."]})
    return item


def fall(spared, item):
    if os.getpid() != spared:
        os._exit(1)
    return item


def test_what_is_made_comes_in_the_order_of_what_was_given():
    made = list(in_lanes(times, 10, range(20), 0))
    assert made == [(n * 10, os.getpid()) for n in range(20)]


def test_the_order_is_kept_when_others_take_over_from_whoever_began():
    helped, made = set(), []
    for value, process in in_lanes(times, 10, count(), 2):
        made.append(value)
        if process != os.getpid():
            helped.add(value)
        if len(helped) == 20:
            break
    assert made == [n * 10 for n in range(len(made))]
    assert helped == set(made[-20:])


def test_only_a_few_items_are_read_ahead():
    read = []
    made = in_lanes(times, 1, (read.append(n) or n for n in range(100)), 1)
    next(made)
    assert len(read) <= AHEAD + 2
    assert len(list(made)) == 99


def test_a_refusal_is_a_refusal_whoever_came_upon_it():
    made = in_lanes(refuse, None, range(9), 0)
    assert [next(made) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(Invalid, match="Three is refused"):
        next(made)
    with pytest.raises(Invalid, match="Three is refused"):
        list(in_lanes(refuse, os.getpid(), repeat(3), 1))


def test_a_process_that_was_ended_is_told_in_a_sentence():
    with pytest.raises(Conflict, match="A process that helped was ended"):
        list(in_lanes(fall, os.getpid(), repeat(3), 1))
