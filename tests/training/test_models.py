"""The models against a NumPy reference put together from the book's references: values, gradients, edges."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tutorial_utils.data import pad_sequences
from tutorial_utils.multi_interest import numpy as multi
from tutorial_utils.parity import load_state_from_numpy, state_to_numpy
from tutorial_utils.single_interest import numpy as single
from tutorial_utils.training import numpy as losses
from tutorial_utils.training.config import ComiRecConfig, parameter_shapes

MODELS = ("ComiRecSA", "MeanPooling")


def unit(vectors, config):
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors if config.temperature is None else vectors / np.maximum(lengths, 1e-12)


def reference_interests(state, config, item_seq, mask):
    seq_emb = state["item_embedding"][item_seq]
    if "w1" not in state:
        return unit(single.mean_pool(seq_emb, mask)[:, None], config)
    module = multi.MultiInterestSA(
        config.embedding_dim, config.n_interests, config.attention_dim, max_length=config.max_length
    )
    module.w1, module.w2, module.position_embedding = state["w1"], state["w2"], state["position_embedding"]
    return unit(module(seq_emb, mask), config)


def reference_loss(state, config, item_seq, mask, target):
    vectors = unit(state["item_embedding"], config)
    chosen, _ = losses.select_interest(reference_interests(state, config, item_seq, mask), vectors[target])
    return losses.full_softmax_loss(chosen / (config.temperature or 1.0), vectors, target)


def draw(config, B, seed=0, shortest=0):
    rng = np.random.default_rng(seed)
    sequences = [rng.integers(1, config.n_items, rng.integers(shortest, config.max_length + 1)) for _ in range(B)]
    return *pad_sequences(sequences, config.max_length), rng.integers(1, config.n_items, B)


def build(backend, name, config, seed=0):
    return getattr(backend.load("training"), name)(config, seed)


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(MODELS),
    B=st.integers(1, 4),
    n=st.integers(1, 5),
    d=st.integers(1, 4),
    K=st.integers(1, 3),
    temperature=st.sampled_from([None, 0.1]),
    seed=st.integers(0, 99),
)
def test_forward_and_loss_match_numpy(backend, name, B, n, d, K, temperature, seed):
    config = ComiRecConfig(9, d, K if name == "ComiRecSA" else 1, n, temperature=temperature)
    item_seq, mask, target = draw(config, B, seed)
    model = build(backend, name, config, seed)
    state = state_to_numpy(model)
    tensors = [backend.tensor(array) for array in (item_seq, mask, target)]
    interests = backend.numpy(model(*tensors[:2]))
    assert interests.shape == (B, config.n_interests, d)
    np.testing.assert_allclose(interests, reference_interests(state, config, item_seq, mask), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        backend.numpy(model.item_vectors()), unit(state["item_embedding"], config), rtol=1e-5, atol=1e-6
    )
    actual = backend.numpy(backend.load("training").batch_loss(model, *tensors))
    np.testing.assert_allclose(actual, reference_loss(state, config, item_seq, mask, target), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("temperature", [None, 0.5])
def test_gradients_match_central_differences(backend, numeric_gradient, name, temperature):
    config = ComiRecConfig(7, 3, 2 if name == "ComiRecSA" else 1, 4, attention_dim=5, temperature=temperature)
    item_seq, mask, target = draw(config, 6, shortest=1)
    model = build(backend, name, config)
    backend.load("training").batch_loss(model, *map(backend.tensor, (item_seq, mask, target))).backward()
    state = {key: array.astype(np.float64) for key, array in state_to_numpy(model).items()}
    for key, parameter in model.named_parameters():
        expected = numeric_gradient(
            lambda array, key=key: reference_loss(state | {key: array}, config, item_seq, mask, target), state[key]
        )
        if key == "item_embedding":
            expected[0] = 0  # what padding would do to the scores, were its row not cut off
        np.testing.assert_allclose(backend.numpy(parameter.grad), expected, rtol=1e-3, atol=1e-5, err_msg=key)


@pytest.mark.parametrize("name", MODELS)
def test_the_state_has_the_keys_of_every_backend(backend, name):
    config = ComiRecConfig(9, 4, 1, 5)
    state = state_to_numpy(build(backend, name, config))
    assert {key: array.shape for key, array in state.items()} == parameter_shapes(name, config)


def test_the_seed_decides_the_weights(backend):
    config = ComiRecConfig(9, 4, 2, 5)
    first, same, other = (state_to_numpy(build(backend, "ComiRecSA", config, seed)) for seed in (3, 3, 4))
    for key, array in first.items():
        np.testing.assert_array_equal(array, same[key])
        assert not np.array_equal(array, other[key])


def test_both_frameworks_start_with_the_same_weights():
    torch, paddle = (pytest.importorskip(f"tutorial_utils.training.{name}") for name in ("torch", "paddle"))
    config = ComiRecConfig(9, 4, 2, 5)
    expected, actual = (state_to_numpy(backend.ComiRecSA(config, seed=7)) for backend in (torch, paddle))
    for key in expected:
        np.testing.assert_array_equal(actual[key], expected[key])


@pytest.mark.parametrize("name", MODELS)
def test_cosine_scores_are_those_of_unit_vectors(backend, name):
    config = ComiRecConfig(9, 4, 1, 5, temperature=0.1)
    item_seq, mask, _ = draw(config, 6, shortest=1)
    model = build(backend, name, config)
    vectors = [
        backend.numpy(v) for v in (model.item_vectors()[1:], model(backend.tensor(item_seq), backend.tensor(mask)))
    ]
    for array in vectors:
        np.testing.assert_allclose(np.linalg.norm(array, axis=-1), 1, rtol=1e-6)
    assert np.abs(model.scores([[1, 2], [3]])).max() < 1.0 + 1e-6  # not divided by the temperature


@pytest.mark.parametrize("temperature", [None, 0.1])
@pytest.mark.parametrize("name", MODELS)
def test_a_row_of_padding_has_zero_interests_and_finite_gradients(backend, name, temperature):
    config = ComiRecConfig(9, 4, 1, 5, temperature=temperature)
    model = build(backend, name, config)
    item_seq, mask = np.array([[3, 4, 0, 0, 0], [0] * 5]), np.array([[True, True, False, False, False], [False] * 5])
    assert (backend.numpy(model(backend.tensor(item_seq), backend.tensor(mask)))[1] == 0).all()
    tensors = map(backend.tensor, (item_seq, mask, np.array([5, 6])))
    backend.load("training").batch_loss(model, *tensors).backward()
    for key, parameter in model.named_parameters():
        assert np.isfinite(backend.numpy(parameter.grad)).all(), key


def test_scores_are_the_best_interests(backend):
    config = ComiRecConfig(9, 4, 3, 3)
    model = build(backend, "ComiRecSA", config)
    histories = [[1, 2, 3, 4, 5], [8], []]
    item_seq, mask = pad_sequences(histories, 3)
    interests = backend.numpy(model(backend.tensor(item_seq), backend.tensor(mask)))
    expected = (interests @ state_to_numpy(model)["item_embedding"].T).max(axis=1)
    scores = model.scores(histories)
    assert isinstance(scores, np.ndarray)
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(scores[0], model.scores([[3, 4, 5]])[0])


def test_one_interest_pools_like_the_chapter_on_one(backend):
    """K = 1 with equal positions is the attention of chapter 01 over the same embeddings."""
    config = ComiRecConfig(9, 4, 1, 3)
    model = build(backend, "ComiRecSA", config)
    state = state_to_numpy(model)
    state["position_embedding"][:] = 0
    load_state_from_numpy(model, state)
    module = single.SingleInterestAttention(4)
    module.w1, module.w2 = state["w1"], state["w2"][:, 0]
    item_seq, mask, _ = draw(config, 5)
    expected = module(state["item_embedding"][item_seq], mask)
    actual = backend.numpy(model(backend.tensor(item_seq), backend.tensor(mask)))[:, 0]
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)


def test_bad_input_is_named(backend):
    model = build(backend, "ComiRecSA", ComiRecConfig(9, 4, 2, 3))
    mask = backend.tensor(np.ones((1, 3), bool))
    with pytest.raises(ValueError, match=r"item_seq has ids in 1\.\.9, expected 0\.\.8"):
        model(backend.tensor(np.array([[1, 9, 2]])), mask)
    with pytest.raises(ValueError, match=r"mask has shape \(1, 3\), expected \(B, n\) = \(1, 2\)"):
        model(backend.tensor(np.array([[1, 2]])), mask)
    with pytest.raises(ValueError, match="expected at most max_length = 3"):
        model(backend.tensor(np.ones((1, 4), np.int64)), backend.tensor(np.ones((1, 4), bool)))
    with pytest.raises(ValueError, match="n_interests is 2, expected 1"):
        build(backend, "MeanPooling", ComiRecConfig(9, n_interests=2))


@pytest.mark.parametrize("name", MODELS)
def test_nothing_falls_back_to_the_cpu(name):
    """On torch's meta device, whose tensors do not mix with those of the CPU."""
    torch, training = pytest.importorskip("torch"), pytest.importorskip("tutorial_utils.training.torch")
    config = ComiRecConfig(9, 4, 1, 5, temperature=0.1)
    model = getattr(training, name)(config).to("meta")
    item_seq, target = (
        torch.empty(3, 5, dtype=torch.long, device="meta"),
        torch.empty(3, dtype=torch.long, device="meta"),
    )
    batch = item_seq, torch.empty(3, 5, dtype=torch.bool, device="meta"), target
    for sampled in ((), (target, torch.empty(3, device="meta"))):
        assert training.batch_loss(model, *batch, *sampled).device.type == "meta"
