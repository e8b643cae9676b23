"""Which department answers a report, and why."""

from civicconnect.routing.load import check, load
from civicconnect.routing.rules import Decision, Rule, RuleBook, rule_book

__all__ = ["Decision", "Rule", "RuleBook", "check", "load", "rule_book"]
