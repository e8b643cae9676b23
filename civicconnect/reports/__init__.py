"""A report's life and its public record: the one place where a report changes."""

from civicconnect.reports import lifecycle
from civicconnect.reports.actions import (
    Clocks,
    Receipt,
    clocks,
    contact,
    desk,
    note,
    submit,
    take_step,
    transition,
    write_note,
)
from civicconnect.reports.afterwards import (
    SAYS,
    add,
    answer,
    can_answer,
    own_words,
    redact,
    said_by,
    withdraw,
)
from civicconnect.reports.again import Neighbour, Spot, spot
from civicconnect.reports.arrivals import Closing, NewReport, PastReport, PastStep, RecordedDue
from civicconnect.reports.assigning import (
    PRIORITIES,
    assign,
    found_for_work,
    give,
    prefer,
    rank,
    refuse_unseen,
)
from civicconnect.reports.blocking import block, blocks, email_of, holds, unblock
from civicconnect.reports.circle import Circle, circle
from civicconnect.reports.entering import ask_again, enter
from civicconnect.reports.filter import Filter
from civicconnect.reports.flagging import (
    REASONS,
    Flagged,
    count_to_moderate,
    flag,
    flagged,
    flags_of,
    keep,
    photos_waiting,
    to_moderate,
)
from civicconnect.reports.following import (
    Person,
    contact_of,
    count_told,
    find_follower,
    give_address,
    joined,
    key_of,
    known_sender,
    person_of,
    person_of_token,
    report_of,
    reports_of,
    sender,
    stop,
    token_of,
    who_is_told,
)
from civicconnect.reports.handing_back import hand_back
from civicconnect.reports.inbox import (
    NewLetter,
    count_waiting,
    drop,
    find_letter,
    forget_incoming,
    is_known,
    letters_waiting,
    photos_of_letters,
    posted,
    receive,
    remember_post,
    take,
    waiting_letters,
)
from civicconnect.reports.intake import Desk, reference_from
from civicconnect.reports.latest import last_words
from civicconnect.reports.lessons import lessons
from civicconnect.reports.likeness import Likely, likely
from civicconnect.reports.misroutes import Misrouted, Misroutes, count_since, misroutes
from civicconnect.reports.models import (
    IS_OPEN,
    Block,
    Event,
    EventText,
    Flag,
    Follower,
    Incoming,
    Report,
    ReportArea,
    ReportPhoto,
)
from civicconnect.reports.moderation import Versions, hide, move, rewrite, show, versions
from civicconnect.reports.past import Press, Sheet, changed_in_bulk, compose, known, press, store, submit_past
from civicconnect.reports.pauses import clock_shows, is_late, is_overdue
from civicconnect.reports.pictures import blur, forget_blurred, hide_photo, reveal, show_photo
from civicconnect.reports.places import (
    Heap,
    Seen,
    count_public,
    count_visible,
    gather,
    newest_seen,
    visible_total,
)
from civicconnect.reports.public import (
    Column,
    address_told,
    as_text,
    columns,
    hours_between,
    layers,
    on_time,
    place_told,
    public_rows,
)
from civicconnect.reports.queries import (
    ORDERS,
    TOLD_IN_WORDS,
    Around,
    Entry,
    areas_of,
    around,
    count_reports,
    find,
    find_known,
    find_own,
    is_hidden,
    near,
    original_is_kept,
    own_key,
    photo_is_kept,
    photo_is_public,
    photo_is_seen_by,
    public_reports,
    timeline,
    visible_among,
    visible_to,
)
from civicconnect.reports.recording import gathering
from civicconnect.reports.replaying import LAST, Judged, Moved, Replay, replay
from civicconnect.reports.rerouting import change_service, reclassify
from civicconnect.reports.restoring import kept, put_back, state_hash
from civicconnect.reports.retention import forget_contacts
from civicconnect.reports.squares import agree as squares_agree
from civicconnect.reports.squares import recount
from civicconnect.reports.using import count_about, count_open_with
from civicconnect.reports.verify import (
    Fault,
    Root,
    check_chains,
    root,
    root_from,
    root_text,
)

__all__ = [
    "Around", "Block", "Circle", "Clocks", "Closing", "Column", "Desk", "Entry", "Event", "EventText",
    "Fault", "Filter", "Flag", "Flagged", "Follower", "Heap", "IS_OPEN", "Incoming", "Judged", "LAST",
    "Likely", "Misrouted", "Misroutes", "Moved", "Neighbour", "NewLetter", "NewReport", "ORDERS",
    "PRIORITIES", "PastReport", "PastStep", "Person", "Press", "REASONS", "Receipt", "RecordedDue",
    "Replay", "Report", "ReportArea", "ReportPhoto", "Root", "SAYS", "Seen", "Sheet", "Spot",
    "TOLD_IN_WORDS", "Versions", "add", "address_told", "answer", "areas_of", "around", "as_text",
    "ask_again", "assign", "block", "blocks", "blur", "can_answer", "change_service", "changed_in_bulk",
    "check_chains", "circle", "clock_shows", "clocks", "columns", "compose", "contact", "contact_of",
    "count_about", "count_open_with", "count_public", "count_reports", "count_since", "count_to_moderate",
    "count_told", "count_visible", "count_waiting", "desk", "drop", "email_of", "enter", "find",
    "find_follower", "find_known", "find_letter", "find_own", "flag", "flagged", "flags_of",
    "forget_blurred", "forget_contacts", "forget_incoming", "found_for_work", "gather", "gathering",
    "give", "give_address", "hand_back", "hide", "hide_photo", "holds", "hours_between", "is_hidden",
    "is_known", "is_late", "is_overdue", "joined", "keep", "kept", "key_of", "known", "known_sender",
    "last_words", "layers", "lessons", "letters_waiting", "lifecycle", "likely", "misroutes", "move",
    "near", "newest_seen", "note", "on_time", "original_is_kept", "own_key", "own_words", "person_of",
    "person_of_token", "photo_is_kept", "photo_is_public", "photo_is_seen_by", "photos_of_letters",
    "photos_waiting", "place_told", "posted", "prefer", "press", "public_reports", "public_rows",
    "put_back", "rank", "receive", "reclassify", "recount", "redact", "reference_from", "refuse_unseen",
    "remember_post", "replay", "report_of", "reports_of", "reveal", "rewrite", "root", "root_from",
    "root_text", "said_by", "sender", "show", "show_photo", "spot", "squares_agree", "state_hash", "stop",
    "store", "submit", "submit_past", "take", "take_step", "timeline", "to_moderate", "token_of",
    "transition", "unblock", "versions", "visible_among", "visible_to", "visible_total",
    "waiting_letters", "who_is_told", "withdraw", "write_note",
]
