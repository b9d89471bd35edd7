"""`resnet`, 3R4R6R3RPF: Pramerdorfer & Kampel's residual net, https://arxiv.org/abs/1612.02903.

ResNet-34 (He et al. 2016, https://arxiv.org/abs/1512.03385) with all widths halved and without its
first convolution and pooling: 3, 4, 6, 3 basic blocks of 32, 64, 128, 256 filters, a global
average, one linear layer: 33 layers of weights, 5.32 million parameters (published: 5.3; accuracy
on the test images 72.4 %). Shortcuts are 1x1 convolutions where the shape changes, so also in the
very first block. The dropout between the global average and the linear layer is ours, so that the
option acts; rate 0 is the original.
"""

import keras

from orchestrator.models.notation import NAMED
from orchestrator.models.options import Options
from orchestrator.models.strings import from_notation


def resnet(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """3R4R6R3RPF: (n, h, w, c) -> (n, k) logits; h, w at least 5."""
    return from_notation(NAMED["resnet"], shape, classes, options)
