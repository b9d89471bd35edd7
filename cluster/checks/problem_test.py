from cluster.checks.problem import Problem, shown, spoken


def test_a_place_is_spoken_as_people_write_it() -> None:
    assert (
        spoken((1, "spec", "workerGroupSpecs", 0, "replicas"))
        == "spec.workerGroupSpecs[0].replicas"
    )
    assert spoken((12,)) == ""


def test_a_sentence_has_what_is_there_expected_and_to_do():
    problem = Problem((0, "spec", "replicas"), "3", "at most 2", "lower it")
    sentence = "a.yaml:7: spec.replicas: found 3, expected at most 2; lower it"
    assert problem.sentence("a.yaml", 7) == sentence
    assert Problem((), "3", "2").sentence("a.yaml", 0) == "a.yaml: found 3, expected 2"


def test_values_are_shown_as_yaml_has_them_and_cut_where_they_are_long():
    assert [shown(v) for v in (None, "a", True, 3)] == ["nothing", '"a"', "true", "3"]
    assert len(shown("x" * 200)) == 80
