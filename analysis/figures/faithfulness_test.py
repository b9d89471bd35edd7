import pytest

from analysis.figures import faithfulness
from analysis.figures.tables import Tables
from analysis.figures.testing import explained


def test_faithfulness_is_a_mean_over_images_not_over_members():
    frame = faithfulness.data(Tables(**explained()))
    deletion = frame[(frame["measure"] == "deletion") & (frame["method"] == "gradcam")].iloc[0]
    assert deletion["value"] == pytest.approx(0.1)
    assert deletion["n"] == 3  # images, each asked of two members
    assert deletion["high"] - deletion["value"] == pytest.approx(1.96 * 0.1 / 3**0.5, rel=1e-3)
    assert deletion["whose"] == "2 members"
    assert set(frame["measure"]) == {"deletion", "insertion", "increase", "randomised"}
    assert frame.set_index("method")["place"].loc["gradcam"].max() == 2  # above both baselines
