"""Optimizers by name, built so that one compiled program serves every learning rate and decay.

None of them knows of weight decay: Keras' own is a constant of the program and reaches biases and
batch normalisation too. The engine applies it with a variable, to `decayed` weights alone, in the
way the recipe says.

The learning rate starts at 0 and is a variable: the engine assigns every step's rate. Momentum is
a constant of the program.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops


@dataclass(frozen=True)
class OptimizerRecipe:
    """How one optimizer is built and how weight decay goes with it.

    Attributes:
        build: momentum, 0 to below 1 -> a new optimizer; adam and adamw pass it over.
        coupled: True: decay times weight is added to the gradient (L2). False: the weight loses
            rate times decay times itself beside the step (Loshchilov & Hutter 2019,
            https://arxiv.org/abs/1711.05101).
    """

    build: Callable[[float], keras.optimizers.Optimizer]
    coupled: bool


class ConvolutionalMuon(keras.optimizers.Muon):
    """Muon for every hidden kernel, convolutions included; Adam for the rest.

    Keras 3.15's Muon takes 2-D variables only and would leave every convolution to Adam, but take
    the output layer. Here a convolution's (kh, kw, f_in, f_out) kernel is read as a matrix
    (kh kw f_in, f_out), as its authors do, and the last 2-D kernel, that of the output layer, goes
    to Adam, as they advise. Updates are scaled to Adam's size (0.2 sqrt(longer side)), so that
    rates around Adam's suit both kinds.

    Sources: Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"; Liu et
    al. 2025, "Muon is Scalable for LLM Training", section 2.2, for the scale,
    https://arxiv.org/abs/2502.16982.
    """

    def build(self, var_list: list[keras.Variable]) -> None:
        """Choose the output layer's kernel, then create the optimizer's own variables."""
        matrices = [variable for variable in var_list if len(variable.shape) == 2]
        self._output = matrices[-1].path if matrices else ""
        super().build(var_list)

    def _should_use_adamw(self, variable: keras.Variable) -> bool:
        return len(variable.shape) < 2 or variable.path == self._output

    def _muon_update_step(
        self, gradient: Any, variable: keras.Variable, lr: Any, m: keras.Variable
    ) -> None:
        self.assign(m, m * self.momentum + gradient)
        direction = gradient + m * self.momentum
        matrix = ops.reshape(direction, (-1, variable.shape[-1]))
        update = self.lr_adjust(self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, ops.reshape(lr * update, variable.shape))


def sgd(momentum: float) -> keras.optimizers.Optimizer:
    """Stochastic gradient descent with Nesterov's momentum."""
    return keras.optimizers.SGD(learning_rate=0.0, momentum=float(momentum), nesterov=True)


def adam(momentum: float) -> keras.optimizers.Optimizer:
    """Adam with its usual constants; for AdamW too, decay being ours.

    Source: Kingma & Ba 2015, https://arxiv.org/abs/1412.6980.
    """
    del momentum
    return keras.optimizers.Adam(learning_rate=0.0)


def muon(momentum: float) -> keras.optimizers.Optimizer:
    """Muon with Nesterov's momentum, see `ConvolutionalMuon`; Adam's constants as in `adam`.

    Five Newton-Schulz products a step: dear where a layer is wide and the batch small.
    """
    # Keras' default decays by 0.004, and Adam's share by another 0.004 of its own.
    return ConvolutionalMuon(
        learning_rate=0.0, momentum=float(momentum), weight_decay=None, adam_weight_decay=None
    )


OPTIMIZERS: dict[str, OptimizerRecipe] = {
    "sgd": OptimizerRecipe(sgd, coupled=True),
    "adam": OptimizerRecipe(adam, coupled=True),
    "adamw": OptimizerRecipe(adam, coupled=False),
    "muon": OptimizerRecipe(muon, coupled=False),
}


def decayed(variable: keras.Variable) -> bool:
    """Whether weight decay applies: kernels, not biases or batch normalisation's (f,) vectors."""
    return len(variable.shape) >= 2
