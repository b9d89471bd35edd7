from analysis.pictures.contact_sheet import contact_sheet


def test_the_contact_sheet_is_drawn_at_random_and_says_how(evidence):
    caption = contact_sheet(evidence, shown=4, seed=5).caption
    assert "4 of 7 validation images, drawn at random (seed 5)" in caption
    files = {contact_sheet(evidence, shown=4, seed=seed).content for seed in range(4)}
    assert len(files) > 1
