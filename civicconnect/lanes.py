"""Work that other processes take over, in order: what one core makes, another one stores meanwhile."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process
from multiprocessing.context import BaseContext
from typing import Any, NamedTuple, TypeVar

from civicconnect.errors import Conflict

Item = TypeVar("Item")
Made = TypeVar("Made")
WORTHWHILE = 20_000  # reports: for fewer, another process is not up before the work is done
SELDOM = (1_000_000, 50, 50)
AHEAD = 10  # items in hand for each process: enough that none waits while a batch is stored

_tool: Any = None  # of this process, where it is one of the lanes


def lanes_here() -> int:
    """Return how many processes may help: one fewer than there are cores, as the caller works too."""
    return max(1, (os.cpu_count() or 1) - 1)


def in_lanes(
    make: Callable[[Any, Item], Made], tool: Any, items: Iterable[Item], lanes: int
) -> Iterator[Made]:
    """Yield make(tool, item) for each item, in their order.

    make     a function of a module, so that another process finds it
    tool     what it works with, sent to each process once
    items    read a few ahead, never all at once
    lanes    processes; 0: in this one
    """
    if not lanes:
        yield from (make(tool, item) for item in items)
        return
    pool = ProcessPoolExecutor(lanes, mp_context=_way(), initializer=_begin, initargs=(tool,))
    waiting: deque[Future[bytes] | _Ready] = deque()
    most = AHEAD * lanes
    with pool, _told_plainly():
        up = [pool.submit(os.getpid) for _ in range(lanes)]
        for item in items:
            if not all(one.done() for one in up):  # they load what they need: meanwhile it is made here
                yield make(tool, item)
                continue
            if len(waiting) < most or waiting[0].done():
                waiting.append(pool.submit(_made, make, item))
            else:  # they have enough in hand, and nothing is ready: whoever would wait works
                waiting.append(_Ready(make(tool, item)))
            while len(waiting) > most and (waiting[0].done() or len(waiting) == 2 * most):
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())


def _way() -> BaseContext:
    """Return how a process is started.

    Split off from this one it works at once, and shares what is loaded: a third less memory. But a lock that
    another thread holds at that moment would stay held there for good; then it begins anew.
    """
    is_alone = sys.platform == "linux" and threading.active_count() == 1
    return get_context("fork" if is_alone else "spawn")


@contextmanager
def few_collections() -> Iterator[None]:
    """Look for circular garbage seldom: millions of small things are made here, and none of them is any.

    Measured on a half year of 58,251 rows: 31.1 s without this, 21.4 s with it.
    """
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


class _Ready(NamedTuple):
    """What was made in this process, among what others make."""

    made: Any

    def done(self) -> bool:
        return True


def _result(one: Future[bytes] | _Ready) -> Any:
    if isinstance(one, _Ready):
        return one.made
    return pickle.loads(one.result())  # noqa: S301  a process of ours made it


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool:
        raise Conflict("A process that helped was ended, perhaps for want of memory. Start again: what was "
                       "stored stays.") from None


def _begin(tool: Any) -> None:
    global _tool  # noqa: PLW0603  one a process, set as it begins
    _tool = tool
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to answer
    gc.disable()  # what is made here is sent away and let go: there is no garbage to look for
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _made(make: Callable[[Any, Any], Any], item: Any) -> bytes:
    # What waits to be taken is a third as large so, and is read by whoever takes it.
    return pickle.dumps(make(_tool, item), pickle.HIGHEST_PROTOCOL)


def _end_with_parent() -> None:
    """End as soon as the parent has: one that was killed leaves nobody behind."""
    parent = parent_process()
    assert parent is not None  # noqa: S101  this runs in a child
    connection.wait([parent.sentinel])
    os._exit(1)
