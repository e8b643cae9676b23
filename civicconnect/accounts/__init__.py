"""Who asks: staff with their roles, and residents' contact details kept apart and sealed."""

from civicconnect.accounts.actor import SYSTEM, Actor
from civicconnect.accounts.contacts import Contact, ContactDetails, keyed_hash, read_contact, remember
from civicconnect.accounts.models import Role, Staff
from civicconnect.accounts.people import ROLES, actor_of, add_staff, is_known, make_roles

__all__ = [
    "Actor", "Contact", "ContactDetails", "ROLES", "Role", "SYSTEM", "Staff", "actor_of",
    "add_staff", "is_known", "keyed_hash", "make_roles", "read_contact", "remember",
]
