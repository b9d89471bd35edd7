from cluster.checks.rules import at_least_one, may, mounted, must, never, present


def sentences(rule, thing):
    return [p.sentence("f", 0) for p in rule.problems(thing, (0,))]


def test_a_star_is_each_item_of_a_list_or_mapping():
    rule = must("pods * user", 1000)
    assert sentences(rule, {"pods": [{"user": 1000}, {"user": 0}, {}]}) == [
        "f: pods[1].user: found 0, expected 1000; write user: 1000",
        "f: pods[2].user: found nothing, expected 1000; write user: 1000",
    ]
    assert len(sentences(rule, {"pods": {"a": {"user": 1}, "b": {"user": 2}}})) == 2
    assert sentences(rule, {}) == []


def test_each_kind_of_rule_allows_what_it_says():
    for rule, right, wrong in (
        (must("a", True), [True], [False, None]),
        (may("a", "ClusterIP"), ["ClusterIP", None], ["NodePort"]),
        (never("a"), [None, False], [True, {}, "x"]),
        (present("a", "a number", "add it"), [0, "", []], [None]),
        (at_least_one("a", "add it"), [1, 7], [0, -1, None]),
    ):
        assert [v for v in right if sentences(rule, {"a": v})] == []
        assert [v for v in wrong if not sentences(rule, {"a": v})] == []


def test_a_mount_is_found_with_a_slash_behind_it_or_without():
    assert sentences(mounted("/tmp"), {"volumeMounts": [{"mountPath": "/tmp/"}]}) == []
    assert sentences(mounted("/tmp"), {"volumeMounts": [{"mountPath": "/tmp/ray"}]}) != []
    assert sentences(mounted("/tmp"), {}) != []
