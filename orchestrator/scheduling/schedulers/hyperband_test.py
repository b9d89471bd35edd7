import itertools

from orchestrator.scheduling.schedulers.hyperband import _brackets


def filled(cohort):
    """Its rungs, and how many trials it takes."""
    for number in itertools.count():
        if cohort.full:
            return tuple(rung.epoch for rung in cohort.rungs), number
        cohort.begin(str(number), ())


def test_brackets_are_those_of_the_paper_and_begin_anew_after_the_last():
    """Table 1 of Li et al.: R = 81, eta = 3 begin with 81, 34, 15, 8 and 5 configurations."""
    made = itertools.islice(_brackets((1, 3, 9, 27), 3), 6)
    assert [filled(cohort) for cohort in made] == [
        ((1, 3, 9, 27), 81),  # 5/5 * 81
        ((3, 9, 27), 34),  # 5/4 * 27 = 33.75
        ((9, 27), 15),  # 5/3 * 9
        ((27,), 8),  # 5/2 * 3 = 7.5
        ((), 5),
        ((1, 3, 9, 27), 81),
    ]
