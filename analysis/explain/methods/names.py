"""Names of the methods, for those who must not load Keras to know them; a test compares."""

CAM = ("gradcam", "gradcam++", "hirescam", "layercam", "scorecam")
"""Methods that weigh the maps of a layer."""

INPUT = ("gradient", "smoothgrad", "integrated", "occlusion")
"""Methods that ask the pixels."""

NAMES = (*CAM, *INPUT)
PASSES = {"gradcam": 1, "gradcam++": 1, "hirescam": 1, "layercam": 1, "gradient": 2}
"""Methods that are cheap enough for every image -> what a map costs, in passes through the net."""

REFERENCE_TITLES = {"random": "random cells", "centre": "Gaussian at the centre"}
"""Maps that know nothing of the net, to be judged beside the methods: name -> for people."""

REFERENCES = tuple(REFERENCE_TITLES)

TITLES = {
    "gradcam": "Grad-CAM",
    "gradcam++": "Grad-CAM++",
    "hirescam": "HiResCAM",
    "layercam": "LayerCAM",
    "scorecam": "Score-CAM",
    "gradient": "Input gradient",
    "smoothgrad": "SmoothGrad",
    "integrated": "Integrated gradients",
    "occlusion": "Occlusion",
}
"""Name -> as a figure writes it."""
