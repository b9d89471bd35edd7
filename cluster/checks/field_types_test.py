import pytest

from cluster.checks.field_types import against
from cluster.checks.kubernetes.kuberay_schema import closed, fields, kubernetes, table


@pytest.mark.parametrize(
    ("thing", "sentence"),
    [
        ({"name": "a", "cout": 1}, "found the unknown field cout, expected one of count, name"),
        ({"count": 1}, "found no name, expected one; add name"),
        ({"name": 3}, "name: found 3, expected a value of type string; put it in quotes"),
        ({"name": "a", "count": "b"}, 'count: found "b", expected a value of type integer'),
    ],
)
def test_what_a_schema_refuses_is_said_in_our_words(thing, sentence):
    schema = closed("name", fields("name", integer="count"))
    (problem,) = against(schema, thing, (0,))
    assert sentence in problem.sentence("f", 0)


def test_kubernetes_own_types_are_referred_to_by_name():
    schema = fields(pod=kubernetes("core.v1.PodSpec"), labels=table(kubernetes("core.v1.Pod/kind")))
    good = {"pod": {"containers": [{"name": "a", "image": "b"}]}, "labels": {"x": "Pod"}}
    assert against(schema, good, (0,)) == []
    (problem,) = against(schema, {"pod": {"containers": [{"name": "a", "imag": "b"}]}}, (0,))
    assert problem.place == (0, "pod", "containers", 0, "imag")
    assert problem.remedy == "write image"
