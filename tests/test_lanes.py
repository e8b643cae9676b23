"""Other processes take work over: in order, a few items ahead, and what goes wrong there is heard here."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from itertools import count, repeat
from pathlib import Path

import pytest

from civicconnect.errors import Conflict, Invalid
from civicconnect.lanes import AHEAD, in_lanes

seen = ""  # a caller sets it before it is helped
HELPED = """
import sys, threading
from itertools import count
from civicconnect.lanes import in_lanes
from tests import test_lanes

test_lanes.seen = "what the caller set"
done = threading.Event()
if sys.argv[1] == "not alone":
    threading.Thread(target=done.wait).start()
print(next(said for said, helped in in_lanes(test_lanes.look, test_lanes.os.getpid(), count(), 1) if helped))
done.set()
"""


KILLED = """
import os, signal
from itertools import count
from civicconnect.lanes import in_lanes
from tests import test_lanes

for _, process in in_lanes(test_lanes.times, 1, count(), 1):
    if process != os.getpid():
        print(process, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


def look(caller, _item):
    return seen, os.getpid() != caller


def until(holds, seconds):
    """Wait until something holds, so long at most; returns whether it does."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def ended(process, seconds):
    """Wait until the system says that a process ended, so long at most; returns whether it did."""
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:  # ended, and collected by whoever took it over
        return True
    try:
        return bool(select.select([watched], [], [], seconds)[0])
    finally:
        os.close(watched)


def held(tool, item):
    """Whoever helps is done with the first one when the caller has made three meanwhile, or in 20 seconds."""
    caller, folder = tool
    begun = folder / "begun"
    if os.getpid() != caller:
        begun.touch()
        until(lambda: len(list(folder.glob("made *"))) >= 3, 20)
    elif until(begun.exists, 2):  # before anybody helps, it makes them too
        (folder / f"made {item}").touch()
    return item, os.getpid()


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
    helped, made = 0, []
    for value, process in in_lanes(times, 10, count(), 2):
        made.append(value)
        helped += process != os.getpid()
        if helped == 20:
            break
    assert made == [n * 10 for n in range(len(made))]


def test_a_caller_that_would_wait_makes_the_next_ones_itself(tmp_path):
    for place, (item, process) in enumerate(in_lanes(held, (os.getpid(), tmp_path), count(), 1)):
        assert item == place
        if process != os.getpid():
            break
    assert len(list(tmp_path.glob("made *"))) >= 3


@pytest.mark.parametrize(("which", "said"), [("alone", "what the caller set"), ("not alone", "")])
def test_whoever_helps_is_split_off_unless_another_thread_may_hold_a_lock(which, said):
    done = subprocess.run([sys.executable, "-c", HELPED, which], cwd=Path(__file__).parent.parent,
                          capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == said


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


def test_whoever_helped_one_that_was_killed_ends_too():
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=Path(__file__).parent.parent,
                          capture_output=True, text=True, timeout=120, check=False)
    assert ended(int(done.stdout), 60)
