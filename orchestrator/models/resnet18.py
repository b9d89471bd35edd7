"""`resnet18`: the residual net of the recipes that went furthest on FER2013 from scratch.

ResNet-18 (He et al. 2016, https://arxiv.org/abs/1512.03385, table 1) in its form for small images:
the first convolution 3x3 of stride 1 instead of 7x7 of stride 2, and no pooling behind it, as in
their own nets for 32 x 32 pixels (section 4.2). Then four stages of two basic blocks with 64, 128,
256, 512 filters, a global average, one linear layer: 18 layers of weights, 11.2 million parameters.
Two repositories that train it on FER2013 report 73.0 and 73.7 % on the test images, each with its
best epoch chosen on them: https://github.com/WuJie1010/Facial-Expression-Recognition.Pytorch and
https://github.com/LetheSec/Fer2013-Facial-Emotion-Recognition-Pytorch. The dropout before the
linear layer acts as in the first of them.
"""

import keras

from orchestrator.models.layer_sizes import Style
from orchestrator.models.options import Options
from orchestrator.models.strings import from_notation

LAYOUT = "C2R2R2R2RPF"
"""Not in `notation.NAMED`: with the notation's own widths this string is another, smaller net."""

STYLE = Style(filters=(64, 128, 256, 512))


def resnet18(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """C2R2R2R2RPF: (n, h, w, c) -> (n, k) logits; h, w at least 5."""
    return from_notation(LAYOUT, shape, classes, options, STYLE)
