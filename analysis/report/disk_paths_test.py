import pytest

from analysis.report.disk_paths import without_folders


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("--results /home/ann/fer --name q", "--results …/fer --name q"),
        ("--data=/mnt/faces.zip", "--data=…/faces.zip"),
        ("--results '/home/ann b/fer' -v", "--results '…/fer' -v"),
        ('load("/home/ann/q/ensemble")', 'load("…/ensemble")'),
        ("/data is full; see ~/logs/a.log.", "…/data is full; see …/a.log."),
        ("file:///home/ann/q", "…/q"),
        (r"C:\Users\ann\q is gone", "…/q is gone"),
        ("cannot open /a/b/c.parquet: torn", "cannot open …/c.parquet: torn"),
    ],
)
def test_of_an_absolute_path_its_last_name_stays(text, shown):
    assert without_folders(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "676 images/s, right / wrong, 1/2 and +/- 3",
        "s3://lab/fer and https://jfly.uni-koeln.de/color/",
        "weights/a.safetensors",
        "</td></table>",
        "python -m jobs.postprocess RESULTS/NAME",
    ],
)
def test_what_is_no_absolute_path_stays(text):
    assert without_folders(text) == text


def test_below_a_known_folder_the_place_stays_also_with_spaces():
    folders = ["/home/ann b", "/home/ann b/all results"]
    text = "/home/ann b/all results/q/scores.parquet is torn; in /home/ann b there is no other"
    assert (
        without_folders(text, folders) == "…/q/scores.parquet is torn; in …/ann b there is no other"
    )
