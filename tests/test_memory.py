"""What shows another part of memory, or other memory: view(dtype), resize_, set_, frombuffer; and the older names of dtypes."""

from __future__ import annotations

import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad as mg

DTYPES = ["uint8", "int16", "int32", "int64", "float16", "float32", "float64", "complex64", "complex128", "bool"]


@given(st.sampled_from(DTYPES), st.sampled_from(DTYPES), st.sampled_from([(8,), (3, 16), (2, 1), (2, 0), (), (5, 3)]), st.booleans())
def test_bits_as_another_dtype(old, new, shape, sliced):
    """NumPy's view of C-contiguous arrays; of slices, what their contiguous copy gives, or an error."""
    rng = np.random.default_rng(0)
    a = rng.integers(0, 2, (*shape, np.dtype(old).itemsize), dtype=np.uint8)
    a = a.view(old).reshape(shape)
    x = mg.from_numpy(a)
    if sliced and shape:
        a, x = a[::2], x[::2]
    try:
        want = np.ascontiguousarray(a).view(new) if a.ndim else a.view(new)
    except ValueError:
        with pytest.raises(RuntimeError, match="view: "):
            x.view(getattr(mg, new))
        return
    try:
        y = x.view(getattr(mg, new))
    except RuntimeError as error:
        assert not x.is_contiguous() or not a.size
        assert str(error).startswith("view: ")
        return
    assert y.shape == want.shape and y.dtype.name == new and y.data_ptr() == x.data_ptr()
    assert y.numpy().tobytes() == want.tobytes()


def test_bits_have_no_gradient_and_are_no_copy():
    x = mg.ones(2, requires_grad=True)
    y = (x * 2).view(mg.int32)
    assert not y.requires_grad and y.tolist() == [0x40000000] * 2
    z = mg.zeros(4)
    z.view(mg.int32)[1] = 0x3F800000
    assert z.tolist() == [0, 1, 0, 0] and z._version == 1
    rows = mg.vmap(lambda row: row.view(mg.int32))(mg.ones(2, 3))
    assert rows.tolist() == [[0x3F800000] * 3] * 2


def test_resize():
    x = mg.arange(6)
    part = x[4:]
    assert x.resize_(2, 2) is x and x.tolist() == [[0, 1], [2, 3]]
    assert x.resize_((6,)).tolist() == list(range(6)), "what was left out is still there"
    assert part.resize_(1, 2).tolist() == [[4, 5]]
    assert x.resize_(3, 3).flatten()[:6].tolist() == list(range(6)) and x.is_contiguous()
    assert x.resize_as_(mg.zeros(2)).shape == (2,) and x.resize_(0, 3).shape == (0, 3)
    assert mg.ones(3, 2).t().resize_(5).tolist() == [1] * 5
    with pytest.raises(RuntimeError, match="resize_: a tensor that requires grad"):
        mg.ones(2, requires_grad=True).resize_(3)
    with pytest.raises(ValueError, match="resize_: sizes must not be negative"):
        mg.ones(2).resize_(-1)


def test_set():
    x, y = mg.zeros(2), mg.arange(6.0)
    assert x.set_(y) is x
    x[1] = 7
    assert y.tolist() == [0, 7, 2, 3, 4, 5]
    assert x.set_(y, 1, (2, 2), (3, 1)).tolist() == [[7, 2], [4, 5]]
    assert x.set_(y[3:], 1, (2,)).tolist() == [7, 2], "the offset counts from the beginning of the memory"
    assert x.set_().shape == (0,)
    with pytest.raises(ValueError, match="outside the storage"):
        x.set_(y, 4, (3,))
    with pytest.raises(TypeError, match="set_: expected a tensor of float32, got int64"):
        x.set_(mg.arange(2))
    with pytest.raises(RuntimeError, match="set_: the tensor requires grad"):
        mg.ones(2, requires_grad=True).set_(y)


def test_a_changed_memory_is_noticed_by_backward():
    x, w = mg.ones(2), mg.ones(2, requires_grad=True)
    y = (x * w).sum()
    x.set_(mg.zeros(2))
    assert x.tolist() == [0, 0]
    with pytest.raises(RuntimeError, match="was changed in place"):
        y.backward()


def test_frombuffer():
    data = bytearray(np.arange(4, dtype=np.float32).tobytes())
    x = mg.frombuffer(data, dtype=mg.float32)
    x[0] = 5
    assert mg.frombuffer(data, dtype=mg.float32, count=2, offset=0).tolist() == [5, 1]
    assert mg.frombuffer(data, dtype=mg.float32, offset=8).tolist() == [2, 3]
    assert mg.frombuffer(bytes(data), dtype=mg.int16).shape == (8,)
    assert mg.frombuffer(data, dtype=mg.bfloat16).shape == (8,)
    assert mg.frombuffer(array.array("q", [1, 2]), dtype=mg.int64, requires_grad=False).tolist() == [1, 2]
    assert mg.frombuffer(b"\0" + np.float32(3).tobytes(), dtype=mg.float32, offset=1).tolist() == [3]
    with pytest.raises(BufferError):
        data.extend(b"more")  # the tensors hold it
    for options in [{"count": 5}, {"offset": 3}, {"offset": 16}, {"offset": -1}, {"count": 0}]:
        with pytest.raises(ValueError, match="frombuffer: "):
            mg.frombuffer(bytearray(16), dtype=mg.float32, **options)
    with pytest.raises(ValueError, match="frombuffer: the buffer is empty"):
        mg.frombuffer(b"", dtype=mg.float32)


def test_older_names_of_dtypes():
    x = mg.zeros(2)
    assert x.type() == "minigrad.FloatTensor" and mg.zeros(1, dtype=mg.complex128).type() == "minigrad.ComplexDoubleTensor"
    for kind in (mg.float64, "minigrad.DoubleTensor", mg.DoubleTensor):
        assert x.type(kind).dtype is mg.float64
    assert x.type(x.type()) is x
    with pytest.raises(TypeError, match="FooTensor"):
        x.type("minigrad.FooTensor")
    try:
        mg.set_default_tensor_type(mg.DoubleTensor)
        assert mg.ones(1).dtype is mg.float64
    finally:
        mg.set_default_tensor_type("minigrad.FloatTensor")
    assert mg.ones(1).dtype is mg.float32


def test_hook_after_accumulation():
    x, seen = mg.ones(2, requires_grad=True), []
    handle = x.register_post_accumulate_grad_hook(lambda p: seen.append((p is x, p.grad.tolist())))
    (x * 3).sum().backward()
    (x * 3).sum().backward(inputs=[x])
    assert seen == [(True, [3, 3]), (True, [6, 6])]
    mg.autograd.grad((x * 3).sum(), [x])
    handle.remove()
    (x * 3).sum().backward()
    assert len(seen) == 2, "only what accumulates, until the handle is removed"
    with pytest.raises(RuntimeError, match="register_post_accumulate_grad_hook: "):
        (x * 2).register_post_accumulate_grad_hook(print)
    with pytest.raises(RuntimeError, match="register_post_accumulate_grad_hook: "):
        mg.ones(2).register_post_accumulate_grad_hook(print)


def test_a_step_within_backward():
    """An optimizer that steps as soon as a gradient is there, and forgets it."""
    net = mg.nn.Sequential(mg.nn.Linear(3, 4), mg.nn.Tanh(), mg.nn.Linear(4, 1))
    before = [p.detach().clone() for p in net.parameters()]
    optimizers = {p: mg.optim.SGD([p], lr=0.1) for p in net.parameters()}

    def step(p):
        optimizers[p].step()
        p.grad = None

    for p in net.parameters():
        p.register_post_accumulate_grad_hook(step)
    net(mg.ones(2, 3)).sum().backward()
    assert all(p.grad is None and not (p == old).all() for p, old in zip(net.parameters(), before, strict=True))
