"""Every tensor a function creates lies where its arguments lie: shown without a GPU, on torch's meta device.

Meta tensors have a shape and a device but no values, and do not mix with tensors of the CPU. Paddle has nothing alike.
"""

import pytest

torch = pytest.importorskip("torch")

from tutorial_utils.masking import torch as masking  # noqa: E402
from tutorial_utils.multi_interest import torch as multi  # noqa: E402
from tutorial_utils.single_interest import torch as single  # noqa: E402
from tutorial_utils.training import torch as training  # noqa: E402

B, n, d, K, V, m = 2, 5, 4, 3, 7, 6


def meta(*shape, dtype=torch.float32):
    return torch.empty(shape, dtype=dtype, device="meta")


def ids(*shape):
    return meta(*shape, dtype=torch.long)


MASK = meta(B, n, dtype=torch.bool)
CALLS = {
    "sequence_mask": lambda: masking.sequence_mask(ids(B), n),
    "masked_softmax": lambda: masking.masked_softmax(meta(B, n), MASK),
    "masked_logsumexp": lambda: masking.masked_logsumexp(meta(B, n), MASK),
    "prefix_attention_pool": lambda: masking.prefix_attention_pool(meta(B, n, K), meta(B, n, d), MASK),
    "SingleInterestAttention": lambda: single.SingleInterestAttention(d).to("meta")(meta(B, n, d), MASK),
    "mean_pool": lambda: single.mean_pool(meta(B, n, d), MASK),
    "MultiInterestSA": lambda: multi.MultiInterestSA(d, K, max_length=n).to("meta")(meta(B, n, d), MASK),
    "self_attention": lambda: multi.self_attention(meta(B, n, d), *[meta(d, K)] * 3, MASK),
    "MultiHeadSelfAttention": lambda: multi.MultiHeadSelfAttention(d, 2).to("meta")(meta(B, n, d), MASK),
    "select_interest": lambda: training.select_interest(meta(B, K, d), meta(B, d))[0],
    "full_softmax_loss": lambda: training.full_softmax_loss(meta(B, d), meta(V, d), ids(B)),
    "sampled_softmax_loss": lambda: training.sampled_softmax_loss(meta(B, d), meta(V, d), ids(B), ids(m), meta(m)),
}


@pytest.mark.parametrize("name", CALLS)
def test_nothing_falls_back_to_the_cpu(name):
    assert CALLS[name]().device.type == "meta"
