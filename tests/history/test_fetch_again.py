"""A fetch that stops, wherever, is gone on with and leaves the file that an undisturbed one leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from civicconnect import history
from civicconnect.errors import Invalid
from tests.history.loopback import END, START, YEAR, ask, every, ids, open_town

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def out(tmp_path):
    return tmp_path / "requests.csv"


class Killed(Exception):
    pass


def die(*_):
    raise Killed


@pytest.mark.parametrize("pages", [True, False])
@pytest.mark.parametrize("when", [1, 2, 3, 5, 8])
def test_stopped_after_a_page_or_in_it_and_run_again_it_is_the_same_file(tmp_path, monkeypatch, pages, when):
    undisturbed, out = tmp_path / "undisturbed.csv", tmp_path / "out.csv"
    with open_town(*every(30, count=200, start=YEAR), limit=20, pages=pages) as town:
        whole = ask(town, undisturbed, since=YEAR)
        pages_in = []

        def stop(now):
            pages_in.append(now)
            if len(pages_in) == when:
                raise Killed

        with pytest.raises(Killed):
            ask(town, out, since=YEAR, progress=stop)
        # Stopped again, with a page in the CSV of which the state knows nothing yet.
        with monkeypatch.context() as patched:
            patched.setattr("os.replace", die)
            with pytest.raises(Killed):
                ask(town, out, since=YEAR)
        with out.open("ab") as text:
            text.write(b'R-99,open,"half a ro')
        again = ask(town, out, since=YEAR)
    assert out.read_bytes() == undisturbed.read_bytes()
    assert len(ids(out)) == len(set(ids(out))) == 200 == again.rows == whole.rows
    assert again.new == 200 - pages_in[-1].rows


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from civicconnect import history

calls = int(sys.argv[3])

def after_so_many_calls(frame, event, argument):
    global calls
    calls -= event == "call"
    if calls < 0:
        os.kill(os.getpid(), signal.SIGKILL)

since, until = map(datetime.fromisoformat, sys.argv[4:])
sys.setprofile(after_so_many_calls)
history.fetch(history.Endpoint(sys.argv[1], since, until), Path(sys.argv[2]), pause=lambda _: None)
"""


@pytest.mark.parametrize("pages", [True, False])
def test_killed_in_the_middle_of_anything_and_run_again_it_is_the_same_file(tmp_path, pages):
    undisturbed, out, after = tmp_path / "undisturbed.csv", tmp_path / "out.csv", (400, 9000, 3000)
    with open_town(*every(30, count=200, start=YEAR), limit=20, pages=pages) as town:
        ask(town, undisturbed, since=YEAR)
        for calls in after:
            words = [town.base, str(out), str(calls), str(YEAR), str(END)]
            done = subprocess.run([sys.executable, "-c", KILLED, *words], cwd=ROOT, timeout=60)
            assert done.returncode == -signal.SIGKILL
        assert 0 < len(ids(out)) < 200
        ask(town, out, since=YEAR)
    assert out.read_bytes() == undisturbed.read_bytes()


def test_run_once_more_when_all_is_there_it_asks_nothing(out):
    with open_town(*every(24, count=3)) as town:
        ask(town, out)
        before, asked = out.read_bytes(), len(town.asked)
        done = ask(town, out, until=None)
        assert (len(town.asked), out.read_bytes()) == (asked, before)
    assert (done.rows, done.new, done.asked, done.reached) == (3, 0, 0, None)


def test_another_question_does_not_go_into_the_same_file(out):
    with open_town(*every(24, count=3)) as town:
        ask(town, out)
        for more, words in (
            ({"jurisdiction": "x"}, "another jurisdiction"), ({"since": YEAR}, "another since"),
            ({"until": END + timedelta(1)}, "another until"), ({"page_size": 9}, "another page size"),
        ):
            with pytest.raises(Invalid, match=words):
                ask(town, out, **more)
    state = history.state_file(out)
    for content in ("{", "[]", '{"asked": {}}', json.dumps(json.loads(state.read_text()) | {"size": 10**9})):
        state.write_text(content)
        with pytest.raises(Invalid, match="remove both"):
            history.fetch(history.Endpoint(town.base, START, END), out)
