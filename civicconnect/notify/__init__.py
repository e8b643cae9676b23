"""Telling those who asked: which letters follow from an event, what they say, and that each goes out once."""

from civicconnect.notify.channels import Channel, Letterbox, Refused, Smtp, channel, letterbox
from civicconnect.notify.deliveries import (
    Delivery,
    ask_for_my_reports,
    count_sent,
    deliver,
    plan,
    plan_welcome,
    send_my_reports,
)
from civicconnect.notify.preview import Told, preview
from civicconnect.notify.staff_links import ask_for_link, send_link
from civicconnect.notify.tongue import Tongue

__all__ = [
    "Channel", "Delivery", "Letterbox", "Refused", "Smtp", "Told", "Tongue", "ask_for_link",
    "ask_for_my_reports", "channel", "count_sent", "deliver", "letterbox", "plan", "plan_welcome",
    "preview", "send_link", "send_my_reports",
]
