"""What must hold of the image: hadolint's rules, and what it cannot know of ours."""

import json
import re
import subprocess
import sysconfig
from pathlib import Path

from cluster.checks import secret_fields as anything
from cluster.checks.files import Description, Unreadable
from cluster.checks.problem import Problem, shown
from cluster.checks.versions import pin_in_range

NEEDED = {
    "USER 1000:1000": r"^USER [1-9]\d*(:\d+)?$",
    "ENV RAY_AUTH_MODE=token": r"\bRAY_AUTH_MODE=token\b",
    "pip install -c constraints.txt": r"\bpip install\b.* -c constraints\.txt",
}
"""What a Dockerfile must have -> a line that is it."""

NEVER = {
    "a download": r"^(RUN|\s+&&) .*\b(curl|wget)\b",
    "a secret copied in": r"^(COPY|ADD) .*(auth_token|\.aws|\.ssh|\.env\b|credentials)",
}
"""What no line may be."""


def hadolint(description: Description) -> list[Problem]:
    """Packages pinned, no root, COPY for ADD, sound shell commands, no secrets as arguments.

    Raises:
        Unreadable: where hadolint is not installed.
    """
    program = Path(sysconfig.get_path("scripts"), "hadolint")
    if not program.exists():
        raise Unreadable(
            f"{program}: not installed, and it reads Dockerfiles; pip install -e '.[dev]'"
        )
    done = subprocess.run(
        [str(program), "--no-fail", "--format", "json", "-"],
        input=description.text,
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        Problem((error["line"],), f"{error['code']} of hadolint", "none", error["message"])
        for error in json.loads(done.stdout)
    ]


def own_rules(description: Description) -> list[Problem]:
    """One Ray, user 1000, tokens on, packages by constraints.txt, nothing fetched, no secret."""
    problems = pin_in_range(description)
    for words, pattern in NEEDED.items():
        if not re.search(pattern, description.text, re.MULTILINE):
            problems.append(Problem((), f"no {words}", words, "add it"))
    for number, line in enumerate(description.text.splitlines(), start=1):
        problems += anything.in_text((number,), "" if line.startswith("#") else line)
        for words, pattern in NEVER.items():
            if re.search(pattern, line):
                problems.append(Problem((number,), f"{words}, {shown(line.strip())}", "none"))
    return problems
