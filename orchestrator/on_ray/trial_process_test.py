import json
import os
import subprocess
import sys
from pathlib import Path


def test_chatter_of_a_worker_goes_to_a_file_of_its_own(tmp_path):
    program = (
        "import os, pathlib, sys\n"
        "from orchestrator.process.terminal import redirect_worker_output\n"
        "redirect_worker_output(pathlib.Path(sys.argv[1]))\n"
        "print('from Python', flush=True)\n"
        "os.write(2, b'from below\\n')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "logs")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert (done.stdout, done.stderr) == ("", "")
    (file,) = (tmp_path / "logs").iterdir()
    assert file.read_text() == "from Python\nfrom below\n"


def test_the_driver_can_import_trials_without_a_framework():
    program = (
        "import json, sys, orchestrator.on_ray.trial; "
        "print(json.dumps(sorted({'tensorflow', 'jax', 'keras'} & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert json.loads(done.stdout) == []
