"""What operations of autograd PyTorch's layers without parameters consist of."""

from __future__ import annotations

import re
from functools import cache

RESHAPING = frozenset(
    {
        *("T", "Transpose", "Permute", "View", "UnsafeView", "ReshapeAlias", "Expand", "Unsqueeze", "Squeeze"),
        *("Slice", "Select", "Split", "SplitWithSizes", "Chunk", "Unbind", "Narrow", "Alias", "AsStrided"),
        *("ToCopy", "Clone", "Contiguous", "Mt", "Numpy_T", "Movedim"),
    }
)
"""Operations that move or copy elements: of a weight, on its way to the operation that uses it."""

PENALTIES = frozenset({"Pow", "Abs", "Norm", "LinalgVectorNorm", "Sum", "Mean", "Mul"})
"""Operations that begin a penalty on the size of a parameter."""

VIEWS = frozenset({"View", "UnsafeView", "ReshapeAlias"})
"""Operations that give the same elements in the same order another shape."""

ACTIVATIONS = frozenset(
    {
        *("Relu", "LeakyRelu", "Elu", "Gelu", "Silu", "Mish", "Sigmoid", "Tanh", "Hardtanh", "Softplus", "Hardswish"),
        *("Threshold", "Softsign", "LogSigmoid", "NativeDropout"),
    }
)

_LAYERS: dict[str, frozenset[str]] = {
    layer: frozenset(operations.split())
    for layer, operations in {
        "ReLU": "Relu Threshold",
        "ReLU6": "Hardtanh",
        "Hardtanh": "Hardtanh",
        "LeakyReLU": "LeakyRelu",
        "ELU": "Elu",
        "SELU": "Elu",
        "CELU": "Elu",
        "GELU": "Gelu",
        "SiLU": "Silu",
        "Mish": "Mish",
        "Sigmoid": "Sigmoid",
        "Tanh": "Tanh",
        "Softplus": "Softplus",
        "Softsign": "Div Add Abs",
        "Hardswish": "Hardswish",
        "LogSigmoid": "LogSigmoid",
        "GLU": "Glu",
        "Softmax": "Softmax",
        "LogSoftmax": "LogSoftmax",
        "MaxPool1d": "MaxPool2DWithIndices Squeeze Unsqueeze",
        "MaxPool2d": "MaxPool2DWithIndices",
        "MaxPool3d": "MaxPool3DWithIndices",
        "AvgPool1d": "AvgPool2D Squeeze Unsqueeze",
        "AvgPool2d": "AvgPool2D",
        "AvgPool3d": "AvgPool3D",
        "AdaptiveAvgPool1d": "AdaptiveAvgPool2D Mean Squeeze Unsqueeze",
        "AdaptiveAvgPool2d": "AdaptiveAvgPool2D Mean",
        "AdaptiveMaxPool2d": "AdaptiveMaxPool2D",
        "Dropout": "NativeDropout Mul",
        "Dropout1d": "FeatureDropout Mul",
        "Dropout2d": "FeatureDropout Mul",
        "Flatten": "View UnsafeView ReshapeAlias",
        "Unflatten": "View UnsafeView ReshapeAlias",
        "Upsample": "UpsampleNearest1D UpsampleNearest2D UpsampleBilinear2D UpsampleBicubic2D",
        "UpsamplingNearest2d": "UpsampleNearest2D",
        "PixelShuffle": "PixelShuffle",
        "ZeroPad2d": "ConstantPadNd",
        "BatchNorm1d": "NativeBatchNorm",
        "BatchNorm2d": "NativeBatchNorm",
        "LayerNorm": "NativeLayerNorm",
        "CrossEntropyLoss": "LogSoftmax NllLoss NllLoss2D",
        "NLLLoss": "NllLoss NllLoss2D",
        "MSELoss": "MseLoss",
        "L1Loss": "L1Loss Abs",
        "SmoothL1Loss": "SmoothL1Loss",
        "HuberLoss": "HuberLoss",
        "BCELoss": "BinaryCrossEntropy",
        "BCEWithLogitsLoss": "BinaryCrossEntropyWithLogits",
        "KLDivLoss": "Sub Mul Xlogy Sum Div Mean",
    }.items()
}


@cache
def stem(kind: str) -> str:
    """Return an operation's class without its end: `Relu` for `ReluBackward0`."""
    return re.sub(r"Backward\d*$", "", kind)


def computes(layer: str, kind: str) -> bool:
    """Return whether a layer of PyTorch's, by its class, computes operations of this class of autograd's."""
    return stem(kind) in _LAYERS.get(layer, ())
