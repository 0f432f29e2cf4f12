"""Credentials in texts: finding and masking them."""

from ingest.secrets.detect import Detector, rules_of
from ingest.secrets.masking import Masked, masked
from ingest.secrets.rules import Rule, Span

__all__ = ["Detector", "Masked", "Rule", "Span", "masked", "rules_of"]
