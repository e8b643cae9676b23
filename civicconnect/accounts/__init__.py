"""Who asks: staff with their roles, partners with their keys, and residents' contact details, kept sealed."""

from civicconnect.accounts.actor import SYSTEM, Actor
from civicconnect.accounts.addressing import Colleague, colleague, in_role
from civicconnect.accounts.audit import STRANGER, audited, everybody, names_of, note_audit, open_for_an_hour
from civicconnect.accounts.codes import (
    code_fits,
    drop_totp,
    new_recovery_codes,
    new_totp_secret,
    recovery_codes_left,
    set_totp,
    totp_address,
    valid_secret,
)
from civicconnect.accounts.contacts import (
    Contact,
    ContactDetails,
    addresses_told_apart,
    contacts_before,
    erase_contacts,
    read_contact,
    read_contacts,
    remember,
)
from civicconnect.accounts.identities import (
    forget_identity,
    is_linked,
    keep_farewell,
    person_of_sign_on,
    take_farewell,
    turn_away,
)
from civicconnect.accounts.links import (
    BY_HAND,
    INVITE,
    SIGN_IN,
    end_links,
    make_link,
    make_link_by_hand,
    may_send_link,
    person_of_link,
    use_link,
)
from civicconnect.accounts.models import AuditRow, Partner, Role, Staff, StaffSession
from civicconnect.accounts.partners import add_partner, list_partners, remove_partner, signed_by
from civicconnect.accounts.passkeys import (
    add_passkey,
    ask_for_passkey,
    ask_passkey,
    drop_passkey,
    passkeys_of,
    person_of_passkey,
)
from civicconnect.accounts.passwords import SHORTEST_PASSWORD, fits, set_password, staff_by_email
from civicconnect.accounts.people import (
    ROLES,
    actor_of,
    add_staff,
    colleagues,
    is_known,
    make_roles,
    names_by_id,
    set_rights,
)
from civicconnect.accounts.provider import Begun, Vouched, begin_sign_on, end_sign_on, farewell
from civicconnect.accounts.sealing import keyed_hash, seal, unseal
from civicconnect.accounts.sessions import (
    LASTS,
    SignedIn,
    begin_session,
    end_session,
    end_sessions,
    last_seen,
    session_is_used,
    sessions_of,
    signed_in,
)
from civicconnect.accounts.sign_on import SignOn, TurnedAway, local_is_open, sign_on_now, sign_on_of
from civicconnect.accounts.staffing import (
    Member,
    Rights,
    change_rights,
    dismiss,
    forget_factor,
    invite,
    invite_again,
    member,
    members,
    sign_out_of,
    successors,
    welcome_back,
)

__all__ = [
    "Actor", "AuditRow", "BY_HAND", "Begun", "Colleague", "Contact", "ContactDetails", "INVITE", "LASTS",
    "Member", "Partner", "ROLES", "Rights", "Role", "SHORTEST_PASSWORD", "SIGN_IN", "STRANGER", "SYSTEM",
    "SignOn", "SignedIn", "Staff", "StaffSession", "TurnedAway", "Vouched", "actor_of", "add_partner",
    "add_passkey", "add_staff", "addresses_told_apart", "ask_for_passkey", "ask_passkey", "audited",
    "begin_session", "begin_sign_on", "change_rights", "code_fits", "colleague", "colleagues",
    "contacts_before", "dismiss", "drop_passkey", "drop_totp", "end_links", "end_session", "end_sessions",
    "end_sign_on", "erase_contacts", "everybody", "farewell", "fits", "forget_factor", "forget_identity",
    "in_role", "invite", "invite_again", "is_known", "is_linked", "keep_farewell", "keyed_hash",
    "last_seen", "list_partners", "local_is_open", "make_link", "make_link_by_hand", "make_roles",
    "may_send_link", "member", "members", "names_by_id", "names_of", "new_recovery_codes",
    "new_totp_secret", "note_audit", "open_for_an_hour", "passkeys_of", "person_of_link",
    "person_of_passkey", "person_of_sign_on", "read_contact", "read_contacts", "recovery_codes_left",
    "remember", "remove_partner", "seal", "session_is_used", "sessions_of", "set_password", "set_rights",
    "set_totp", "sign_on_now", "sign_on_of", "sign_out_of", "signed_by", "signed_in", "staff_by_email",
    "successors", "take_farewell", "totp_address", "turn_away", "unseal", "use_link", "valid_secret",
    "welcome_back",
]
