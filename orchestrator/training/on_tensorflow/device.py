"""What TensorFlow may take of this machine."""

import tensorflow as tf


def settle(threads: int | None) -> None:
    """Limit the threads and let GPU memory grow with need; before TensorFlow computes anything.

    TensorFlow that has computed already keeps what it was given then.

    Args:
        threads: of one operation; None leaves them all.
    """
    try:
        if threads:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        for gpu in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(gpu, True)
    except RuntimeError:
        return


def gpu_name() -> str | None:
    """Name of the first GPU; None on a machine without one."""
    for gpu in tf.config.list_physical_devices("GPU"):
        return str(tf.config.experimental.get_device_details(gpu).get("device_name", "GPU"))
    return None
