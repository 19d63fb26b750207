"""The article before a name: by how the name is said."""

from __future__ import annotations

import pytest

from tui_torch.probe.articles import an, an_in_code, article


@pytest.mark.parametrize(
    "names",
    [
        pytest.param("int Odd Adam Embedding Identity OrderedDict IndexError object enumerate _Odd", id="vowels"),
        pytest.param("Unflatten Upsample Unfold UnboundLocalError UninitializedParameter", id="a U as in under"),
        pytest.param("LSTM RNNCell SGD MSELoss NLLLoss L1Loss LBFGS RMSprop HTTPError SVHN X F", id="spelled"),
        pytest.param("NAdam RAdam RReLU LRScheduler LPPool2d SNet ndarray nn.Linear", id="a letter before a word"),
        pytest.param("OSError IOError EOFError ELU ASGD", id="capitals that begin with a vowel"),
    ],
)
def test_a_name_that_is_said_with_a_vowel_has_an(names: str) -> None:
    assert {name: article(name) for name in names.split()} == dict.fromkeys(names.split(), "an")


@pytest.mark.parametrize(
    "names",
    [
        pytest.param("list float Linear Tensor NoneType Hardswish numpy.int64 Module.parameters", id="consonants"),
        pytest.param("Uniform UserWarning UnicodeDecodeError Union uint8 ufunc EulerSolver", id="a U as in use"),
        pytest.param("OneCycleLR OneHotCategorical", id="one"),
        pytest.param("ReLU SELU SiLU PReLU", id="capitals that are a word"),
        pytest.param("GRU BCELoss CTCLoss KLDivLoss UNet B U", id="letters said with a consonant"),
    ],
)
def test_a_name_that_is_said_with_a_consonant_has_a(names: str) -> None:
    assert {name: article(name) for name in names.split()} == dict.fromkeys(names.split(), "a")


def test_the_name_stands_behind_its_article() -> None:
    assert (an("Odd"), an("Net"), an_in_code("Adam"), an_in_code("SGD")) == ("an Odd", "a Net", "an `Adam`", "an `SGD`")
