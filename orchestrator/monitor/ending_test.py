from orchestrator.monitor.ending import ending_lines


def test_a_run_ends_with_answer_report_tensorboard_and_time():
    assert ending_lines("/data/fer/first", 185.2, answer="cnn5 is best.").splitlines() == [
        "cnn5 is best.",
        "report       /data/fer/first/report.html",
        "TensorBoard  tensorboard --logdir /data/fer/first/tensorboard",
        "time         3 min 5 s",
    ]


def test_what_there_is_not_is_not_said_and_the_command_can_be_pasted():
    assert ending_lines("/my data/first", 7, report=False).splitlines() == [
        "TensorBoard  tensorboard --logdir '/my data/first/tensorboard'",
        "time         7 s",
    ]
