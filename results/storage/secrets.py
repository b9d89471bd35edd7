"""What a secret is: names that speak of one, texts that look like one, URIs that carry one.

It stands here and not in `orchestrator.process`, because `storage.locations` refuses URIs with
credentials and `results` imports nothing of ours.
"""

import re
from urllib.parse import parse_qsl

HIDDEN = "***"
"""What is shown in place of a secret."""

FORMS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a token of GitHub": re.compile(r"\b(?:gh[pousr]_|github_pat_)\w{20,}"),
    "a key of Google": re.compile(r"\bAIza[\w-]{30,}"),
    "a web token": re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*"),
    "credentials in a URI": re.compile(
        r"(?<=\w://)[^\s/:@]+:[^\s/@]+(?=@)|(?<=s3://)[^\s/@]+(?=@)"
    ),
}
"""Kind -> how such a secret looks, whatever its name."""

_NAME = re.compile(
    # Anywhere in a name:
    r"secret|password|passwd|passphrase|passcode|credential|signature|authorization"
    # As one of its words:
    r"|(?<![a-z])(?:sas|sig|pwd|keys?)(?![a-z])"
    r"|(?:access|account|api|auth|encryption|private|shared|signing|ssh|storage)keys?(?![a-z])"
    r"|tokens?(?![a-z])"
    # As its last word: `?auth=`, `DB_PASS`; but not `auth_options`, `pass_count`.
    r"|(?<![a-z])(?:auth|pass)$"
)
_WHERE_OR_HOW = re.compile(r"(?:kind|mode|type|path|file|name|ref|mount|timeout)$")
_SETTING = re.compile(r"(?P<begin>[?&](?P<name>[^\s=&?#]+)=)(?P<value>[^\s&#]+)")
_ASSIGNED = re.compile(r"(?P<begin>(?<![\w?&%-])-*(?P<name>[A-Za-z_][\w-]*)=)(?P<value>\S+)")


def names_secret(name: str) -> bool:
    """Whether the name of a variable, a setting or a field says that its value is secret.

    A name that ends in what says where a secret is, or of which kind, is none:
    RAY_AUTH_TOKEN_PATH, secretName, credential_kind.
    """
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return bool(_NAME.search(words)) and not _WHERE_OR_HOW.search(words)


def forms_in(text: str) -> list[str]:
    """The kinds of secrets, known by their look, that stand in a text; never the secrets."""
    kinds = [kind for kind, form in FORMS.items() if form.search(text)]
    if any(names_secret(setting["name"]) for setting in _SETTING.finditer(text)):
        kinds.append("credentials in a URI's settings")
    return kinds


def assigned_in(text: str) -> list[tuple[str, str]]:
    """(name, value) of what is written as NAME=value under a name that speaks of a secret."""
    return [
        (match["name"], match["value"])
        for match in _ASSIGNED.finditer(text)
        if names_secret(match["name"])
    ]


def secret_settings(uri: str) -> list[str]:
    """Names of the settings after a URI's "?" whose values are secret."""
    settings = parse_qsl(uri.partition("?")[2], keep_blank_values=True)
    return [name for name, _ in settings if names_secret(name)]


def has_login(uri: str) -> bool:
    """Whether a URI names a user with a password, or for S3 a key, before its host."""
    scheme, _, rest = uri.partition("://")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    user, at, host = authority.rpartition("@")
    if at and (":" in user or scheme.lower().endswith("s3")):
        return True
    # A password may hold "/" and "?", which end the authority before the "@": no port is a word.
    _, colon, port = host.rpartition("]")[2].partition(":")
    return bool(colon) and not port.isdigit()


def hide(text: str) -> str:
    """The text with "***" in place of every secret that can be told by its look or its name."""
    for form in FORMS.values():
        text = form.sub(HIDDEN, text)
    for pattern in (_SETTING, _ASSIGNED):
        text = pattern.sub(_without_value, text)
    return text


def _without_value(match: re.Match[str]) -> str:
    return f"{match['begin']}{HIDDEN}" if names_secret(match["name"]) else match[0]
