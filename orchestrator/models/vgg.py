"""`vgg`, CCPCCPCCPCCPFF: Pramerdorfer & Kampel's VGG-like net, https://arxiv.org/abs/1612.02903.

All convolutions 3x3, batch normalisation after each of them and after the hidden layer, dropout
after every CCP and after the hidden layer. The paper's filters are not published where we could
read them: 32, 64, 128, 256 with 256 hidden units give 1.77 million parameters (published: 1.8;
accuracy on the test images 72.7 %). Differs in the start of the weights (He et al. 2015, https://arxiv.org/abs/1502.01852).
"""

import keras

from orchestrator.models.notation import NAMED
from orchestrator.models.options import Options
from orchestrator.models.strings import from_notation


def vgg(shape: tuple[int, int, int], classes: int, options: Options) -> keras.Model:
    """CCPCCPCCPCCPFF: (n, h, w, c) -> (n, k) logits; h, w at least 9."""
    return from_notation(NAMED["vgg"], shape, classes, options)
