"""Plain strings: Kim et al.'s five layers, and the seed project's two variants.

`cnn5`, CPCPCPFF. Kim, Dong, Roh, Kim & Lee, "Fusing Aligned and Non-Aligned Face Information for
Automatic Affect Recognition in the Wild", CVPR Workshops 2016, rebuilt after the notebook of
Khanzada, Bai & Celepcikay, https://arxiv.org/abs/2004.11823: 32 filters of 5x5, 32 of 4x4, 64 of
5x5, each followed by 3x3 pooling of stride 2; 1024 hidden units, dropout after them. Batch
normalisation and dropout are the notebook's additions. 2.44 million parameters (published: 2.4).

`CPCPCPFFF`. The same with a second hidden layer of 1024 units; the seed project gives no widths,
this is the natural reading. 3.49 million parameters.

`CCPCCPCCPFF`. `vgg` without its last CCP: 32, 64, 128 filters of 3x3, 256 hidden units; again the
natural reading. 1.47 million parameters.

All differ from their sources in the start of the weights (He et al. 2015,
https://arxiv.org/abs/1502.01852, in place of Glorot) and in that layers before a batch
normalisation have no bias.
"""

import keras

from orchestrator.models.layer_sizes import Style
from orchestrator.models.notation import NAMED
from orchestrator.models.options import Options
from orchestrator.models.strings import from_notation

KIM = Style(
    filters=(32, 32, 64),
    kernels=(5, 4, 5),
    pool_window=3,
    units=1024,
    dropout_after_pooling=False,
    dropout_after_each_hidden=False,
)


def cnn5(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """CPCPCPFF: (n, h, w, c) -> (n, k) logits; h, w at least 5."""
    return from_notation(NAMED["cnn5"], shape, classes, options, KIM)


def cpcpcpfff(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """CPCPCPFFF: (n, h, w, c) -> (n, k) logits; h, w at least 5; dropout before the last F."""
    return from_notation(NAMED["CPCPCPFFF"], shape, classes, options, KIM)


def ccpccpccpff(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """CCPCCPCCPFF: (n, h, w, c) -> (n, k) logits; h, w at least 5."""
    return from_notation(NAMED["CCPCCPCCPFF"], shape, classes, options)
