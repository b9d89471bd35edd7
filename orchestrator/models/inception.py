"""`inception`, CIPIIPIIPIIPF: Pramerdorfer & Kampel's Inception net, https://arxiv.org/abs/1612.02903.

A 3x3 convolution, seven modules after GoogLeNet's 3a (Szegedy et al. 2015,
https://arxiv.org/abs/1409.4842) with n = 32, 64, ... 224 (see `blocks.inception`), a global average
and one linear layer. 1.19 million parameters (published: 1.2; accuracy on the test images 71.6 %).
Chosen by us, because not published where we could read it: 32 filters in the first convolution;
dropout only before the linear layer, as in GoogLeNet. Differs in the start of the weights (He et
al. 2015, https://arxiv.org/abs/1502.01852).
"""

import keras

from orchestrator.models.notation import NAMED
from orchestrator.models.options import Options
from orchestrator.models.strings import from_notation


def inception(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """CIPIIPIIPIIPF: (n, h, w, c) -> (n, k) logits; h, w at least 5."""
    return from_notation(NAMED["inception"], shape, classes, options)
