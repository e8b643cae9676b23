"""How long a replay of the rules takes: `python -m tests.bench_replay` in an installation with reports.

Prints the seconds and the statements for the rules in force, with three rules planted before them: one that
is shadowed, one that nothing fits, and one that fails. docs/proof/routing.md has the figures.
"""

from __future__ import annotations

import time
from dataclasses import replace

import click
from sqlalchemy import func, select

from civicconnect import clock, db, reports, routing, settings
from civicconnect.accounts import SYSTEM
from civicconnect.catalog import catalog
from civicconnect.db import Db
from civicconnect.reports import Report
from civicconnect.routing import Near, Rule, RuleBook
from tests.counting import counted


@click.command()
@click.option("--last", default=reports.LAST, help="So many reports.")
@click.option("--rounds", default=5)
def main(last: int, rounds: int) -> None:
    """Replay the last reports some times, and say what it took."""
    given = settings.load()
    database = db.open_database(given.url_of_database)
    with settings.bound(given), db.bound(database):
        with db.reading() as db_:
            book = planted(db_, routing.rule_book(db_))
            click.echo(f"{database.engine.dialect.name}: {db_.scalar(select(func.count(Report.number))):,} "
                       f"reports, {len(book.rules)} rules")
        for _ in range(rounds):
            with db.reading() as db_, counted(database) as asked:
                began, worked = time.perf_counter(), time.process_time()
                found = reports.replay(db_, SYSTEM, book, last=last)
                seconds, worked = time.perf_counter() - began, time.process_time() - worked
            click.echo(f"{found.asked:,} replayed in {seconds:.2f} s, {worked:.2f} s of them here; "
                       f"{len(asked)} statements; {found.moved:,} move, {found.caught:,} caught")
        for one in found.rules:
            if one.says and one.rule.code.startswith("planted-"):
                click.echo(f"{one.rule.code}: {one.says}")
        with db.reading() as db_, counted(database) as asked:
            began = time.perf_counter()
            wrong = reports.misroutes(db_, SYSTEM, clock.now().replace(year=2000))
            click.echo(f"misroutes over {wrong.total.reports:,} in {time.perf_counter() - began:.2f} s")


def planted(db_: Db, book: RuleBook) -> RuleBook:
    """Return the book with rules that do nothing before its own, and its last rule at another department."""
    offer = catalog(db_)
    busiest = db_.scalars(select(Report.service_id).group_by(Report.service_id)
                          .order_by(func.count().desc()).limit(3)).all()
    codes = [offer.service_codes[service] for service in busiest]
    first, other = list(offer.departments)[:2]
    area = next(iter(sorted(reports.desk(db_).areas.drawn)))
    mine = (
        Rule("planted-first", first, frozenset({codes[0]})),
        Rule("planted-shadowed", other, frozenset({codes[0]}), areas=frozenset({area})),
        Rule("planted-never", other, frozenset({codes[1]}), sources=frozenset({"letter"}),
             hours=("03:00-03:01",)),
        Rule("planted-failing", other, frozenset({codes[2]}), near=Near("rails", 20.0)),
    )
    return replace(book, rules=(*mine, *book.rules))


if __name__ == "__main__":
    main()
