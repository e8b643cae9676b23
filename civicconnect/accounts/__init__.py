"""Who asks: staff with their roles, partners with their keys, and residents' contact details, kept sealed."""

from civicconnect.accounts.actor import SYSTEM, Actor
from civicconnect.accounts.contacts import (
    Contact,
    ContactDetails,
    contacts_before,
    erase_contacts,
    read_contact,
    read_contacts,
    remember,
)
from civicconnect.accounts.models import Partner, Role, Staff
from civicconnect.accounts.partners import add_partner, list_partners, remove_partner, signed_by
from civicconnect.accounts.people import (
    ROLES,
    actor_of,
    add_staff,
    colleagues,
    is_known,
    make_roles,
    names_by_id,
)
from civicconnect.accounts.sealing import keyed_hash, seal, unseal

__all__ = [
    "Actor", "Contact", "ContactDetails", "Partner", "ROLES", "Role", "SYSTEM", "Staff", "actor_of",
    "add_partner", "add_staff", "colleagues", "contacts_before", "erase_contacts", "is_known",
    "keyed_hash", "list_partners", "make_roles", "names_by_id", "read_contact", "read_contacts",
    "remember", "remove_partner", "seal", "signed_by", "unseal",
]
