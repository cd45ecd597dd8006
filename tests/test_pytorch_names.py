"""What a PyTorch program expects to find around tensors: devices, older constructors, settings; and what it hears where there is nothing."""

from __future__ import annotations

import importlib
import pickle
import re
import types

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.missing import REASONS


def test_device():
    assert mg.device("cuda:1") == mg.device("cuda", 1) == "cuda:1" and mg.device("cuda:1").index == 1
    assert repr(mg.device("cpu")) == "device(type='cpu')" and mg.device(mg.device("cpu")).type == "cpu"
    assert pickle.loads(pickle.dumps(mg.device("mps", 0))).index == 0
    x = mg.ones(2)
    assert isinstance(x.device, mg.device) and x.device == "cpu" and x.to(x.device) is x and x.get_device() == -1
    assert x.is_cpu and not x.is_cuda and mg.Generator().device == mg.get_default_device()
    with mg.device("cpu"):
        assert mg.zeros(1, device=mg.device("cpu", 0)).device.type == "cpu"
    for bad in ("gpu", "cpu:x", "cuda:1:2"):
        with pytest.raises(RuntimeError, match="device: expected one of cpu, cuda"):
            mg.device(bad)
    with pytest.raises(RuntimeError):
        mg.device("cuda:1", 2)


MAKERS = {
    "tensor": lambda d: mg.tensor([1], device=d),
    "as_tensor": lambda d: mg.as_tensor([1], device=d),
    "zeros": lambda d: mg.zeros(2, device=d),
    "empty": lambda d: mg.empty(2, device=d),
    "full": lambda d: mg.full((2,), 1, device=d),
    "zeros_like": lambda d: mg.zeros_like(mg.ones(2), device=d),
    "arange": lambda d: mg.arange(3, device=d),
    "linspace": lambda d: mg.linspace(0, 1, 3, device=d),
    "eye": lambda d: mg.eye(3, device=d),
    "rand": lambda d: mg.rand(2, device=d),
    "randn": lambda d: mg.randn(2, device=d),
    "randint": lambda d: mg.randint(3, (2,), device=d),
    "randperm": lambda d: mg.randperm(3, device=d),
    "tril_indices": lambda d: mg.tril_indices(2, 2, device=d),
    "hann_window": lambda d: mg.hann_window(4, device=d),
    "to": lambda d: mg.ones(2).to(d),
    "Module.to": lambda d: nn.Linear(2, 2).to(d),
    "Linear": lambda d: nn.Linear(2, 2, device=d),
    "set_default_device": mg.set_default_device,
    "with": lambda d: mg.device(d).__enter__(),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_other_devices_are_refused(make):
    make("cpu")
    for name in ("cuda", "cuda:1", "mps"):
        with pytest.raises(ValueError, match=f"minigrad computes on the CPU only, got device '{name}'"):
            make(name)


def test_no_gpu():
    assert not mg.cuda.is_available() and mg.cuda.device_count() == 0 and mg.cuda.memory_allocated() == 0
    mg.cuda.manual_seed_all(3), mg.cuda.empty_cache(), mg.cuda.synchronize()
    mg.backends.cudnn.benchmark = True
    assert not mg.backends.mps.is_available()
    for call in (mg.ones(2).cuda, nn.Linear(1, 1).cuda, mg.cuda.current_device):
        with pytest.raises(RuntimeError, match="minigrad computes on the CPU only"):
            call()


def test_older_constructors():
    assert mg.Tensor([1, 2]).tolist() == [1.0, 2.0] and mg.Tensor(2, 3).shape == (2, 3) and mg.Tensor().shape == (0,)
    assert mg.LongTensor([1, 2.7]).tolist() == [1, 2] and mg.ByteTensor([1]).dtype is mg.uint8
    x = mg.ones(2)
    assert mg.FloatTensor(x).data_ptr() == x.data_ptr() and isinstance(x, mg.FloatTensor) and not isinstance(x, mg.LongTensor)
    assert x.type(mg.LongTensor).dtype is mg.int64
    with pytest.raises(TypeError, match=r"expected a tensor of .*int64"):
        mg.LongTensor(x)
    with pytest.raises(TypeError, match="expected sizes or one argument of data"):
        mg.FloatTensor([1], [2])
    with pytest.raises(TypeError, match="minigrad.tensor"):
        mg.Tensor(data=[1])
    v = mg.autograd.Variable(x, requires_grad=True)
    assert v.requires_grad and v.data_ptr() == x.data_ptr() and isinstance(x, mg.autograd.Variable)
    assert isinstance(x.shape, mg.Size) and mg.Size([2, 3]).numel() == 6


def test_a_tensor_without_memory_does_no_harm():
    for act in (
        lambda t: t + 1,
        repr,
        lambda t: t.numpy(),
        lambda t: mg.ones(1).copy_(t),
        lambda t: t.clone(),
        lambda t: setattr(mg.ones(1), "data", t),
    ):
        try:
            act(mg.Tensor.__new__(mg.Tensor))
        except Exception:  # noqa: BLE001, S110 (whatever it is: the interpreter lives)
            pass


def test_constants_and_settings():
    assert mg.pi > 3 and mg.inf > 1 and mg.nan != mg.nan and mg.newaxis is None and mg.is_tensor(mg.ones(1))
    mg.use_deterministic_algorithms(True), mg.set_num_interop_threads(2), mg.set_float32_matmul_precision("high")
    assert mg.compile(nn.Linear(1, 1)).in_features == 1 and mg.typename(mg.ones(1)) == "minigrad.FloatTensor"
    assert nn.modules.conv.Conv2d is nn.Conv2d and nn.modules.batchnorm.BatchNorm1d is nn.BatchNorm1d
    with pytest.raises(RuntimeError, match="expected 'highest', 'high' or 'medium'"):
        mg.set_float32_matmul_precision("low")


def test_paths_that_programs_import_from():
    for path, names in {
        "nn.modules.activation": "MultiheadAttention ReLU",
        "nn.modules.batchnorm": "_BatchNorm _NormBase BatchNorm2d LazyBatchNorm1d",
        "nn.modules.container": "Sequential ModuleDict",
        "nn.modules.conv": "_ConvNd _ConvTransposeNd Conv3d LazyConv1d",
        "nn.modules.dropout": "_DropoutNd Dropout2d",
        "nn.modules.instancenorm": "_InstanceNorm InstanceNorm1d",
        "nn.modules.loss": "_Loss _WeightedLoss CTCLoss TripletMarginLoss",
        "nn.modules.normalization": "LayerNorm LocalResponseNorm",
        "nn.modules.pooling": "_MaxPoolNd AvgPool1d",
        "nn.modules.rnn": "LSTM LSTMCell RNNCellBase",
        "nn.modules.upsampling": "Upsample",
        "cuda.amp": "autocast GradScaler",
    }.items():
        module = importlib.import_module(f"minigrad.{path}")
        for name in names.split():
            value = getattr(module, name)
            assert not hasattr(nn, name) or getattr(nn, name) is value
    utils = importlib.import_module("minigrad.nn.modules.utils")
    assert (utils._pair(3), utils._triple([1, 2, 3]), utils._quadruple("a")) == ((3, 3), (1, 2, 3), ("a",))
    bases = nn.modules.batchnorm
    assert isinstance(nn.BatchNorm2d(1), bases._BatchNorm) and isinstance(nn.LazyBatchNorm2d(), bases._BatchNorm)
    assert isinstance(nn.InstanceNorm2d(1), bases._NormBase) and not isinstance(nn.InstanceNorm2d(1), bases._BatchNorm)
    assert isinstance(nn.ConvTranspose1d(1, 1, 1), nn.modules.conv._ConvNd)
    with pytest.raises(AttributeError, match="nearest name is 'conv'"):
        nn.modules.convv


@pytest.mark.parametrize("module, name, hint", [
    ("minigrad", "matmull", "; the nearest name is 'matmul'"),
    ("minigrad", "float23", "; the nearest name is 'float32'"),
    ("minigrad", "quantize_per_tensor", "; there are no quantised tensors"),
    ("minigrad", "sparse_coo_tensor", "; tensors are dense"),
    ("minigrad", "xqzv", "has no attribute 'xqzv'$"),
    ("minigrad.nn", "relu", "; the nearest name is 'ReLU'"),
    ("minigrad.nn", "conv2d", "; the nearest name is 'Conv2d'"),
    ("minigrad.nn", "DataParallel", "; there is one device"),
    ("minigrad.nn.functional", "cross_entropi", "; the nearest name is 'cross_entropy'"),
    ("minigrad.nn.utils", "clip_gradnorm_", "; the nearest name is 'clip_grad_norm_'"),
    ("minigrad.optim", "AdmaW", "; the nearest name is 'AdamW'"),
    ("minigrad.utils.data", "Dataloader", "; the nearest name is 'DataLoader'"),
    ("minigrad.autograd", "gradchek", "has no attribute 'gradchek'"),
    ("minigrad.linalg", "cholesky_", "; the nearest name is 'cholesky'"),
])  # fmt: skip
def test_what_is_missing_says_so(module, name, hint):
    where = importlib.import_module(module)
    assert isinstance(where, types.ModuleType) and not hasattr(where, name)
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute '{name}'.*" if hint.endswith("$") else hint):
        getattr(where, name)


@pytest.mark.parametrize("statement", [
    "import minigrad.jit", "import minigrad.onnx", "from minigrad.nn import quantized", "from minigrad.nn.parallel import DistributedDataParallel",
    "from minigrad import fx", "import minigrad.utils.cpp_extension"])  # fmt: skip
def test_an_import_of_what_is_left_out_says_why(statement):
    with pytest.raises(ImportError) as caught:
        exec(statement, {})
    assert any(str(caught.value).endswith(why) for why in REASONS.values()), caught.value


@pytest.mark.parametrize("statement", ["import minigrad.nonsense", "from minigrad.nn import nonsense", "import minigrad_nonsense"])
def test_an_import_of_what_nobody_knows_fails_as_ever(statement):
    with pytest.raises(ImportError, match="(?i)no module named|cannot import name"):
        exec(statement, {})


@pytest.mark.parametrize("path", [path for path in REASONS if "." in path and path.rpartition(".")[0] in ("nn", "utils", "utils.data", "autograd",
                                                                                                     "autograd.graph", "func", "nn.functional", "nn.utils")])  # fmt: skip
def test_a_name_that_is_left_out_says_why(path):
    module, _, name = path.rpartition(".")
    with pytest.raises(AttributeError, match=re.escape(REASONS[path])):
        getattr(importlib.import_module(f"minigrad.{module}"), name)


def test_paths_of_pytorch():
    from minigrad import version
    from minigrad.autograd.profiler import profile
    from minigrad.nn.modules import Linear
    from minigrad.nn.utils.stateless import functional_call
    from minigrad.utils.hooks import RemovableHandle

    assert version.cuda is None and version.__version__ == mg.__version__
    assert profile is mg.profiler.profile and Linear is mg.nn.Linear and functional_call is mg.func.functional_call
    assert isinstance(mg.nn.Linear(1, 1).register_forward_hook(print), RemovableHandle)
    x = mg.tensor([-1.0, 2.0])
    assert mg.relu_(x) is x and x.tolist() == [0, 2]
    with pytest.raises(AttributeError):
        mg.nonsense_  # noqa: B018
