import pytest

from cluster.checks.files import Pins, described
from cluster.checks.secret_fields import anywhere, telling

HEAD = "apiVersion: v1\nkind: ConfigMap\n"


def problems(text):
    return anywhere(described(HEAD + text, "", Pins.of()))


def seen(text):
    """What is wrong, and at which place of the one document."""
    return {(problem.actual, problem.place[1:]) for problem in problems(text)}


@pytest.mark.parametrize("name", ["password", "AWS_SECRET_ACCESS_KEY", "api_key", "authToken"])
def test_names_that_tell(name):
    assert telling(name)


@pytest.mark.parametrize("name", ["key", "topologyKey", "HttpTokens", "region", "monkey"])
def test_names_that_do_not(name):
    assert not telling(name)


def test_a_value_beside_or_below_a_telling_name_is_secret_and_is_not_repeated():
    env = "env:\n- {name: DB_PASSWORD, value: swordfish}\n- {name: REGION, value: eu}\n"
    text = f"{env}auth_token: abc"
    assert seen(text) == {
        ("a value for DB_PASSWORD", ("env", 0, "value")),
        ("a value for auth_token", ("auth_token",)),
    }
    assert "swordfish" not in str(problems(text))


@pytest.mark.parametrize("where", ["/etc/token", "~/.token", "$TOKEN"])
def test_where_a_secret_is_may_be_said(where):
    assert seen(f"auth_token: {where}") == set()
    assert seen("env:\n- {name: DB_PASSWORD, value: ''}") == set()
