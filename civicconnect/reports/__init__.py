"""A report's life and its public record: the one place where a report changes."""

from civicconnect.reports import lifecycle
from civicconnect.reports.actions import (
    Receipt,
    contact,
    desk,
    note,
    submit,
    transition,
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
from civicconnect.reports.arrivals import Closing, NewReport, PastReport, PastStep, RecordedDue
from civicconnect.reports.assigning import PRIORITIES, assign, found_for_work, rank, refuse_unseen
from civicconnect.reports.blocking import block, blocks, email_of, holds, unblock
from civicconnect.reports.contracting import (
    NO_DAY,
    Commission,
    Ended,
    Given,
    accept_work,
    comment_on_work,
    commission,
    commission_of,
    commission_told,
    finish_work,
    forget_work,
    given_before,
    proposals,
    publish_comment,
    refuse_work,
    revoke,
    token_of_work,
    work_of,
)
from civicconnect.reports.contractors import (
    Contractor,
    contractors,
    contractors_of,
    find_contractor,
    keep_contractor,
    may_keep,
)
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
)
from civicconnect.reports.following import (
    Person,
    contact_of,
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
from civicconnect.reports.handing import (
    Hop,
    hand_outside,
    hand_over,
    handed_by,
    hops_of,
    refuse_as_not_ours,
    settle_owner,
)
from civicconnect.reports.inbox import (
    NewLetter,
    count_waiting,
    drop,
    find_letter,
    forget_incoming,
    is_known,
    photos_of_letters,
    posted,
    receive,
    remember_post,
    take,
    waiting_letters,
)
from civicconnect.reports.intake import Desk, reference_from
from civicconnect.reports.lessons import lessons
from civicconnect.reports.likeness import Likely, likely
from civicconnect.reports.models import (
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
from civicconnect.reports.passing import Passing, passing
from civicconnect.reports.past import Press, Sheet, changed_in_bulk, compose, known, press, store, submit_past
from civicconnect.reports.pauses import clock_shows, is_late, is_overdue
from civicconnect.reports.pictures import blur, forget_blurred, hide_photo, reveal, show_photo
from civicconnect.reports.places import Heap, Seen, count_public, count_visible, gather, newest_seen
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
    is_for_sender,
    is_hidden,
    near,
    original_is_kept,
    own_key,
    photo_is_kept,
    photo_is_public,
    photo_is_seen_by,
    public_reports,
    timeline,
    visible_to,
)
from civicconnect.reports.questions import (
    Question,
    ask,
    has_address,
    live_question,
    look_at_questions,
    questions_are_due,
    reply,
)
from civicconnect.reports.recording import record
from civicconnect.reports.restoring import kept, put_back, state_hash
from civicconnect.reports.retention import forget_contacts
from civicconnect.reports.squares import agree as squares_agree
from civicconnect.reports.squares import recount
from civicconnect.reports.tasks import (
    Task,
    count_tasks,
    finish,
    raise_task,
    tasks,
    tasks_at,
    tasks_from,
    tasks_of,
    tick_off,
)
from civicconnect.reports.verify import (
    Fault,
    Root,
    check_chains,
    root,
    root_from,
    root_text,
)

__all__ = [
    "Around", "Block", "Closing", "Column", "Commission", "Contractor", "Desk", "Ended", "Entry", "Event",
    "EventText", "Fault", "Filter", "Flag", "Flagged", "Follower", "Given", "Heap", "Hop", "Incoming",
    "Likely", "NO_DAY", "NewLetter", "NewReport", "ORDERS", "PRIORITIES", "Passing", "PastReport",
    "PastStep", "Person", "Press", "Question", "REASONS", "Receipt", "RecordedDue", "Report",
    "ReportArea", "ReportPhoto", "Root", "SAYS", "Seen", "Sheet", "TOLD_IN_WORDS", "Task", "Versions",
    "accept_work", "add", "address_told", "answer", "areas_of", "around", "as_text", "ask", "ask_again",
    "assign", "block", "blocks", "blur", "can_answer", "changed_in_bulk", "check_chains", "clock_shows",
    "columns", "comment_on_work", "commission", "commission_of", "commission_told", "compose", "contact",
    "contact_of", "contractors", "contractors_of", "count_public", "count_reports", "count_tasks",
    "count_to_moderate", "count_visible", "count_waiting", "desk", "drop", "email_of", "enter", "find",
    "find_contractor", "find_follower", "find_known", "find_letter", "find_own", "finish", "finish_work",
    "flag", "flagged", "flags_of", "forget_blurred", "forget_contacts", "forget_incoming", "forget_work",
    "found_for_work", "gather", "give_address", "given_before", "hand_outside", "hand_over", "handed_by",
    "has_address", "hide", "hide_photo", "holds", "hops_of", "hours_between", "is_for_sender",
    "is_hidden", "is_known", "is_late", "is_overdue", "joined", "keep", "keep_contractor", "kept",
    "key_of", "known", "known_sender", "layers", "lessons", "lifecycle", "likely", "live_question",
    "look_at_questions", "may_keep", "move", "near", "newest_seen", "note", "on_time", "original_is_kept",
    "own_key", "own_words", "passing", "person_of", "person_of_token", "photo_is_kept", "photo_is_public",
    "photo_is_seen_by", "photos_of_letters", "photos_waiting", "place_told", "posted", "press",
    "proposals", "public_reports", "public_rows", "publish_comment", "put_back", "questions_are_due",
    "raise_task", "rank", "receive", "record", "recount", "redact", "reference_from",
    "refuse_as_not_ours", "refuse_unseen", "refuse_work", "remember_post", "reply", "report_of",
    "reports_of", "reveal", "revoke", "rewrite", "root", "root_from", "root_text", "said_by", "sender",
    "settle_owner", "show", "show_photo", "squares_agree", "state_hash", "stop", "store", "submit",
    "submit_past", "take", "tasks", "tasks_at", "tasks_from", "tasks_of", "tick_off", "timeline",
    "token_of", "token_of_work", "transition", "unblock", "versions", "visible_to", "waiting_letters",
    "who_is_told", "withdraw", "work_of",
]
