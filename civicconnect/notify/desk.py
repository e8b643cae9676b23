"""Letters to those who work: a contractor with a link to one report, staff with what waits for them."""

from __future__ import annotations

from collections.abc import Sequence

from civicconnect import reports, settings
from civicconnect.catalog import Catalog
from civicconnect.errors import Sentence
from civicconnect.notify.letters import Button, Letter
from civicconnect.notify.tongue import Tongue
from civicconnect.reports import Commission, Contractor, Report, Task

MOST_NAMED = 30  # tasks, in one letter
WHY = {
    "third_hop": Sentence("It goes from one department to another: decide who looks after it."),
    "escalated": Sentence("Nobody has acted on it in time."),
}


def letter_of_work(
    tongue: Tongue, offer: Catalog, report: Report, made: Commission, contractor: Contractor, *, is_over: bool
) -> Letter:
    """Return what a contractor is told of work: that it is theirs, or theirs no more."""
    _ = tongue.say
    department = tongue.of_city(offer.departments[offer.department_codes[contractor.department_id]].name)
    service = tongue.of_city(offer.services[offer.service_codes[report.service_id]].name)
    title = (_("This work is no longer yours.") if is_over else _("There is work for you."))
    said = (_("%(department)s has taken it back. You need not do anything.", department=department) if is_over
            else _("%(department)s asks you to do this by %(day)s.", department=department,
                   day=tongue.day(made.due_on.isoformat())))
    buttons = () if is_over else (
        Button(_("Open the work"),
               f"{settings.current().address}/{tongue.code}/work/{reports.token_of_work(made)}"),)
    return Letter(
        f"{service} {report.reference}: {title}", title, tongue.of_city(offer.city.name), tongue.code,
        tongue.direction, paragraphs=(said,), quote="" if is_over else made.words,
        facts=tuple((name, value) for name, value in (
            (_("Report"), service), (_("Where"), report.address), (_("Reference"), report.reference))
            if value),
        buttons=buttons,
        why=_("You get this because your firm works for the city. Whoever has the link can answer for you: "
              "keep it."),
        thread=(f"work.{made.id}", f"work.{made.id}.{'over' if is_over else 'given'}"))


def letter_of_tasks(
    tongue: Tongue, offer: Catalog, found: Sequence[tuple[Task, Report]], last: int
) -> Letter:
    """Return one letter about all that came to somebody of the staff since the last one.

    last    number of the newest delivery it stands for: no other letter has the same
    """
    _ = tongue.say
    title = _("Things to look at: %(count)s", count=len(found))
    facts = [(f"{tongue.of_city(offer.services[offer.service_codes[report.service_id]].name)} "
              f"{report.reference}", _(WHY[task.kind]))
             for task, report in found[:MOST_NAMED]]
    more = len(found) - len(facts)
    return Letter(
        title, title, tongue.of_city(offer.city.name), tongue.code, tongue.direction,
        paragraphs=(_("They stand in your list of tasks until somebody has looked at them."),),
        facts=tuple(facts), question=_("And %(count)s more.", count=more) if more else "",
        buttons=(Button(_("Open the tasks"), f"{settings.current().address}/{tongue.code}/staff/tasks"),),
        why=_("You get this because you work for the city and such reports come to you."),
        thread=("tasks", f"tasks.{last}"))
