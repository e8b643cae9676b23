"""Which department answers a report, and why."""

from civicconnect.routing.load import check, dump, load, spell
from civicconnect.routing.rules import Decision, Rule, RuleBook, rule_book

__all__ = ["Decision", "Rule", "RuleBook", "check", "dump", "load",
           "rule_book", "spell"]
