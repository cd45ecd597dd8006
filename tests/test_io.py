"""save and load: what goes in comes out; damage, interruption and foreign files are refused whole."""

from __future__ import annotations

import math
import os
import pickle
import sys
import zipfile
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import io, nn, optim

try:
    import safetensors.numpy
except ImportError:
    safetensors = None

SUFFIXES = [".npz", pytest.param(".safetensors", marks=pytest.mark.skipif(safetensors is None, reason="needs the safetensors package"))]
ALL = [*SUFFIXES, ".pt"]


def same(a, b) -> bool:
    if isinstance(a, mg.Tensor | np.ndarray):
        return (
            type(a) is type(b)
            and a.dtype == b.dtype
            and tuple(a.shape) == tuple(b.shape)
            and np.array_equal(*(np.asarray(x.float() if x.dtype is mg.bfloat16 else x) for x in (a, b)), equal_nan=True)
        )
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or (isinstance(a, float) and math.isnan(a) and math.isnan(b)))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_round_trip(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    for dtype in (mg.float32, mg.float64, mg.int64, mg.int32, mg.uint8, mg.bool, mg.float16, mg.bfloat16, mg.complex64):
        x = mg.tensor([[0, 1, 2], [3, 4, 5]]).to(dtype)
        io.save(x, path)
        assert same(x, io.load(path))
        io.save({"turned": x.t(), "scalar": x[0, 1], "empty": x[:0]}, path)
        assert same({"turned": x.t(), "scalar": x[0, 1], "empty": x[:0]}, io.load(path))
    odd = {
        "file": mg.ones(1),
        "a/b": mg.zeros(1),
        "a": {"b": mg.ones(2), 3: (1, [None, True, "é\n"], -math.inf, math.nan)},
        "": mg.ones(1),
        "__metadata__": mg.ones(3),
        "../../escape": mg.ones(1),
        "array": np.arange(3, dtype=np.int16),
        "kind": mg.float64,
    }
    io.save(odd, path)
    assert same(odd, io.load(path))
    assert os.listdir(tmp_path) == [path.name]


plain = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=8)
leaves = plain | st.lists(st.floats(width=32), max_size=4).map(lambda v: mg.tensor(v, dtype=mg.float32))
trees = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=4) | st.integers(-9, 9), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("suffix", ALL)
@settings(max_examples=25, deadline=None)
@given(tree=trees)
def test_any_tree_round_trips(tmp_path_factory, suffix, tree):
    path = tmp_path_factory.mktemp("tree") / f"x{suffix}"
    io.save(tree, path)
    assert same(tree, io.load(path))


@pytest.mark.skipif(safetensors is None, reason="needs the safetensors package")
@pytest.mark.parametrize("length", [0x80, 0x4B50])
def test_headers_whose_length_looks_like_another_format(tmp_path, length):
    """A pickle begins with the byte 0x80, an archive with PK."""
    path = tmp_path / "x.safetensors"
    io.save("", path)
    value = "a" * (length - int.from_bytes(path.read_bytes()[:8], "little"))
    io.save(value, path)
    assert path.read_bytes()[:8] == length.to_bytes(8, "little") and io.load(path) == value


@pytest.mark.parametrize("suffix", ALL)
def test_checkpoint_resumes_training(tmp_path, suffix):
    def make():
        net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
        return net, optim.AdamW(net.parameters(), lr=0.01)

    x = mg.randn(8, 3)

    def train(net, opt):
        opt.zero_grad()
        (net(x) ** 2).mean().backward()
        opt.step()

    net, opt = make()
    for _ in range(3):
        train(net, opt)
    io.save({"model": net.state_dict(), "optimizer": opt.state_dict(), "epoch": 3}, tmp_path / f"c{suffix}")
    net2, opt2 = make()
    checkpoint = io.load(tmp_path / f"c{suffix}")
    net2.load_state_dict(checkpoint["model"])
    opt2.load_state_dict(checkpoint["optimizer"])
    for _ in range(3):
        train(net, opt), train(net2, opt2)
    for (key, a), b in zip(net.state_dict().items(), net2.state_dict().values(), strict=True):
        assert np.array_equal(a.numpy(), b.numpy()), key


def test_names_in_the_file_are_the_keys(tmp_path):
    net = nn.Linear(2, 3)
    io.save(net.state_dict(), tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz", allow_pickle=False) as archive:
        assert {"weight", "bias"} <= set(archive.files) and np.array_equal(archive["weight"], net.weight.detach().numpy())
    io.save({"model": net.state_dict()}, tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as archive:
        assert "model/weight" in archive.files
    np.savez(tmp_path / "theirs.npz", a=np.ones(2), b=np.zeros((1, 2), ">f4", order="F"))
    read = io.load(tmp_path / "theirs.npz")
    assert read["a"].dtype == mg.float64 and read["b"].dtype == mg.float32


@pytest.mark.skipif(safetensors is None, reason="needs the safetensors package")
def test_safetensors_meets_other_programs(tmp_path):
    net = nn.Linear(2, 3)
    io.save(net.state_dict(), tmp_path / "w.safetensors")
    theirs = safetensors.numpy.load_file(tmp_path / "w.safetensors")
    assert set(theirs) == {"weight", "bias"} and np.array_equal(theirs["weight"], net.weight.detach().numpy())
    safetensors.numpy.save_file({"a": np.ones((2, 2), np.float16)}, tmp_path / "t.safetensors")
    assert io.load(tmp_path / "t.safetensors")["a"].dtype == mg.float16
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    assert torch.equal(load_file(tmp_path / "w.safetensors")["weight"], torch.tensor(net.weight.detach().numpy()))
    save_file({"b": torch.tensor([1.5, -2.0], dtype=torch.bfloat16)}, tmp_path / "t.safetensors")
    read = io.load(tmp_path / "t.safetensors")["b"]
    assert read.dtype == mg.bfloat16 and read.tolist() == [1.5, -2.0]
    io.save({"b": read}, tmp_path / "w.safetensors")
    assert torch.equal(load_file(tmp_path / "w.safetensors")["b"], torch.tensor([1.5, -2.0], dtype=torch.bfloat16))


@pytest.mark.parametrize("suffix", ALL)
def test_every_truncation_is_refused(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    io.save({"a": mg.arange(50), "b": {"c": mg.ones(3), "d": 1}}, path)
    whole = path.read_bytes()
    for n in {0, 1, 7, 8, 9, 20, *range(40, len(whole), 37), len(whole) - 1}:
        path.write_bytes(whole[:n])
        with pytest.raises(ValueError, match=f"is not a whole {suffix} file: ."):
            io.load(path)


@pytest.mark.parametrize("suffix", ALL)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_damage_loads_or_raises(tmp_path_factory, suffix, data):
    buffer = BytesIO()
    io.save({"a": mg.arange(5), "b": {"c": mg.ones(2, 3), "d": [1, "text"]}}, buffer, format={".pt": "torch"}.get(suffix, suffix[1:]))
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        io.load(BytesIO(content))
    except mg.FormatError as error:
        assert str(error).startswith("load: the file is")


def test_foreign_files_are_refused_and_nothing_is_unpickled(tmp_path):
    class Exploit:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "executed"),))

    for content in (b"hello", pickle.dumps(Exploit()), b"PK\x03\x04" + bytes(200), bytes(100), b"\xff" * 100):
        for suffix in (".npz", ".safetensors") if safetensors else (".npz",):
            path = tmp_path / f"x{suffix}"
            path.write_bytes(content)
            with pytest.raises(mg.FormatError, match=r"is not a whole|is refused.*posix\.mkdir"):
                io.load(path)
    np.savez(tmp_path / "o.npz", a=np.array([Exploit()], dtype=object))
    np.savez(tmp_path / "s.npz", a=np.array(["text"]))
    np.save(tmp_path / "n.npy", np.ones(3))
    os.rename(tmp_path / "n.npy", tmp_path / "n.npz")
    for name in ("o.npz", "s.npz", "n.npz"):
        with pytest.raises(ValueError, match="is not a whole .npz file"):
            io.load(tmp_path / name)
    assert not (tmp_path / "executed").exists()


def test_hostile_structure_is_refused(tmp_path):
    for structure in (
        '{"tensor":"nope"}',
        '{"dtype":"Tensor"}',
        '["tensor",{"tensor":"a"},{"tensor":"a"}]',
        '{"exec":1}',
        "{",
        '{"a":1,"b":2}',
        '{"dict":5}',
        "[" * 100_000,
    ):
        with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
            archive.writestr("__minigrad__.json", structure)
            with archive.open("a.npy", "w") as member:
                np.lib.format.write_array(member, np.ones(2))
        with pytest.raises(ValueError, match="is not a whole"):
            io.load(tmp_path / "x.npz")


def test_missing_files_folders_and_suffixes(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"load: no such file: '.*nope\.npz'"):
        io.load(tmp_path / "nope.npz")
    with pytest.raises(FileNotFoundError, match="save: no such folder"):
        io.save(mg.ones(1), tmp_path / "no" / "x.npz")
    with pytest.raises(OSError):
        io.load(_folder(tmp_path / "folder.npz"))
    with pytest.raises(TypeError, match="save: expected a path or a file opened for writing, got int"):
        io.save(mg.ones(1), 3)
    with pytest.raises(TypeError, match="load: expected a path or a file opened for reading, got list"):
        io.load([])
    with pytest.raises(ValueError, match="format must be one of npz, safetensors, torch, got 'hdf5'"):
        io.save(mg.ones(1), tmp_path / "x", format="hdf5")
    with open(tmp_path / "text", "w+") as file, pytest.raises(TypeError, match="binary mode"):
        io.load(file)


def _folder(path):
    path.mkdir()
    return path


def test_values_that_cannot_be_written_are_named(tmp_path):
    path = tmp_path / "x.npz"
    io.save({"old": 1}, path)
    loop: list = []
    loop.append(loop)
    for value, text in [
        ({"a": [1, object()]}, "save: 'a/1' is of type object"),
        ({"net": nn.Linear(1, 1)}, r"save: 'net' is of type Linear.*state_dict\(\)"),
        ({(1, 2): 3}, "save: the object has a key of type tuple"),
        ({"x": np.array(["s"])}, "save: 'x' is an array of dtype"),
        ({"x": loop}, "contains itself"),
    ]:
        with pytest.raises((TypeError, ValueError), match=text):
            io.save(value, path)
    assert io.load(path) == {"old": 1} and os.listdir(tmp_path) == ["x.npz"]


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_crash_while_writing_leaves_the_old_file(tmp_path, suffix, moment, monkeypatch):
    path = tmp_path / f"x{suffix}"
    io.save({"old": mg.ones(3)}, path)

    def crash(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, moment, crash)
    with pytest.raises(KeyboardInterrupt):
        io.save({"new": mg.zeros(3)}, path)
    monkeypatch.undo()
    assert list(io.load(path)) == ["old"] and os.listdir(tmp_path) == [path.name]


def test_links_and_modes_are_kept(tmp_path):
    target, link = tmp_path / "real.npz", tmp_path / "link.npz"
    io.save(1, target)
    os.chmod(target, 0o640)
    os.symlink(target, link)
    io.save(2, link)
    assert link.is_symlink() and io.load(target) == 2 and os.stat(target).st_mode & 0o777 == 0o640


def test_equal_contents_make_equal_files(tmp_path):
    for name in ("a", "b"):
        io.save({"x": mg.ones(3), "n": 1}, tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("format", ["npz", "torch", pytest.param("safetensors", marks=SUFFIXES[1].marks)])
def test_open_files_and_formats_that_are_asked_for(tmp_path, format):
    """The format is asked for, not told by a suffix; reading looks at the content, from where the file stands."""
    value = {"model": {"w": mg.ones(2, 3)}, "epoch": 3, "best": 0.5}
    buffer = BytesIO()
    buffer.write(b"before")
    io.save(value, buffer, format=format)
    buffer.seek(6)
    assert same(value, io.load(buffer))
    io.save(value, tmp_path / "any.name", format=format)
    with open(tmp_path / "any.name", "rb") as file:
        assert same(value, io.load(file)) and same(value, io.load(tmp_path / "any.name"))
    empty = BytesIO()
    with pytest.raises(TypeError, match="'model/x' is of type object"):
        io.save({"model": {"x": object()}}, empty, format=format)
    assert empty.getvalue() == b""


def test_missing_safetensors_package_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    for op in (lambda: io.save(mg.ones(1), tmp_path / "x.safetensors"), lambda: io.load(tmp_path / "x.safetensors")):
        with pytest.raises(ModuleNotFoundError, match=r"pip install 'minigrad\[demo\]'"):
            op()
    assert os.listdir(tmp_path) == []


def test_package_level_names():
    assert mg.save is io.save and mg.load is io.load


def test_archives_cannot_grow_beyond_what_they_are(tmp_path):
    """Bombs: a directory that says more than Deflate can, members that lie over each other, methods that NumPy does not use."""
    np.savez_compressed(tmp_path / "zeros.npz", a=np.zeros(100_000))
    assert io.load(tmp_path / "zeros.npz")["a"].numel() == 100_000
    data = (tmp_path / "zeros.npz").read_bytes()
    entry = data.index(b"PK\x01\x02")
    (tmp_path / "lie.npz").write_bytes(data[: entry + 24] + b"\xff\xff\xff\x7f" + data[entry + 28 :])
    with zipfile.ZipFile(tmp_path / "lzma.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", bytes(10_000))
    header = {"descr": "<f8", "fortran_order": False, "shape": (2**40,)}
    with zipfile.ZipFile(tmp_path / "shape.npz", "w") as archive, archive.open("a.npy", "w") as member:
        np.lib.format.write_array_header_1_0(member, header)
    for name, text in [("lie", "more than a file of its size can"), ("lzma", "NumPy does not use"), ("shape", ".")]:
        with pytest.raises(mg.FormatError, match=text):
            io.load(tmp_path / f"{name}.npz")
