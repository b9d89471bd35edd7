import shutil
import uuid

import pytest

from cluster.job_command import JOBS, ROOT
from cluster.preflight import check_upload
from orchestrator.errors import BadInput


def test_what_a_question_imports_must_be_uploaded_too():
    """Beside it in a folder that .gitignore names, as `results/runs` is."""
    folder = ROOT / "results" / "runs" / f"neighbours-{uuid.uuid4().hex}"
    folder.mkdir(parents=True)
    try:
        text = (ROOT / "orchestrator" / "sweeps" / "quickstart.py").read_text()
        (folder / "neighbour_of_a_question.py").write_text("DEPTH = 2\n")
        (folder / "mine.py").write_text(f"{text}\nimport neighbour_of_a_question\n")
        words = [str(folder / "mine.py"), "--data=s3://b/f.zip", "--results=s3://b/r", "--name=a"]
        files = JOBS["sweep"](words).files
    finally:
        shutil.rmtree(folder)
    names = [file.rpartition("/")[2] for file in files]
    assert names == ["mine.py", "neighbour_of_a_question.py"]
    with pytest.raises(BadInput, match=r"neighbour_of_a_question.py is not uploaded, but the job"):
        check_upload({files[0]: 100}, files)
