"""Made-up credentials of 40 kinds in 6 placements, made when asked for: none of them stands in any file.

Each kind gives (what must be gone, the words around it as people write them). Nothing here was ever valid anywhere.
"""

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ALNUM = string.ascii_letters + string.digits
URLSAFE = ALNUM + "-_"
HEX = "0123456789abcdef"
BASE64 = ALNUM + "+/"
UPPER = string.ascii_uppercase + string.digits
BASE32 = string.ascii_uppercase + "234567"
PLACEMENTS = ("message", "code block", "notebook output", "attachment name", "image alt text", "split")
Maker = Callable[["Dice"], tuple[str, str]]


class Dice(random.Random):
    def of(self, alphabet: str, length: int) -> str:
        """Of letters and digits at least one each, as a real one of this length has."""
        made = "".join(self.choices(alphabet, k=length))
        for wanted in (string.digits, string.ascii_letters):
            usable = set(wanted) & set(alphabet)
            if length >= 8 and usable and not usable & set(made):
                return self.of(alphabet, length)
        return made

    def password(self) -> str:
        words = self.choice(["Sommer", "falcon", "Tr0ub4dor", "quiet", "Marble", "zebra"])
        return f"{words}{self.choice('!#%+*-_')}{self.of(ALNUM, 6)}{self.randrange(10, 99)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    kind: str
    placement: str
    secret: tuple[str, ...]  # none of these may be left
    text: str  # of the part, or with `attachment name` the name


def bare(prefix: str, alphabet: str, length: int, tail: str = "") -> Maker:
    """A token that people paste as it is, or behind a name."""

    def make(dice: Dice) -> tuple[str, str]:
        secret = prefix + dice.of(alphabet, length) + tail
        return secret, dice.choice(["{}", "use {} for staging", "TOKEN={}", "token: {}", 'login(token="{}")']).format(
            secret
        )

    return make


def named(*shapes: str, alphabet: str = HEX, length: int = 40) -> Maker:
    def make(dice: Dice) -> tuple[str, str]:
        secret = dice.of(alphabet, length)
        return secret, dice.choice(shapes).replace("@@", secret)

    return make


def password(*shapes: str) -> Maker:
    def make(dice: Dice) -> tuple[str, str]:
        secret = dice.password().replace("#", "~").replace("%", "~").replace("+", "~")
        return secret, dice.choice(shapes).replace("@@", secret)

    return make


def pem(label: str) -> Maker:
    def make(dice: Dice) -> tuple[str, str]:
        lines = [dice.of(BASE64, 64) for _ in range(dice.randrange(5, 26))] + [dice.of(BASE64, 30) + "=="]
        return "\n".join(lines), f"-----BEGIN {label}-----\n" + "\n".join(lines) + f"\n-----END {label}-----"

    return make


def service_account(dice: Dice) -> tuple[str, str]:
    lines = [dice.of(BASE64, 64) for _ in range(26)]
    key = "-----BEGIN PRIVATE KEY-----\n" + "\n".join(lines) + "\n-----END PRIVATE KEY-----\n"
    return "\n".join(lines), json.dumps({"type": "service_account", "private_key": key, "client_email": "a@b.example"})


def jwt(dice: Dice) -> tuple[str, str]:
    parts = [json.dumps({"alg": "HS256", "typ": "JWT"}), json.dumps({"sub": dice.of(ALNUM, 12), "exp": 1750000000})]
    encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
    secret = ".".join([*encoded, dice.of(URLSAFE, 43)])
    return secret, dice.choice(["Authorization: Bearer {}", "the session token is {}", "{}"]).format(secret)


def docker(dice: Dice) -> tuple[str, str]:
    secret = base64.b64encode(f"builder:{dice.password()}".encode()).decode()
    return secret, json.dumps({"auths": {"registry.example": {"auth": secret}}})


def basic_header(dice: Dice) -> tuple[str, str]:
    secret = base64.b64encode(f"svc-eval:{dice.password()}".encode()).decode()
    return secret, f"Authorization: Basic {secret}"


def htpasswd(dice: Dice) -> tuple[str, str]:
    kind = dice.choice(["$2y$10$", "$apr1$"])
    secret = kind + (dice.of(ALNUM, 53) if kind == "$2y$10$" else f"{dice.of(ALNUM, 8)}${dice.of(ALNUM, 22)}")
    return secret, f"admin:{secret}"


def aws_pair(dice: Dice) -> tuple[str, str]:
    secret = dice.of(BASE64, 40)
    shapes = (
        "AWS_SECRET_ACCESS_KEY={}",
        "aws_secret_access_key = {}",
        '"SecretAccessKey": "{}"',
        "AKIA" + dice.of(BASE32, 16) + ",{}",
    )
    return secret, dice.choice(shapes).format(secret)


def azure_sas(dice: Dice) -> tuple[str, str]:
    secret = dice.of(ALNUM, 38) + "%2B" + dice.of(ALNUM, 3) + "%3D"
    return (
        secret,
        f"https://lake.blob.core.windows.net/raw/x.parquet?sv=2023-01-03&se=2026-01-01&sr=c&sp=rl&sig={secret}",
    )


def azure_storage(dice: Dice) -> tuple[str, str]:
    secret = dice.of(BASE64, 86) + "=="
    return (
        secret,
        f"DefaultEndpointsProtocol=https;AccountName=lake;AccountKey={secret};EndpointSuffix=core.windows.net",
    )


def slack_bot(dice: Dice) -> tuple[str, str]:
    secret = f"xoxb-{dice.of(string.digits, 12)}-{dice.of(string.digits, 13)}-{dice.of(ALNUM, 24)}"
    return secret, f"SLACK_BOT_TOKEN={secret}"


def slack_hook(dice: Dice) -> tuple[str, str]:
    secret = f"T{dice.of(UPPER, 10)}/B{dice.of(UPPER, 10)}/{dice.of(ALNUM, 24)}"
    return secret, "curl https://hooks.slack" + f".com/services/{secret}"


def discord_bot(dice: Dice) -> tuple[str, str]:
    secret = f"M{dice.of(ALNUM, 25)}.{dice.of(ALNUM, 6)}.{dice.of(URLSAFE, 38)}"
    return secret, dice.choice(["client.run('{}')", "bot token {}"]).format(secret)


def discord_hook(dice: Dice) -> tuple[str, str]:
    secret = f"{dice.of(string.digits, 19)}/{dice.of(URLSAFE, 68)}"
    return secret, "https://discord" + f".com/api/webhooks/{secret}"


def telegram(dice: Dice) -> tuple[str, str]:
    secret = f"{dice.randrange(10**9, 10**10)}:AA{dice.of(URLSAFE, 32)}x"
    return secret, dice.choice(["{}", "bot token: {}"]).format(secret)


def sendgrid(dice: Dice) -> tuple[str, str]:
    secret = f"SG.{dice.of(URLSAFE, 22)}.{dice.of(URLSAFE, 43)}"
    return secret, f"SENDGRID_API_KEY={secret}"


def sentry(dice: Dice) -> tuple[str, str]:
    secret = dice.of(HEX, 32)
    return secret, f"sentry_sdk.init('https://{secret}@o4504{dice.of(string.digits, 6)}.ingest.sentry.io/45')"


def kaggle(dice: Dice) -> tuple[str, str]:
    secret = dice.of(HEX, 32)
    return secret, json.dumps({"username": "ada", "key": secret})


def fine_grained(dice: Dice) -> tuple[str, str]:
    secret = f"github_pat_{dice.of(ALNUM, 22)}_{dice.of(ALNUM, 59)}"
    return secret, dice.choice(["{}", "git clone https://ada:{}@github.com/o/r", "GH_TOKEN={}"]).format(secret)


WANDB = (
    "WANDB_API_KEY=@@", "wandb login @@", "wandb.login(key='@@')", "my wandb key is @@",
    "machine api.wandb.ai\n  login user\n  password @@",
)  # fmt: skip
KINDS: dict[str, Maker] = {
    "AWS access key id": bare("AK" + "IA", BASE32, 16),
    "AWS secret access key": aws_pair,
    "Google API key": bare("AI" + "za", URLSAFE, 34, "Q"),
    "Google service account": service_account,
    "Google OAuth client secret": bare("GOC" + "SPX-", URLSAFE, 27, "k"),
    "Azure storage key": azure_storage,
    "Azure SAS": azure_sas,
    "GitHub token": bare("gh" + "p_", ALNUM, 36),
    "GitHub fine-grained token": fine_grained,
    "GitLab token": bare("glp" + "at-", ALNUM, 20),
    "Hugging Face token": bare("h" + "f_", string.ascii_letters, 34),
    "OpenAI key": bare("sk-" + "proj-", ALNUM, 74, "T3BlbkFJ" + "x" + "Q4" * 36),
    "Anthropic key": bare("sk-" + "ant-api03-", URLSAFE, 93, "AA"),
    "W&B key": named(*WANDB),
    "Slack bot token": slack_bot,
    "Slack webhook": slack_hook,
    "Discord bot token": discord_bot,
    "Discord webhook": discord_hook,
    "Telegram bot token": telegram,
    "Stripe key": bare("sk_" + "live_", ALNUM, 24),
    "Twilio auth token": named("TWILIO_AUTH_TOKEN=@@", 'auth_token = "@@"', "twilio token: @@", length=32),
    "SendGrid key": sendgrid,
    "npm token": bare("np" + "m_", ALNUM, 36),
    "PyPI token": bare("py" + "pi-AgEIcHlwaS5vcmc", URLSAFE, 150),
    "JWT": jwt,
    "RSA private key": pem("RSA PRIVATE KEY"),
    "OpenSSH private key": pem("OPENSSH PRIVATE KEY"),
    "PostgreSQL URL": password(
        "postgresql+psycopg://mlflow:@@@db.internal:5432/mlflow", "DATABASE_URL=postgres://app:@@@10.0.0.5/app",
    ),
    "MongoDB URL": password("mongodb+srv://eval:@@@cluster0.abcde.mongodb.net/runs?retryWrites=true"),
    "Basic auth URL": password(
        "pip install --index-url https://ci:@@@pypi.internal.example/simple x",
        "git clone https://bot:@@@git.example/r.git",
    ),
    ".env password": password("DB_PASSWORD=@@", "export PGPASSWORD=@@",
        "MYSQL_ROOT_PASSWORD='@@'", "REDIS_PASS=@@\nDEBUG=1"),
    "password in a config or a sentence": password(
        'password: "@@"', '"password": "@@"', "the admin password is @@", "pw: @@", "Server=db;User Id=sa;Password=@@;",
    ),
    "Databricks token": bare("da" + "pi", HEX, 32),
    "Docker config auth": docker,
    "Basic authorisation header": basic_header,
    "htpasswd": htpasswd,
    "Vault token": bare("hv" + "s.", ALNUM, 90),
    "DigitalOcean token": bare("dop" + "_v1_", HEX, 64),
    "Sentry DSN": sentry,
    "Kaggle key": kaggle,
}  # fmt: skip


def cases(seeds: int, *, first: int = 0) -> Iterator[Case]:
    """Every kind in every placement, `seeds` times with other words."""
    for kind, make in KINDS.items():
        for placement in PLACEMENTS:
            for seed in range(first, first + seeds):
                dice = Dice(f"{kind} {placement} {seed}")
                secret, words = make(dice)
                text, pieces = placed(placement, secret, words, dice)
                yield Case(kind=kind, placement=placement, secret=pieces, text=text)


def placed(placement: str, secret: str, words: str, dice: Dice) -> tuple[str, tuple[str, ...]]:
    """The text, and what must not be found in it afterwards: each line of a secret of several lines."""
    lines = tuple(secret.split("\n"))
    match placement:
        case "message":
            return f"hey, the sync is broken again, {words}\ncan you look? run 3f9a1c", lines
        case "code block":
            return f"# Setup\n\n```bash\n{words}\n```\n\nThen train.", lines
        case "notebook output":
            return f"print(config)\n\n{words}\nstep 100 loss 0.31", lines
        case "attachment name":
            return f"screenshot {words.replace(chr(10), ' ')}.png", lines
        case "image alt text":
            return f"See ![console, {words.replace(chr(10), ' ')}](img/console.png) for the error.", lines
        case _:
            return _split(secret, words, dice)


def _split(secret: str, words: str, dice: Dice) -> tuple[str, tuple[str, ...]]:
    """Long ones wrapped at 64 or 76 columns; a line break in the middle of a short one."""
    if "\n" in secret:
        indented = words.replace("\n", "\n> ")
        return f"> {indented}\n", tuple(secret.split("\n"))
    start = words.index(secret)
    width = dice.choice([64, 76])
    cuts = list(range(width, len(words), width))
    cuts = [cut for cut in cuts if start + 8 < cut < start + len(secret) - 4] or [start + max(len(secret) * 2 // 3, 8)]
    pieces = [secret[a - start : b - start] for a, b in zip([start, *cuts], [*cuts, start + len(secret)], strict=True)]
    text = "\n".join(words[a:b] for a, b in zip([0, *cuts], [*cuts, len(words)], strict=True))
    return f"It said:\n{text}\nand stopped.", tuple(piece for piece in pieces if len(piece) >= 4)
