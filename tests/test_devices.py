"""Every tensor that the package creates lies where its arguments lie.

No GPU is needed to tell. The code is read: whatever makes a tensor out of nothing must name a device that it took from
an argument, in both frameworks. And PyTorch's functions run on the meta device, whose tensors have a shape but no
values and do not mix with tensors of the CPU. Paddle has nothing alike.
"""

import ast
import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
PACKAGE = ROOT / "src" / "tutorial_utils"
BACKENDS = ("torch.py", "paddle.py", "parity.py")
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if path.name in BACKENDS or path.parent == PACKAGE)
MODULES = {path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8") for path in SOURCES}

# What makes a tensor without being given one. `zeros_like`, `new_tensor` and the like follow their argument.
FACTORIES = {
    *("arange", "as_tensor", "asarray", "empty", "eye", "from_numpy", "full", "linspace", "logspace", "normal", "ones"),
    *("rand", "randint", "randn", "randperm", "scalar_tensor", "tensor", "to_tensor", "tril_indices", "triu_indices"),
    *("uniform", "zeros"),
}
# What moves tensors to a device of its own choice.
CHOICES = {"cpu", "cuda", "set_device", "set_default_device", "CPUPlace", "CUDAPlace", "CUDAPinnedPlace"}
# `setup` chooses the device of a notebook; the others turn tensors into NumPy arrays.
MAY_CHOOSE = {"runtime.py": {"set_device"}, "parity.py": {"cpu"}, "exercises.py": {"cpu"}}
# PyTorch's Adam keeps its step count in main memory, wherever the weights are.
ON_THE_CPU = {"torch.tensor(float(step))"}


def device_faults(source, may_choose=()):
    """The calls in `source` that make a tensor without a device from an argument, or that choose a device."""
    faults = []
    for scope, parents, call in calls(ast.parse(source)):
        name = call.func.attr
        made = name in FACTORIES and ast.unparse(call.func.value) in ("torch", "paddle")
        chosen = name in CHOICES - set(may_choose)
        if chosen or (made and not is_parameter(parents) and not follows_argument(call, parents, scope)):
            faults.append(ast.unparse(call))
    return [fault for fault in faults if fault not in ON_THE_CPU]


def calls(node, scope=None, parents=()):
    """Every method-like call below `node`, with the function it is in and the nodes around it, innermost first."""
    if isinstance(node, ast.FunctionDef):
        scope = node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield scope, parents, node
    for child in ast.iter_child_nodes(node):
        yield from calls(child, scope, (node, *parents))


def is_parameter(parents):
    """A parameter of a module, ``self.w = torch.nn.Parameter(...)``: `module.to` moves it with the module."""
    wrapped = isinstance(parents[0], ast.Call) and ast.unparse(parents[0].func) == "torch.nn.Parameter"
    return wrapped and isinstance(parents[1], ast.Assign) and ast.unparse(parents[1].targets[0]).startswith("self.")


def follows_argument(call, parents, scope):
    """A keyword `device` or `place`, or a ``.to(...)`` right behind, that says where an argument of the function is."""
    places = [keyword.value for keyword in call.keywords if keyword.arg in ("device", "place")]
    if isinstance(parents[0], ast.Attribute) and parents[0].attr == "to":
        places += parents[1].args[:1]
    return scope is not None and any(is_place_of(place, arguments_of(scope)) for place in places)


def is_place_of(place, names):
    """Whether an expression is ``x.device``, ``x.place`` or a variable of that name, and comes from one of `names`."""
    last = place.attr if isinstance(place, ast.Attribute) else getattr(place, "id", None)
    return last in ("device", "place") and mentions(place, names)


def arguments_of(scope):
    """The names of a function's arguments, and of what it assigns from them."""
    every = scope.args
    names = {argument.arg for argument in (*every.posonlyargs, *every.args, *every.kwonlyargs)}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and mentions(node.value, names):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


def mentions(expression, names):
    """Whether any of `names` occurs in an expression."""
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(expression))


@pytest.mark.parametrize("name", MODULES)
def test_every_new_tensor_takes_its_device_from_an_argument(name):
    assert device_faults(MODULES[name], MAY_CHOOSE.get(name, ())) == []


def test_the_check_reads_every_backend_and_finds_what_makes_tensors():
    assert len(MODULES) >= 20
    made = {
        ast.unparse(call.func)
        for source in MODULES.values()
        for _, _, call in calls(ast.parse(source))
        if call.func.attr in FACTORIES
    }
    assert {"torch.arange", "torch.from_numpy", "paddle.arange", "paddle.to_tensor"} <= made


@pytest.mark.parametrize(
    "line",
    [
        "torch.arange(n)",
        "paddle.arange(n)",
        "torch.zeros(n, device='cuda')",
        "torch.zeros(n, device=DEVICE)",
        "paddle.to_tensor(values, place='gpu:0')",
        "torch.from_numpy(values).to('cpu')",
        "torch.from_numpy(values).to(torch.float64)",
        "torch.from_numpy(values).to(mask.dtype)",
        "torch.nn.Parameter(torch.ones(n))",
        "mask.cuda()",
        "mask.cpu()",
        "paddle.set_device('cpu')",
    ],
)
def test_a_tensor_that_stays_behind_is_found(line):
    assert device_faults(f"def function(mask, n, values):\n    return {line}\n")


@pytest.mark.parametrize(
    "lines",
    [
        "return torch.arange(n, device=mask.device)",
        "return paddle.arange(n).to(mask.place)",
        "return paddle.to_tensor(values, place=mask.place).astype(mask.dtype)",
        "device = mask.device\n    return torch.from_numpy(values).to(device)",
        "return torch.zeros_like(mask)",
        "self.w = torch.nn.Parameter(torch.from_numpy(values))",
    ],
)
def test_a_tensor_that_follows_an_argument_is_not(lines):
    assert device_faults(f"def function(mask, n, values):\n    {lines}\n") == []


@pytest.mark.parametrize(("old", "new"), [(", device=lengths.device", ""), ("device=mask.device", "device='cpu'")])
def test_a_fault_planted_in_the_package_is_found(old, new):
    source = MODULES["masking/torch.py"]
    assert old in source
    assert device_faults(source.replace(old, new))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_notebook_names_its_device_once_right_after_the_install_cell(path):
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    naming = [number for number, source in enumerate(sources) if re.search(r"^\s*device = ", source, re.MULTILINE)]
    assert naming == [1]
    assert 'device = setup("' in sources[1]


if importlib.util.find_spec("torch"):
    import torch

    from tutorial_utils.masking import torch as masking
    from tutorial_utils.multi_interest import torch as multi
    from tutorial_utils.single_interest import torch as single
    from tutorial_utils.training import torch as training

B, n, d, K, V, m = 2, 5, 4, 3, 7, 6


def meta(*shape, dtype=None):
    return torch.empty(shape, dtype=dtype, device="meta")


def ids(*shape):
    return meta(*shape, dtype=torch.long)


def real():
    return meta(B, n, dtype=torch.bool)


CALLS = {
    "sequence_mask": lambda: masking.sequence_mask(ids(B), n),
    "masked_softmax": lambda: masking.masked_softmax(meta(B, n), real()),
    "masked_logsumexp": lambda: masking.masked_logsumexp(meta(B, n), real()),
    "prefix_attention_pool": lambda: masking.prefix_attention_pool(meta(B, n, K), meta(B, n, d), real()),
    "SingleInterestAttention": lambda: single.SingleInterestAttention(d).to("meta")(meta(B, n, d), real()),
    "mean_pool": lambda: single.mean_pool(meta(B, n, d), real()),
    "MultiInterestSA": lambda: multi.MultiInterestSA(d, K, max_length=n).to("meta")(meta(B, n, d), real()),
    "self_attention": lambda: multi.self_attention(meta(B, n, d), *[meta(d, K)] * 3, real()),
    "MultiHeadSelfAttention": lambda: multi.MultiHeadSelfAttention(d, 2).to("meta")(meta(B, n, d), real()),
    "select_interest": lambda: training.select_interest(meta(B, K, d), meta(B, d))[0],
    "full_softmax_loss": lambda: training.full_softmax_loss(meta(B, d), meta(V, d), ids(B)),
    "sampled_softmax_loss": lambda: training.sampled_softmax_loss(meta(B, d), meta(V, d), ids(B), ids(m), meta(m)),
}


@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="torch is not installed")
@pytest.mark.parametrize("name", CALLS)
def test_nothing_falls_back_to_the_cpu(name):
    assert CALLS[name]().device.type == "meta"
