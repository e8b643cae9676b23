"""A report's life and its public record: the one place where a report changes."""

from civicconnect.reports import closing, lifecycle
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
    who_answers,
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
    Taker,
    assign,
    found_for_work,
    give,
    prefer,
    rank,
    refuse_closed,
    refuse_unseen,
    taker,
)
from civicconnect.reports.blocking import block, blocks, email_of, holds, unblock
from civicconnect.reports.breaking import break_glass
from civicconnect.reports.circle import Circle, circle
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
    work_at,
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
from civicconnect.reports.fieldwork import (
    FieldStep,
    FieldWork,
    Overtaken,
    TooEarly,
    take_field_step,
    tapped_at,
    unseen_by,
)
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
    asked_about,
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
    same_person,
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
from civicconnect.reports.kin import (
    Kin,
    Merge,
    Part,
    Together,
    is_part,
    kinship,
    lead_of,
    parts_of,
    photos_beside,
    related,
    shared_photo,
    told_together,
)
from civicconnect.reports.latest import last_words
from civicconnect.reports.lessons import lessons
from civicconnect.reports.likeness import Likely, likely
from civicconnect.reports.looking import LOOKS, staff_events
from civicconnect.reports.merging import merge, mergeable, take_out
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
from civicconnect.reports.once import forget_forms, once
from civicconnect.reports.passing import Passing, passing
from civicconnect.reports.past import (
    Press,
    Sheet,
    changed_in_bulk,
    compose,
    known,
    press,
    store,
    submit_past,
)
from civicconnect.reports.pauses import clock_shows, is_late, is_overdue
from civicconnect.reports.pictures import (
    blur,
    forget_blurred,
    hide_photo,
    photos_to_part,
    reveal,
    show_photo,
)
from civicconnect.reports.places import (
    Heap,
    Seen,
    Total,
    count_public,
    count_visible,
    gather,
    newest_seen,
    total_of,
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
    OF_EACH,
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
    tidy,
    timeline,
    visible_among,
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
from civicconnect.reports.recording import gathering, record
from civicconnect.reports.replaying import LAST, Judged, Moved, Replay, replay
from civicconnect.reports.rerouting import change_service, reclassify
from civicconnect.reports.restoring import kept, put_back, state_hash
from civicconnect.reports.retention import forget_contacts
from civicconnect.reports.rounds import (
    MOST_STOPS,
    Halt,
    Round,
    RoundStop,
    find_round,
    fitting_round,
    halts,
    make_round,
    may_plan,
    may_walk,
    move_stop,
    photos_on,
    put_on_round,
    rounds_seen,
    rounds_to_walk,
    sort_round,
    staff_id_of,
    stops_by_state,
    take_off_round,
    walking_legs,
)
from civicconnect.reports.splitting import NewPart, split
from civicconnect.reports.squares import agree as squares_agree
from civicconnect.reports.squares import recount
from civicconnect.reports.tasks import (
    Task,
    count_tasks,
    finish_task,
    raise_task,
    tasks,
    tasks_at,
    tasks_from,
    tasks_of,
    tasks_waiting,
    tick_off,
)
from civicconnect.reports.using import count_about, count_open_with
from civicconnect.reports.verify import (
    Fault,
    Root,
    check_chains,
    root,
    root_from,
    root_text,
)
from civicconnect.reports.words import FEW, count_unread, has_unread, read_words
from civicconnect.reports.working import (
    MOST_POINTS,
    NewWork,
    call_off,
    change_work,
    cover,
    finish,
    plan_work,
    uncover,
)
from civicconnect.reports.works import (
    Covered,
    Work,
    covered_seen_by,
    find_work,
    holds_area,
    lies_within,
    suggested,
    work_of,
    works_at,
    works_for,
)

__all__ = [
    "Around", "Block", "Circle", "Clocks", "Closing", "Column", "Commission", "Contractor", "Covered", "Desk",
    "Ended", "Entry", "Event", "EventText", "FEW", "Fault", "FieldStep", "FieldWork", "Filter", "Flag",
    "Flagged", "Follower", "Given", "Halt", "Heap", "Hop", "IS_OPEN", "Incoming", "Judged", "Kin", "LAST",
    "LOOKS", "Likely", "MOST_POINTS", "MOST_STOPS", "Merge", "Misrouted", "Misroutes", "Moved", "NO_DAY",
    "Neighbour", "NewLetter", "NewPart", "NewReport", "NewWork", "OF_EACH", "ORDERS", "Overtaken",
    "PRIORITIES", "Part", "Passing", "PastReport", "PastStep", "Person", "Press", "Question", "REASONS",
    "Receipt", "RecordedDue", "Replay", "Report", "ReportArea", "ReportPhoto", "Root", "Round", "RoundStop",
    "SAYS", "Seen", "Sheet", "Spot", "TOLD_IN_WORDS", "Taker", "Task", "Together", "TooEarly", "Total",
    "Versions", "Work", "accept_work", "add", "address_told", "answer", "areas_of", "around", "as_text",
    "ask", "ask_again", "asked_about", "assign", "block", "blocks", "blur", "break_glass", "call_off",
    "can_answer", "change_service", "change_work", "changed_in_bulk", "check_chains", "circle", "clock_shows",
    "clocks", "closing", "columns", "comment_on_work", "commission", "commission_of", "commission_told",
    "compose", "contact", "contact_of", "contractors", "contractors_of", "count_about", "count_open_with",
    "count_public", "count_reports", "count_since", "count_tasks", "count_to_moderate", "count_told",
    "count_unread", "count_visible", "count_waiting", "cover", "covered_seen_by", "desk", "drop", "email_of",
    "enter", "find", "find_contractor", "find_follower", "find_known", "find_letter", "find_own",
    "find_round", "find_work", "finish", "finish_task", "finish_work", "fitting_round", "flag", "flagged",
    "flags_of", "forget_blurred", "forget_contacts", "forget_forms", "forget_incoming", "forget_work",
    "found_for_work", "gather", "gathering", "give", "give_address", "given_before", "halts", "hand_back",
    "hand_outside", "hand_over", "handed_by", "has_address", "has_unread", "hide", "hide_photo", "holds",
    "holds_area", "hops_of", "hours_between", "is_for_sender", "is_hidden", "is_known", "is_late",
    "is_overdue", "is_part", "joined", "keep", "keep_contractor", "kept", "key_of", "kinship", "known",
    "known_sender", "last_words", "layers", "lead_of", "lessons", "letters_waiting", "lies_within",
    "lifecycle", "likely", "live_question", "look_at_questions", "make_round", "may_keep", "may_plan",
    "may_walk", "merge", "mergeable", "misroutes", "move", "move_stop", "near", "newest_seen", "note",
    "on_time", "once", "original_is_kept", "own_key", "own_words", "parts_of", "passing", "person_of",
    "person_of_token", "photo_is_kept", "photo_is_public", "photo_is_seen_by", "photos_beside",
    "photos_of_letters", "photos_on", "photos_to_part", "photos_waiting", "place_told", "plan_work", "posted",
    "prefer", "press", "proposals", "public_reports", "public_rows", "publish_comment", "put_back",
    "put_on_round", "questions_are_due", "raise_task", "rank", "read_words", "receive", "reclassify",
    "record", "recount", "redact", "reference_from", "refuse_as_not_ours", "refuse_closed", "refuse_unseen",
    "refuse_work", "related", "remember_post", "replay", "reply", "report_of", "reports_of", "reveal",
    "revoke", "rewrite", "root", "root_from", "root_text", "rounds_seen", "rounds_to_walk", "said_by",
    "same_person", "sender", "settle_owner", "shared_photo", "show", "show_photo", "sort_round", "split",
    "spot", "squares_agree", "staff_events", "staff_id_of", "state_hash", "stop", "stops_by_state", "store",
    "submit", "submit_past", "suggested", "take", "take_field_step", "take_off_round", "take_out",
    "take_step", "taker", "tapped_at", "tasks", "tasks_at", "tasks_from", "tasks_of", "tasks_waiting",
    "tick_off", "tidy", "timeline", "to_moderate", "token_of", "token_of_work", "told_together", "total_of",
    "transition", "unblock", "uncover", "unseen_by", "versions", "visible_among", "visible_to",
    "visible_total", "waiting_letters", "walking_legs", "who_answers", "who_is_told", "withdraw", "work_at",
    "work_of", "works_at", "works_for", "write_note",
]
