"""What may stand in `city.toml`, `departments.toml`, `services.toml`, `templates.toml`, `owners.toml`.

A key that is left out has the value given here; an export leaves it out again.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import available_timezones

from marshmallow import Schema, ValidationError, fields, validate

PRIORITIES = ("low", "normal", "high", "urgent")  # the later, the sooner it is looked at
PLACES = ("exact", "rounded", "area")  # how much of a place strangers are told
KINDS = ("one_of", "several_of", "text", "number", "date", "notice")  # of questions
OUTCOMES = ("fixed", "partly_fixed", "no_action", "not_found", "duplicate", "handed_over", "withdrawn",
            "invalid")
VERBS = ("accept", "plan", "start", "wait", "resume", "close", "reopen", "ask")
# What a template may name in braces; the words put there are the report's own.
FIELDS = ("reference", "service", "address", "department", "phone", "due", "planned_for", "city")
IN_BRACES = re.compile(r"\{([^{}\s]{1,40})\}")
KEEP_CONTACT_DAYS = 365  # where a city decides nothing else
ANSWER_DAYS = 14  # that a resident has to answer a question, where a city decides nothing else
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")
ICON = validate.Regexp(r"([a-z][a-z0-9-]{0,39})?$", error="An icon is named with lower case letters and -.")
CODE = validate.Regexp(
    r"[a-z0-9][a-z0-9_-]{0,79}$", error="A code is lower case letters, digits, - and _."
)
COLOUR = validate.Regexp(r"#[0-9a-fA-F]{6}$", error="Write a colour as #0b5a6f.")
HOST = validate.Regexp(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$",
    error="Write a host name in small letters, without port or https://, as 311.city.example.")
LANGUAGE = validate.Regexp(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", error="Write a language by its code, as en.")
LINK = validate.Regexp(r"(https?://[^\s<>\"]{1,480}|/[^\s<>\"/\\][^\s<>\"\\]{0,480})$",
                       error="Write an address that begins with https:// or with /.")

# What the foot of every page links to; "" where there is none.
WEBSITE = validate.Regexp(r"(https?://[^\s<>\"/][^\s<>\"]{0,480})?\Z",
                          error="Write an address that begins with https://.")
# As HTML defines it for a field: it will stand in the head of a letter.
EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
                   r"@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
                   r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")
MAILBOX = validate.Regexp(rf"(?:{EMAIL.pattern})?\Z", error="Write an e-mail address like name@example.com.")


# No longer than a promise stands still while somebody is waited for.
SOME_DAYS = validate.Range(1, 60, error="From 1 to 60 days.")


def one_of(*words: str) -> validate.OneOf:
    """Return the check that a value is one of these words, and says which they are."""
    return validate.OneOf(words, error=f"'{{input}}' is none of {', '.join(filter(None, words))}.")


class Words(fields.Dict):
    """What people read, by language: { en = "Pothole", es = "Bache" }."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.Str(), values=fields.Str(validate=validate.Length(max=4000)), **options)


class Moment(fields.Field[str]):
    """A minute on the city's own clock: "2026-12-01 08:00", or a date and time as TOML writes them."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if isinstance(value, datetime) and value.tzinfo is None:
            return value.strftime("%Y-%m-%d %H:%M")
        if type(value) is date:
            return f"{value.isoformat()} 00:00"
        try:
            if MOMENT.fullmatch(str(value)):
                datetime.fromisoformat(str(value))
                return str(value)
        except ValueError:
            pass  # there is no such day; said below
        raise ValidationError(f"'{value}' is no time on the city's clock; write \"2026-12-01 08:00\".")


class Centre(Schema):
    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    long = fields.Float(required=True, validate=validate.Range(-180, 180))


class Banner(Schema):
    """What stands above every page for a while."""

    words = Words(required=True)
    link = fields.Str(load_default="", validate=[validate.Length(max=500)])
    begins = Moment(load_default="")
    ends = Moment(load_default="")


class Storm(Schema):
    """Storm mode: services that wait are not offered, the ones for emergencies are."""

    on = fields.Bool(load_default=False)  # by hand
    begins = Moment(load_default="")  # or by date
    ends = Moment(load_default="")
    words = Words(load_default=dict)


class Notices(Schema):
    """What the privacy notice, the terms and the accessibility statement are made of."""

    controller = fields.Str(load_default="", validate=validate.Length(max=300))
    officer = fields.Str(load_default="", validate=validate.Length(max=300))
    authority = fields.Str(load_default="", validate=validate.Length(max=300))
    law = Words(load_default=dict)
    keep_contact_days = fields.Int(load_default=KEEP_CONTACT_DAYS, validate=validate.Range(
        1, 36500, error="Keep contact details for 1 day to 100 years."))
    accessibility = fields.Str(load_default="", validate=validate.Length(max=300))  # whom to ask
    terms = Words(load_default=dict)


class Photos(Schema):
    """What happens to photos that residents send."""

    first_look = fields.Bool(load_default=False)  # shown to strangers only once the city has looked at them


class Questions(Schema):
    """What happens while the city waits for a resident's answer."""

    days = fields.Int(load_default=ANSWER_DAYS, validate=SOME_DAYS)  # then nobody waits any longer
    remind = fields.Int(load_default=3, validate=validate.Range(0, 30, error="From 0 to 30 days before."))
    then = fields.Str(load_default="resume", validate=one_of("resume", "close"))
    reason = Words(load_default=dict)  # with which it is closed


class Contact(Schema):
    """How people reach the city."""

    emergency = fields.Str(load_default="", validate=validate.Length(max=60))
    phone = fields.Str(load_default="", validate=validate.Length(max=60))
    email = fields.Str(load_default="", validate=[validate.Length(max=200), MAILBOX])
    website = fields.Str(load_default="", validate=[validate.Length(max=500), WEBSITE])
    address = fields.Str(load_default="", validate=validate.Length(max=500))


class Layer(Schema):
    """How a layer of areas is called."""

    code = fields.Str(required=True, validate=CODE)
    name = Words(required=True)


STREET_VIEW = validate.Regexp(r"(https://(?=[^\s]*\{lat\})(?=[^\s]*\{long\})[^\s<>\"]{1,480})?$",
                              error="Write an address that begins with https:// and holds {lat} and {long}.")


class City(Schema):
    slug = fields.Str(required=True, validate=[CODE, validate.Length(max=60)])
    time_zone = fields.Str(required=True, validate=validate.OneOf(
        available_timezones(), error="{input} is no time zone; write one as Europe/Zurich."))
    languages = fields.List(fields.Str(validate=LANGUAGE), required=True, validate=validate.Length(min=1))
    languages_in_part = fields.List(fields.Str(validate=LANGUAGE), load_default=list)
    catch_all = fields.Str(required=True)
    limit_layer = fields.Str(load_default="")
    street_view_url = fields.Str(load_default="", validate=STREET_VIEW)
    hosts = fields.List(fields.Str(validate=HOST), load_default=list)
    name = Words(required=True)
    centre = fields.Nested(Centre, required=True)
    contact = fields.Nested(Contact, load_default=dict)
    colours = fields.Dict(keys=fields.Str(), values=fields.Str(validate=COLOUR), load_default=dict)
    notices = fields.Nested(Notices, load_default=dict)
    photos = fields.Nested(Photos, load_default=dict)
    questions = fields.Nested(Questions, load_default=dict)
    storm = fields.Nested(Storm, load_default=dict)
    banner = fields.List(fields.Nested(Banner), load_default=list)
    layer = fields.List(fields.Nested(Layer), load_default=list)


class Department(Schema):
    code = fields.Str(required=True, validate=CODE)
    calendar = fields.Str(required=True)
    email = fields.Str(load_default="", validate=[validate.Length(max=200), MAILBOX])
    phone = fields.Str(load_default="", validate=validate.Length(max=60))
    name = Words(required=True)


class Group(Schema):
    code = fields.Str(required=True, validate=CODE)
    icon = fields.Str(load_default="", validate=ICON)
    name = Words(required=True)


class Condition(Schema):
    """An answer that was given: holds when the question was answered with the option."""

    question = fields.Str(required=True)
    option = fields.Str(required=True)


class Option(Schema):
    code = fields.Str(required=True, validate=CODE)
    priority = fields.Str(load_default="", validate=one_of("", *PRIORITIES))
    words = Words(required=True)


class Question(Schema):
    code = fields.Str(required=True, validate=CODE)
    kind = fields.Str(required=True, validate=one_of(*KINDS))
    required = fields.Bool(load_default=False)
    when = fields.Nested(Condition, load_default=None, allow_none=True)
    words = Words(required=True)
    option = fields.List(fields.Nested(Option), load_default=list)


class Stopper(Schema):
    """Why this is not a thing to report here: call instead, or ask somebody else."""

    when = fields.Nested(Condition, load_default=None, allow_none=True)
    phone = fields.Str(load_default="", validate=validate.Length(max=60))
    link = fields.Str(load_default="", validate=validate.Length(max=500))
    words = Words(required=True)


class Service(Schema):
    code = fields.Str(required=True, validate=CODE)
    group = fields.Str(required=True)
    department = fields.Str(required=True)
    icon = fields.Str(load_default="", validate=ICON)
    priority = fields.Str(load_default="normal", validate=one_of(*PRIORITIES))
    visibility = fields.Str(load_default="public", validate=one_of("public", "private"))
    place = fields.Str(load_default="exact", validate=one_of(*PLACES))
    text = fields.Str(load_default="public", validate=one_of("public", "internal"))
    contact = fields.Str(load_default="optional", validate=one_of("optional", "needed", "none"))
    storm = fields.Str(load_default="stops", validate=one_of("stops", "stays", "only"))
    photos = fields.Int(load_default=3, validate=validate.Range(0, 5, error="From 0 to 5 photos."))
    begins = Moment(load_default="")  # offered from then on
    ends = Moment(load_default="")  # and no longer than to then
    answer_days = fields.Int(load_default=None, allow_none=True, validate=SOME_DAYS)  # None: as the city says
    name = Words(required=True)
    hint = Words(load_default=dict)
    keywords = fields.Dict(keys=fields.Str(), values=fields.List(fields.Str()), load_default=dict)
    stopper = fields.List(fields.Nested(Stopper), load_default=list)
    question = fields.List(fields.Nested(Question), load_default=list)


class Template(Schema):
    """Words that staff can start from when they take a step."""

    code = fields.Str(required=True, validate=CODE)
    verb = fields.Str(load_default="close", validate=one_of(*VERBS))
    outcome = fields.Str(load_default="", validate=one_of("", *OUTCOMES))
    services = fields.List(fields.Str(), load_default=list)
    name = Words(required=True)
    words = Words(required=True)


def unknown_fields(said: str) -> list[str]:
    """Return the names in braces that nothing is known for."""
    return [name for name in dict.fromkeys(IN_BRACES.findall(said)) if name not in FIELDS]


class Owner(Schema):
    """Somebody outside the city who looks after things that people report to it."""

    code = fields.Str(required=True, validate=CODE)
    contact = fields.Str(load_default="", validate=validate.Length(max=200))
    url = fields.Str(load_default="", validate=validate.Length(max=500))
    services = fields.List(fields.Str(), load_default=list)  # named first for these
    name = Words(required=True)


# Made once each: to make one takes longer than to read a row with it.
CITY, DEPARTMENT, GROUP, SERVICE, TEMPLATE, OWNER = (
    City(), Department(), Group(), Service(), Template(), Owner())
