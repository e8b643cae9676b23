"""Who may do what, and residents' contact details, which nobody can read without the key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.exceptions import InvalidTag
from flask_security import verify_password
from sqlalchemy import delete, func, inspect, select, update
from sqlalchemy import text as sql

from civicconnect import accounts, settings
from civicconnect.accounts import Actor, ContactDetails, Role, Staff
from civicconnect.accounts.models import ContactRow
from civicconnect.errors import Invalid, NotFound
from tests.factories import PEOPLE, staff_actor
from tests.passes import LEAST_COST, USUAL_COST

ANA = ContactDetails("Ana Søndergård", "Ana.Sondergard@home.example", "+351 555 0199")


@pytest.fixture
def add(app, db_):
    """Add staff, as `civic user add` does."""
    def one(**wanted):
        told = {"email": "new@larkmouth.example", "password": "a long password", "role": "staff",
                "departments": ("streets",)} | wanted
        with app.app_context():
            return accounts.add_staff(db_, **told)
    return one


ENGINE_S_OWN = {"spatial_ref_sys", "spatial_ref_sys_aux", "ElementaryGeometries", "KNN2", "SpatialIndex"}


def everything(db_):
    """Return every value of every table as one text, bytes as their letters and their hex."""
    found = []
    for table in inspect(db_.connection()).get_table_names():
        if table in ENGINE_S_OWN:
            continue
        quoted = f'"{table}"'
        for row in db_.execute(sql(f"SELECT * FROM {quoted}")):  # noqa: S608  names from the catalogue
            for value in row:
                found.append(f"{bytes(value)!r} {bytes(value).hex()}" if isinstance(value, bytes | memoryview)
                             else str(value))
    return "\n".join(found)


# Contact details

def test_the_plain_contact_details_stand_in_no_column_of_any_table(db_, make_report):
    make_report(contact=ANA, description="A hole.")
    db_.flush()
    kept = everything(db_).casefold()
    assert "a hole." in kept  # the search does find what is kept in plain
    for told in (ANA.email, ANA.name, "Søndergård", "Sondergard", ANA.phone, "5550199", "555 0199"):
        assert told.casefold() not in kept
        assert told.encode().hex() not in kept
        assert told.casefold().encode().hex() not in kept


def test_with_the_key_they_are_read_back_as_they_were_written(db_):
    key = accounts.remember(db_, ANA)
    db_.expunge_all()
    assert accounts.read_contact(db_, key) == accounts.Contact(key, ANA)


def test_without_the_key_nobody_reads_them(db_, given):
    key = accounts.remember(db_, ANA)
    with settings.bound(replace(given, contact_key="another key " * 4)), pytest.raises(InvalidTag):
        accounts.read_contact(db_, key)


def test_details_changed_in_the_database_are_not_read_as_if_they_were_true(db_):
    key = accounts.remember(db_, ANA)
    sealed = db_.scalar(select(ContactRow.sealed))
    db_.execute(update(ContactRow).values(sealed=sealed[:-1] + bytes([sealed[-1] ^ 1])))
    db_.expunge_all()
    with pytest.raises(InvalidTag):
        accounts.read_contact(db_, key)


def test_the_same_details_are_sealed_differently_each_time_and_found_by_the_same_hash(db_):
    for details in (ANA, ANA, replace(ANA, email=f"  {ANA.email.upper()} ", name="A")):
        accounts.remember(db_, details)
    rows = db_.execute(select(ContactRow.sealed, ContactRow.email_hash)).all()
    assert len({sealed for sealed, _ in rows}) == 3
    assert len({hashed for _, hashed in rows}) == 1


def test_the_hash_cannot_be_made_without_the_key(db_, given):
    accounts.remember(db_, ANA)
    with settings.bound(replace(given, contact_key="another key " * 4)):
        accounts.remember(db_, ANA)
    assert len(set(db_.scalars(select(ContactRow.email_hash)))) == 2


def test_nobody_is_remembered_who_left_nothing(db_):
    assert accounts.remember(db_, ContactDetails()) is None
    assert db_.scalar(select(func.count()).select_from(ContactRow)) == 0


def test_without_an_email_there_is_no_hash_to_find_them_by(db_):
    accounts.remember(db_, ContactDetails(phone="1"))
    assert db_.scalars(select(ContactRow.email_hash)).all() == [None]


def test_erased_details_are_no_longer_kept(db_):
    key = accounts.remember(db_, ANA)
    db_.execute(delete(ContactRow))
    db_.expunge_all()
    with pytest.raises(NotFound, match="no longer kept"):
        accounts.read_contact(db_, key)


# Roles

def test_each_role_may_do_all_that_the_one_below_may():
    staff, supervisor, admin = (set(accounts.ROLES[name]) for name in ("staff", "supervisor", "admin"))
    assert staff < supervisor < admin
    assert supervisor - staff == {"see_all", "moderate", "supervise", "audit"}
    assert set(accounts.ROLES["readonly"]) < set(accounts.ROLES["inspector"]) < staff
    assert set(accounts.ROLES["auditor"]).isdisjoint({"step", "note", "contact", "people"})
    assert admin - supervisor == {"people", "city"}


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.email)
def test_a_person_is_an_actor_with_the_permissions_of_their_role_and_their_departments(db_, person):
    actor = staff_actor(db_, person.email.split("@")[0])
    assert actor.kind == "staff"
    assert actor.permissions == set(accounts.ROLES[person.role])
    assert len(actor.departments) == (1 if person.department else 0)
    assert not actor.may("fly")


def test_roles_are_brought_up_to_date_and_stay_where_they_are(db_):
    before = dict(db_.execute(select(Role.name, Role.id)).tuples().all())
    role = db_.scalars(select(Role).where(Role.name == "staff")).one()
    role.permissions = ["people"]
    db_.flush()
    accounts.make_roles(db_)
    db_.expire_all()
    assert set(db_.get(Role, before["staff"]).permissions) == set(accounts.ROLES["staff"])
    assert dict(db_.execute(select(Role.name, Role.id)).tuples().all()) == before


def test_the_system_and_a_resident_have_no_permission_of_staff():
    every = {permission for permissions in accounts.ROLES.values() for permission in permissions}
    for actor in (accounts.SYSTEM, Actor("resident", "resident")):
        assert not any(actor.may(permission) for permission in every)


def test_a_person_without_a_role_is_somebody_who_may_do_nothing(db_, add):
    person = add()
    person.roles = []
    db_.flush()
    assert accounts.actor_of(db_, person.id).permissions == frozenset()


# People

def test_somebody_added_may_sign_in_with_their_password_and_it_is_not_kept(app, db_, add):
    person = add(email=" New@Larkmouth.example ", password="correct horse battery")
    assert person.email == "new@larkmouth.example"
    assert accounts.is_known(db_, "NEW@larkmouth.example ")
    assert not accounts.is_known(db_, "old@larkmouth.example")
    with app.app_context():
        assert verify_password("correct horse battery", person.password)
        assert not verify_password("correct horse batterz", person.password)
    assert "argon2" in person.password
    assert "correct horse" not in everything(db_)


def test_a_password_is_as_slow_to_guess_as_argon2_has_it_by_itself(add):
    assert USUAL_COST == (65_536, 3, 4)
    m, t, p = LEAST_COST
    assert f"$m={m},t={t},p={p}$" in add().password  # so nothing of ours makes it cheaper


def test_adding_somebody_again_changes_them_and_ends_their_sessions(db_, add):
    first = add(role="staff", departments=("streets", "parks"))
    key, mark = first.id, first.fs_uniquifier
    again = add(role="supervisor", departments=())
    assert again.id == key
    assert again.fs_uniquifier != mark
    actor = accounts.actor_of(db_, key)
    assert actor.may("see_all")
    assert actor.departments == frozenset()


@pytest.mark.parametrize(("wrong", "faults"), [
    ({"email": "nobody"}, {"email": ["Write an e-mail address, as name@city.example."]}),
    ({"email": "@city.example"}, {"email": ["Write an e-mail address, as name@city.example."]}),
    ({"email": "name@"}, {"email": ["Write an e-mail address, as name@city.example."]}),
    ({"email": ""}, {"email": ["Write an e-mail address, as name@city.example."]}),
    ({"password": "short"}, {"password": ["Use at least 10 characters."]}),
    ({"password": ""}, {"password": ["Use at least 10 characters."]}),
    ({"role": "mayor"}, {"role": [f"Choose one of {', '.join(accounts.ROLES)}."]}),
    ({"departments": ("streets", "moon")}, {"department": ["No department is called 'moon'."]}),
    ({"departments": ()}, {"department": ["Name the department this person works for."]}),
    ({"email": "x", "password": "x", "role": "x", "departments": ("x",)}, {
        "email": ["Write an e-mail address, as name@city.example."],
        "password": ["Use at least 10 characters."],
        "role": [f"Choose one of {', '.join(accounts.ROLES)}."],
        "department": ["No department is called 'x'."]}),
], ids=str)
def test_somebody_who_cannot_be_added_is_refused_with_every_reason(db_, add, wrong, faults):
    before = db_.scalar(select(func.count()).select_from(Staff))
    with pytest.raises(Invalid) as fault:
        add(**wrong)
    assert fault.value.fields == faults
    assert db_.scalar(select(func.count()).select_from(Staff)) == before


def test_every_department_that_is_unknown_is_named(add):
    with pytest.raises(Invalid) as fault:
        add(departments=("moon", "streets", "mars"))
    assert fault.value.fields == {"department": ["No department is called 'mars'.",
                                                 "No department is called 'moon'."]}
