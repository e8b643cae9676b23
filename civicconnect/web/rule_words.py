"""What a rule asks for, what is wrong with it, and why it decided: in words, in the language of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask
from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from civicconnect.catalog import Catalog, Service, chosen
from civicconnect.geo import NamedArea
from civicconnect.routing import Change, Fault, Rule
from civicconnect.web import language
from civicconnect.web.words import PRIORITY, SOURCE, area_name, read_catalog, say, translated

DAY = {"mon": _l("Monday"), "tue": _l("Tuesday"), "wed": _l("Wednesday"), "thu": _l("Thursday"),
       "fri": _l("Friday"), "sat": _l("Saturday"), "sun": _l("Sunday")}
KIND = {"new": _l("New"), "gone": _l("Gone"), "changed": _l("Changed"), "moved": _l("Tried at another place")}
SAYS = {
    "fails": _l("It fails. What it might take goes to the catch-all."),
    "shadowed": _l("It never decides: earlier rules take all that fits it."),
    "never": _l("Nothing fits it."),
}


@dataclass(frozen=True)
class Told:
    """A rule as a page shows it."""

    rule: Rule
    department: str
    asks: tuple[str, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Names:
    """What the things that rules name are called."""

    offer: Catalog
    areas: Mapping[str, NamedArea]

    @classmethod
    def of(cls, offer: Catalog, areas: Sequence[NamedArea]) -> Names:
        """Return the names of a city's catalogue and areas."""
        return cls(offer, {f"{area.layer}:{area.code}": area for area in areas})

    def department(self, code: str) -> str:
        found = self.offer.departments.get(code)
        return say(found.name) if found else code

    def service(self, code: str) -> str:
        found = self.offer.services.get(code)
        return say(found.name) if found else code

    def area(self, key: str) -> str:
        return area_name(self.areas[key]) if key in self.areas else key

    def rule(self, code: str) -> str:
        """Return what decided: a rule by its code, or what decides where no rule does."""
        said = {"service": _("the service’s own department"), "catch-all": _("the catch-all")}
        return str(said.get(code, code))

    def told(self, rule: Rule, faults: Sequence[Fault] = ()) -> Told:
        """Return a rule in words."""
        return Told(rule, self.department(rule.department), tuple(self.asks(rule)),
                    tuple(translated(fault.sentence) for fault in faults))

    def asks(self, rule: Rule) -> list[str]:
        """Return each condition of a rule as a sentence, in the order in which they are tried."""
        found: list[str] = []
        if rule.services:
            found.append(_("It is about: %(what)s", what=_listed(map(self.service, sorted(rule.services)))))
        if rule.areas:
            found.append(_("It lies in: %(where)s", where=_listed(map(self.area, sorted(rule.areas)))))
        for code, options in rule.answers.items():
            question, said = self.answer(rule, code, options)
            found.append(_("“%(question)s” is answered: %(answers)s", question=question,
                           answers=_listed(said)))
        if rule.near:
            found.append(near_words(rule.near.layer, rule.near.owner, rule.near.metres))
        if rule.hours:
            found.append(_("It came in at: %(times)s", times=_listed(rule.hours)))
        if rule.days:
            found.append(_("It came in on: %(days)s",
                           days=_listed(str(DAY.get(d, d)) for d in [*DAY, *rule.days] if d in rule.days)))
        if rule.sources:
            found.append(_("It came by: %(ways)s",
                           ways=_listed(str(SOURCE.get(s, s)) for s in sorted(rule.sources))))
        if rule.priorities:
            found.append(_("Its priority is: %(priorities)s", priorities=_listed(
                str(PRIORITY.get(p, p)) for p in sorted(rule.priorities))))
        return found or [_("Every report")]

    def answer(self, rule: Rule, code: str, options: Any) -> tuple[str, list[str]]:
        """Return a question and some of its options in words."""
        for service in self._services(rule):
            for question in service.questions:
                words = dict(question.options)
                if question.code == code and set(options) & set(words):
                    said = [say(words[o]) if o in words else o for o in sorted(options)]
                    return say(question.words), said
        return code, sorted(options)

    def _services(self, rule: Rule) -> Sequence[Service]:
        known = self.offer.services
        return [known[c] for c in sorted(rule.services) if c in known] or list(known.values())

    def changed(self, changes: Sequence[Change]) -> list[tuple[str, str, Told | None, Told | None]]:
        """Return what differs between two versions: its kind in words, the rule's code, before and after."""
        return [(str(KIND[c.kind]), c.code, self.told(c.before) if c.before else None,
                 self.told(c.after) if c.after else None) for c in changes]


def near_words(layer: str, owner: str, metres: float) -> str:
    """Say what must lie near."""
    said = {"layer": layer, "owner": owner, "metres": format_decimal(metres)}
    if owner:
        return str(_("At most %(metres)s m from the nearest of “%(layer)s”, and it belongs to %(owner)s",
                     **said))
    return str(_("At most %(metres)s m from the nearest of “%(layer)s”", **said))


def _listed(words: Any) -> str:
    return language.comma().join(words)


def reasons(why: Mapping[str, Any], service: Service, areas: Any, *, all_: bool) -> list[str]:
    """Return what of a report made a rule fit, as it is kept with the report; the oldest know less.

    all_    also what residents wrote: for those who may read it
    """
    matched, found = why.get("matched", {}), list[str]()
    named = {f"{area.layer}:{area.code}": area_name(area) for area in areas}
    if "service" in matched:
        found.append(say(service.name) if matched["service"] == service.code else
                     Names(read_catalog(), {}).service(matched["service"]))
    if "area" in matched:
        found.append(named.get(matched["area"], matched["area"]))
    for key, value in matched.items() if all_ else ():
        if key.startswith("answer "):
            asked = next((q for q in service.questions if q.code == key.removeprefix("answer ")), None)
            words = dict(asked.options) if asked else {}
            found += [say(words[o]) if o in words else o for o in chosen(str(value))]
    if "near" in matched:
        found.append(near_words(matched["near"], matched.get("owner", ""), matched.get("metres", 0)))
    found += [str(matched["time"])] if "time" in matched else []
    for key, words in (("day", DAY), ("source", SOURCE), ("priority", PRIORITY)):
        if key in matched:
            found.append(str(words.get(matched[key], matched[key])))
    return found


def failure(why: Mapping[str, Any]) -> str:
    """Say which rule failed over a report, and why; "" where none did."""
    failed = why.get("failed")
    if not failed:
        return ""
    fault = translated(Fault(failed["what"], failed["value"]).sentence)
    return str(_("Rule %(rule)s could not decide. %(fault)s", rule=failed["rule"], fault=fault))


def sent_on(facts: Mapping[str, Any]) -> str:
    """Say what was decided anew over a report, in one sentence that residents read too."""
    department = Names(read_catalog(), {}).department(facts["department"])
    if facts["department"] == facts.get("was", {}).get("department"):
        return str(_("It stays with %(department)s.", department=department))
    if facts.get("after") == "place":
        return str(_("Sent on to %(department)s, because of where it lies.", department=department))
    return str(_("Sent on to %(department)s, because of what it is about.", department=department))


def hang(app: Flask) -> None:
    """Give the templates these words."""
    app.add_template_global(reasons, "why_reasons")
    app.add_template_global(failure, "why_failure")
    app.add_template_global(sent_on)
    app.add_template_global(lambda code: DAY.get(code, code), "day_words")
    app.add_template_filter(datetime.fromisoformat, "instant")
