"""Values that only their name makes a secret: assignments, flags, headers, connection strings, sentences."""

import re
from collections.abc import Callable

from ingest.secrets.judging import guessable, login, secretive, strong, word
from ingest.secrets.rules import Rule, plausible

PASSWORD = r"(?:passwords?|passwd|passphrase|passcode|(?<![a-z])pass|(?<![a-z])pwd|(?<![a-z])pw)"
SECRET = (
    r"(?:secret|api[_ -]?key|access[_ -]?key|auth[_-]?key|signing[_-]?key|encryption[_-]?key|account[_-]?key|"
    r"master[_-]?key|private[_ -]?key|token|credentials?|_auth)"
)
SECRET_ANCHORS = (
    "secret|api_key|api-key|apikey|api key|access_key|access-key|accesskey|access key|auth_key|auth-key|signing_key|"
    "encryption_key|account_key|accountkey|master_key|private_key|private key|token|credential|_auth"
)
MORE = (
    r"(?:[_-]?(?:access[_-]?key|access[_-]?token|key|token|value|prod|production|dev|staging|live|old|new|\d{1,3})"
    r"){0,2}"
)
IS = r"\\{0,2}[\"'`\])]{0,3}[ \t]{0,8}(?:=>|:=|:|==?)[ \t]{0,8}[rbf]?"
BARE = r"[^\s\"'`,;&<>(){}\[\]|\\]"
Q = r"(?:\\{0,3}\"){1,2}"  # a quotation mark, as it is or escaped in a string or a table
FOR = r"(?:[ \t](?:for|to|of|on|in)(?:[ \t][\w.@/-]{1,40}){1,3}?)?"
SAYS = r"(?:[ \t]{1,2}is(?:[ \t]now)?:?|[ \t]{0,2}(?:=|:|->|→))[ \t]{1,2}[\"'`*]{0,3}"
SAID = r"(?P<secret>[^\s\"'`*<>()][^\s\"'`<>()]{4,200}[^\s\"'`*<>().,;:!?])"
VENDOR = (
    r"(?:wandb|w&b|weights (?:&|and) biases|datadog|cloudflare|twilio|cohere|mistral|together|comet|kaggle|neptune|"
    r"clearml|roboflow|deepgram|tavily|serpapi|heroku|algolia|circleci|fastly|okta|snyk|linode|openai|azure|aws)"
)

VENDOR_ANCHORS = (
    "wandb|w&b|weights &|weights and|datadog|cloudflare|twilio|cohere|mistral|together|comet|kaggle|neptu"
    "ne|clearml|roboflow|deepgram|tavily|serpapi|heroku|algolia|circleci|fastly|okta|snyk|linode|openai|azure|aws"
)


def _rule(name: str, anchors: str, pattern: str, check: Callable[[str], bool] = strong) -> Rule:
    compiled = re.compile(pattern, re.IGNORECASE)
    return Rule(name=name, anchors=tuple(anchors.split("|")), pattern=compiled, folded=True, check=check)


def _settings(name: str, anchors: str, key: str, check: Callable[[str], bool]) -> Rule:
    """NAME=value as a shell and a .env file have it: the value goes on to the next blank, whatever stands in it."""
    pattern = rf"{key}[A-Z0-9_]{{0,20}}=[\"']?(?P<secret>(?:[^\s\"'`\\]|\\(?![nrt\"'\\])){{4,400}})"
    return Rule(name=name, anchors=tuple(anchors.split("|")), pattern=re.compile(pattern), check=check)


CONTEXT: tuple[Rule, ...] = (
    _settings("password", "PASS|PWD", "(?:PASSWORD|PASSWD|PASSPHRASE|PASS|PWD)", word),
    _settings("secret", "SECRET|TOKEN|_KEY|CREDENTIAL", "(?:SECRET|TOKEN|_KEY|CREDENTIALS?)", secretive),
    _rule("password", "pass|pwd|pw:|pw=|pw is", rf"{PASSWORD}{MORE}{IS}\\{{0,3}}[\"']{{1,2}}(?P<secret>[^\"'\\\n]{{4,200}})", word),
    _rule("password", "pass|pwd|pw:|pw=|pw is", rf"{PASSWORD}{MORE}{IS}(?P<secret>{BARE}{{6,200}})", guessable),
    _rule("password", "pass|pwd|pw:|pw=|pw is", rf"{PASSWORD}{FOR}{SAYS}{SAID}", guessable),
    _rule("password", "-pass", r"-pass(?:word|wd|phrase)?[ =][\"']?(?P<secret>[^\s\"'`]{4,200})", guessable),
    _rule("password", "sshpass", r"sshpass[ ]{1,3}-p[ ]{0,3}[\"']?(?P<secret>[^\s\"']{4,200})", word),
    _rule("password", "mysql", r"mysql[a-z]{0,10}[ ][^\n]{0,60}?[ ]-p(?P<secret>[^\s-][^\s]{4,100})", guessable),
    _rule("password", "machine ", r"machine\s{1,4}\S{1,100}\s{1,4}login\s{1,4}\S{1,100}\s{1,4}password\s{1,4}(?P<secret>[^\s\])}>\"']{4,300})", word),
    _rule("password", ":5432:|:5433:|:6432:", r":\d{4}:[\w*-]{1,60}:[\w.-]{1,60}:(?P<secret>[^\s:]{4,100})", word),
    _rule("secret", SECRET_ANCHORS, rf"{SECRET}{MORE}{IS}\\{{0,3}}[\"']{{1,2}}(?P<secret>[^\"'\\\s]{{8,500}})", secretive),
    _rule("secret", SECRET_ANCHORS, rf"{SECRET}{MORE}{IS}(?P<secret>{BARE}{{16,500}})", strong),
    _rule("secret", SECRET_ANCHORS, rf"{SECRET}{FOR}{SAYS}{SAID}", strong),
    _rule("secret", "-token|-key|-secret", r"-(?:token|(?:api|access|secret)-key|secret)[ =][\"']?(?P<secret>[^\s\"'`]{16,500})", strong),
    _rule("api-key", VENDOR_ANCHORS, rf"{VENDOR}(?:'s)?(?:[ ][a-z]{{1,12}})?[ ](?:key|token|login|secret){FOR}(?:{SAYS}|[ ]{{1,2}}){SAID}", strong),
    _rule("api-key", "login(", r"login\((?:[a-z_]{1,20}[ ]?=[ ]?)?[\"'](?P<secret>[\w-]{32,200})", strong),
    _rule("kaggle-key", '"username', rf"\"username{Q}\s{{0,3}}:\s{{0,3}}{Q}[^\"\n]{{1,80}}{Q}\s{{0,3}},\s{{0,5}}{Q}key{Q}\s{{0,3}}:\s{{0,3}}{Q}(?P<secret>[0-9a-f]{{32}})", plausible),
    _rule("aws-secret", "akia|asia", r"(?:AKIA|ASIA)[A-Z0-9]{16}[\s,;:\"'|/]{1,20}(?:[\w ]{1,40}[\"']?[ ]?[=:,][ ]?[\"']?)?(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])", plausible),
    _rule("aws-secret", "secret", r"secret[_ -]?access[_ -]?key(?:[\"'\s:=>,]|is){1,12}(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])", plausible),
    _rule("bearer-token", "bearer", r"bearer[ ]{1,3}(?P<secret>[A-Za-z0-9._~+/=-]{16,500})", strong),
    _rule("basic-auth", "basic ", r"basic[ ]{1,3}(?P<secret>[A-Za-z0-9+/]{8,300}={0,2})(?![\w+/])", login),
    _rule("docker-auth", '"auth', rf"\"auth{Q}\s{{0,3}}:\s{{0,3}}{Q}(?P<secret>[A-Za-z0-9+/]{{8,500}}={{0,2}}){Q}", login),
    _rule("kubernetes-key", "client-key-data|tls.key", r"(?:client-key-data|tls\.key)[\"']?:[ ]{0,4}[\"']?(?P<secret>[A-Za-z0-9+/=]{40,9000})", plausible),
    _rule("basic-auth", "-u |--user", r"(?:(?<=\s)-u|--user)[ =]{1,2}[\"']?[^\s:\"'${}]{1,80}:(?P<secret>[^\s\"']{4,200})", guessable),
    _rule("url-password", "://", r"://[^\s:/?#\[\]@'\"<>`]{0,100}:(?P<secret>[^\s/@'\"<>`]{3,200})@[A-Za-z0-9\[]", word),
    _rule("url-token", "://", r"://(?P<secret>[A-Za-z0-9_-]{16,255})(?::x-oauth-basic)?@[A-Za-z0-9]", strong),
    _rule("url-token", "sig=|signature=", r"(?:sig|signature)=(?P<secret>[A-Za-z0-9%_~+/-]{20,500}={0,2})", plausible),
    _rule("url-token", "?key=|&key=|?auth=|&auth=", r"[?&][a-z]{3,5}=(?P<secret>[A-Za-z0-9%_~+/-]{20,500}={0,2})", strong),
)  # fmt: skip
