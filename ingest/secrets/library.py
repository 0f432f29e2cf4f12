"""The rules of detect-secrets that a pattern alone decides; `tokens`, `context` and `blocks` hold what it lacks.

Its own scan reads lines, yields values without their places, and guesses by entropy, which takes every hash and run id
for a secret. So its patterns are taken, each behind the literals that must stand in a match. Left out are those that
are quadratic on hostile lines (JWT, npm, OpenAI, keyword, IBM, SoftLayer): `tokens` and `context` cover these kinds.
"""

import functools
import re
from importlib import import_module
from importlib.metadata import version

from ingest.secrets.rules import Rule

# kind: (module, class, which of its patterns, anchors, characters before an anchor)
DETECTORS: tuple[tuple[str, str, str, int, tuple[str, ...], int], ...] = (
    ("aws-key", "aws", "AWSKeyDetector", 0, ("AKIA", "ASIA", "ABIA", "ACCA", "A3T"), 0),
    ("azure-key", "azure_storage_key", "AzureStorageKeyDetector", 0, ("AccountKey=",), 0),
    ("discord-token", "discord", "DiscordBotTokenDetector", 0, (), 26),
    ("github-token", "github_token", "GitHubTokenDetector", 0, ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), 0),
    ("gitlab-token", "gitlab_token", "GitLabTokenDetector", 1, ("GR1348941",), 0),
    ("sendgrid-key", "sendgrid", "SendGridDetector", 0, ("SG.",), 0),
    ("square-key", "square_oauth", "SquareOAuthDetector", 0, ("sq0csp-",), 0),
    ("twilio-key", "twilio", "TwilioKeyDetector", 1, (), 0),
)
LOCATE = {  # of those without a literal of three characters
    "discord-token": re.compile(r"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{8}"),
    "twilio-key": re.compile(r"SK[a-z0-9]{32}"),
}


def library_version() -> str:
    return version("detect-secrets")


@functools.cache
def library_rules() -> tuple[Rule, ...]:
    """Imported when first asked for: the library loads an HTTP client to verify keys with, which is never called."""
    rules = []
    for name, module, detector, n, anchors, back in DETECTORS:
        plugin = getattr(import_module(f"detect_secrets.plugins.{module}"), detector)()
        pattern: re.Pattern[str] = tuple(plugin.denylist)[n]
        locate = LOCATE.get(name)
        rules.append(Rule(name=name, anchors=anchors, locate=locate, pattern=pattern, back=back, wraps=True))
    return tuple(rules)
