"""PyTorch's files: what it writes is read, what is written it reads, and a file that wants more than that gets one error.

Without PyTorch the files in references/ are read, which MINIGRAD_WRITE_REFERENCES=1 pytest tests/test_torch_files.py writes.
"""

from __future__ import annotations

import argparse
import copyreg
import os
import pickle
import struct
import subprocess
import time
import tracemalloc
import zipfile
from collections import Counter, OrderedDict
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import nn, serialization
from minigrad.io.torch_reader import START

try:
    import torch
except ImportError:
    torch = None

REFERENCES = Path(__file__).parent / "references"
FILES = ("weights.pt", "weights_legacy.pt")
needs_torch = pytest.mark.skipif(torch is None, reason="needs PyTorch")
REFUSED = "nothing of it was executed"


def contents(lib):
    """What the recorded files hold, made with either library."""
    x = lib.arange(12, dtype=lib.float32).reshape(3, 4)
    device = lib.device("cpu")
    return OrderedDict(
        whole=x, turned=x.t(), row=x[1], window=x[::2, 1::2], expanded=lib.ones(1).expand(50, 50), scalar=lib.tensor(3), empty=lib.zeros(0, 3),
        parameter=lib.nn.Parameter(lib.ones(2)), frozen=lib.nn.Parameter(lib.ones(2), requires_grad=False), conj=lib.tensor([1 + 2j, 3j]).conj(),
        dtypes=[lib.tensor([1, 0, 3]).to(getattr(lib, name)) for name in (
            "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64", "complex128")],
        plain={"epoch": 3, "best": 0.25, 5: None, "large": 2**70, "below": -(2**40), "flags": (True, False), "text": "é\n", "nested": [[], {}, ()]},
        size=lib.Size([2, 3]), device=device, dtype=lib.bfloat16, bytes=b"\x00\xff", set={1, "a"}, complex=1 - 2j,
    )  # fmt: skip


def same(a, b) -> bool:
    """Values of any of the two libraries."""
    if hasattr(a, "stride"):
        a, b = (x.resolve_conj() if hasattr(x, "resolve_conj") else x for x in (a, b))
        return (
            (str(a.dtype).rpartition(".")[2], tuple(a.shape)) == (str(b.dtype).rpartition(".")[2], tuple(b.shape))
            and a.tolist() == b.tolist()
            and a.requires_grad == b.requires_grad
            and type(a).__name__ == type(b).__name__
        )
    if isinstance(a, dict):
        return type(a) is type(b) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list | tuple):
        return type(a).__name__ == type(b).__name__ and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, set):
        return a == b and type(a) is type(b)
    return str(a).rpartition(".")[2] == str(b).rpartition(".")[2] and type(a).__name__ == type(b).__name__


@pytest.mark.parametrize("name", FILES)
def test_recorded_files_are_read(name):
    if os.environ.get("MINIGRAD_WRITE_REFERENCES"):
        torch.save(contents(torch), REFERENCES / name, _use_new_zipfile_serialization="legacy" not in name)
    read, expected = mg.load(REFERENCES / name), contents(mg)
    for key in expected:
        assert same(read[key], expected[key]), key
    assert list(read) == list(expected) and read["turned"].stride() == (1, 4) and read["expanded"].stride() == (0, 0)
    read["whole"][1, 0] = 77  # the memory is shared, as it was
    assert read["turned"][0, 1] == 77 and read["row"][0] == 77
    read["parameter"].sum().backward()
    assert read["parameter"].is_leaf and read["parameter"].grad.tolist() == [1, 1]


@needs_torch
@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize("archive", [True, False])
def test_what_torch_writes_is_read(protocol, archive, tmp_path):
    value = contents(torch) | {
        "scalars": [np.float32(1.5), np.int64(-3), np.bool_(True)],
        "array": np.arange(6.0).reshape(2, 3).T,
        "b": bytearray(b"x"),
    }
    value["counter"] = Counter("aab")
    torch.save(value, tmp_path / "x", _use_new_zipfile_serialization=archive, pickle_protocol=protocol)
    read = mg.load(tmp_path / "x")
    for key, item in contents(torch).items():
        assert same(read[key], item), key
    assert list(map(type, read["scalars"])) == [np.float32, np.int64, np.bool_] and read["scalars"] == value["scalars"]
    assert np.array_equal(read["array"], value["array"]) and read["b"] == bytearray(b"x") and read["counter"] == value["counter"]


@needs_torch
def test_torch_reads_what_is_written(tmp_path):
    expected = contents(torch)
    mg.save(contents(mg), tmp_path / "x.pt")
    for options in ({}, {"mmap": True}):
        read = torch.load(tmp_path / "x.pt", weights_only=True, **options)
        for key in expected:
            assert same(read[key], expected[key]), key
    tied = mg.ones(2, 3)
    mg.save({"a": tied, "b": tied.detach(), "c": tied.clone()}, tmp_path / "x.pt", pickle, 4, _use_new_zipfile_serialization=False)
    read = torch.load(tmp_path / "x.pt", weights_only=True)
    assert read["a"].data_ptr() == read["b"].data_ptr() != read["c"].data_ptr()


def test_what_is_written_is_read(tmp_path):
    mg.save(contents(mg), tmp_path / "a.pth")
    mg.save(contents(mg), tmp_path / "b.bin")
    assert (tmp_path / "a.pth").read_bytes() == (tmp_path / "b.bin").read_bytes()
    for mmap in (False, True):
        read = mg.load(tmp_path / "a.pth", mmap=mmap)
        assert all(same(read[key], value) for key, value in contents(mg).items())
    read["whole"] += 1  # a private mapping
    assert same(mg.load(tmp_path / "a.pth")["whole"], contents(mg)["whole"])
    with zipfile.ZipFile(tmp_path / "a.pth") as archive:
        assert archive.testzip() is None
    for value, text in [({"a": np.ones(2)}, "'a' is a NumPy array"), ([2**9999], "'0' is an integer of 1251 bytes"), ({"n": nn.Linear(1, 1)}, "state_dict"),
                        ({(1,): 2}, "key of type tuple"), (eval("[" * 90 + "]" * 90), None)]:  # fmt: skip
        if text is None:
            mg.save(value, tmp_path / "c.pt")
            assert mg.load(tmp_path / "c.pt") == value
            continue
        with pytest.raises(TypeError, match=text):
            mg.save(value, tmp_path / "a.pth")
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        mg.save(deep, tmp_path / "a.pth")
    with pytest.raises(ValueError, match="mmap=True needs a path"):
        mg.load(BytesIO(), mmap=True)
    with pytest.raises(mg.errors.DeviceError, match="CPU only"):
        mg.load(tmp_path / "a.pth", map_location="cuda")
    assert same(mg.load(tmp_path / "a.pth", map_location=mg.device("cpu"))["row"], contents(mg)["row"])


@needs_torch
def test_files_without_check_sums_and_of_the_other_byte_order():
    before = torch.serialization.get_crc32_options()
    try:
        torch.serialization.set_crc32_options(False)
        file = BytesIO()
        torch.save(contents(torch), file)
    finally:
        torch.serialization.set_crc32_options(before)
    file.seek(0)
    assert same(mg.load(file)["whole"], contents(mg)["whole"])
    big = archive(pickled("FloatStorage", "0", 2, (2,), (1,)), {"data/0": struct.pack(">2f", 1.5, -2.0), "byteorder": b"big"})
    assert load(big).tolist() == [1.5, -2.0]


# ---- networks of the same structure take each other's weights ----


def block(lib):
    """A residual block as torchvision's: its keys and its way of adding."""
    nn, F = lib.nn, lib.nn.functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 4, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(4)
            self.conv2, self.bn2 = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
            self.downsample = nn.Sequential(nn.Conv2d(3, 4, 1, stride=2, bias=False), nn.BatchNorm2d(4))
            self.fc = nn.Linear(4, 5)

        def forward(self, x):
            y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            return self.fc(F.relu(y + self.downsample(x)).mean((2, 3)))

    return Block(), (2, 3, 7, 5)


def tagger(lib):
    nn = lib.nn

    class Tagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(11, 8, padding_idx=0)
            self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False)
            self.lstm = nn.LSTM(8, 5, num_layers=2, bidirectional=True, batch_first=True)
            self.attention = nn.MultiheadAttention(10, 2, batch_first=True)
            self.head = nn.Sequential(nn.LayerNorm(10), nn.Linear(10, 3))

        def forward(self, ids):
            x, _ = self.lstm(self.encoder(self.embedding(ids.long().abs() % 11)))
            return self.head(self.attention(x, x, x)[0])

    return Tagger(), (2, 6)


@needs_torch
@pytest.mark.parametrize("make", [block, tagger])
@pytest.mark.parametrize("legacy", [False, True])
def test_networks_exchange_weights(make, legacy, tmp_path):
    (theirs, shape), (ours, _) = make(torch), make(mg)
    theirs.train()
    x = (np.random.default_rng(0).standard_normal(shape) * 5).astype(np.float32)
    theirs(torch.from_numpy(x))  # running statistics other than the initial ones
    path = tmp_path / "model.pth"
    torch.save({"model": theirs.state_dict(), "epoch": 7}, path, _use_new_zipfile_serialization=not legacy)
    checkpoint = mg.load(path)
    assert checkpoint["epoch"] == 7 and checkpoint["model"]._metadata == theirs.state_dict()._metadata
    ours.load_state_dict(checkpoint["model"])
    theirs.eval(), ours.eval()
    with torch.no_grad():
        np.testing.assert_allclose(ours(mg.from_numpy(x)).detach().numpy(), theirs(torch.from_numpy(x)).numpy(), rtol=2e-5, atol=2e-6)
    ours, _ = make(mg)
    ours(mg.from_numpy(x))
    mg.save(ours.state_dict(), path)
    theirs.load_state_dict(torch.load(path, weights_only=True))
    ours.eval()
    with torch.no_grad():
        np.testing.assert_allclose(ours(mg.from_numpy(x)).detach().numpy(), theirs(torch.from_numpy(x)).numpy(), rtol=2e-5, atol=2e-6)


@needs_torch
def test_training_goes_on_from_a_checkpoint_of_torch(tmp_path):
    theirs, ours = torch.nn.Linear(3, 2), nn.Linear(3, 2)
    opt = torch.optim.AdamW(theirs.parameters(), lr=0.1)
    x = np.random.default_rng(1).standard_normal((5, 3)).astype(np.float32)

    def train(lib, net, opt):
        opt.zero_grad()
        (net(lib.from_numpy(x)) ** 2).mean().backward()
        opt.step()

    for _ in range(3):
        train(torch, theirs, opt)
    torch.save({"model": theirs.state_dict(), "optimizer": opt.state_dict()}, tmp_path / "c.pt")
    checkpoint = mg.load(tmp_path / "c.pt")
    ours.load_state_dict(checkpoint["model"])
    opt2 = mg.optim.AdamW(ours.parameters(), lr=0.5)
    opt2.load_state_dict(checkpoint["optimizer"])
    for _ in range(3):
        train(torch, theirs, opt), train(mg, ours, opt2)
    np.testing.assert_allclose(ours.weight.detach().numpy(), theirs.weight.detach().numpy(), rtol=1e-5)


# ---- hostile files ----


def archive(code: bytes, members: dict[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED) -> bytes:
    """A PyTorch archive with this pickle."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compression) as z:
        for name, data in {"data.pkl": code, "version": b"3\n", **(members or {})}.items():
            z.writestr("archive/" + name, data)
    return file.getvalue()


def legacy(code: bytes) -> bytes:
    header = b"\x80\x02M\xe9\x03." + b"\x80\x02}."
    return START + header + code + b"\x80\x02]."


def load(content: bytes):
    return mg.load(BytesIO(content))


def text(s: str) -> bytes:
    return b"X" + struct.pack("<I", len(s.encode())) + s.encode()


def number(n: int) -> bytes:
    return b"\x8a\x0b" + n.to_bytes(11, "little", signed=True)


def numbers(values) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(kind="FloatStorage", key="0", n=4) -> bytes:
    return b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + number(n) + b"tQ"


def pickled(kind="FloatStorage", key="0", n=4, size=(4,), stride=(1,), offset=0) -> bytes:
    """The pickle of one tensor."""
    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n("
        + storage(kind, key, n)
        + number(offset)
        + numbers(size)
        + numbers(stride)
        + b"\x89ccollections\nOrderedDict\n)RtR."
    )


DATA = {"data/0": struct.pack("<4f", 0, 1, 2, 3)}
CALLS = [
    (os.mkdir, ("{}",)),
    (os.system, ("mkdir '{}'",)),
    (eval, ("__import__('os').mkdir('{}')",)),
    (exec, ("import os; os.mkdir('{}')",)),
    (subprocess.call, (["mkdir", "{}"],)),
    (subprocess.Popen, (["mkdir", "{}"],)),
    (getattr, (os, "mkdir")),
    (__import__, ("os",)),
    (pickle.loads, (b"cos\nmkdir\n(S'{}'\ntR.",)),
    (Path, ("{}",)),
    (BytesIO, (b"",)),
]


class Exploit:
    def __init__(self, call, place):
        fill = lambda a: a.replace("{}", place) if isinstance(a, str) else list(map(fill, a)) if isinstance(a, list) else a  # noqa: E731
        self.call = call[0], tuple(map(fill, call[1]))

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("call", CALLS, ids=lambda c: getattr(c[0], "__name__", "?"))
def test_calls_of_anything_else_are_refused(call, tmp_path):
    place = tmp_path / "executed"
    for protocol in range(6):
        try:
            code = pickle.dumps({"weight": Exploit(call, str(place))}, protocol)
        except TypeError:  # of a module, which only a program of opcodes can name
            return
        for content in (archive(code, DATA), legacy(code), code):
            with pytest.raises(mg.FormatError):
                load(content)
    assert not place.exists()
    if call[0] is os.mkdir:  # the same file does run where pickle reads it
        pickle.loads(code)
        assert place.exists()


PROGRAMS = {
    "STACK_GLOBAL": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
    "dotted": b"\x80\x04\x8c\x0bcollections\x8c\x17OrderedDict.__init__.foo\x93.",
    "attribute": b"\x80\x02ccollections\nOrderedDict.__reduce__\n.",
    "INST": b"(S'true'\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nS'true'\no.",
    "EXT1": b"\x80\x02\x82\xf0U\x04true\x85R.",
    "EXT2": b"\x80\x02\x83\xf0\x00U\x04true\x85R.",
    "EXT4": b"\x80\x02\x84\xf0\x00\x00\x00U\x04true\x85R.",
    "PERSID": b"Pos.system\n.",
    "persistent pickle": b"\x80\x03C\x17cos\nsystem\n(S'true'\ntR.Q.",
    "persistent module": b"\x80\x02(X\x06\x00\x00\x00moduleNNNNtQ.",
    "persistent int": b"\x80\x02K\x05Q.",
    "reduce string": b"\x80\x02U\x02os)R.",
    "reduce dtype": b"\x80\x02ctorch\nfloat32\n)R.",
    "reduce tensor class": b"\x80\x02ctorch\nTensor\n)R.",
    "reduce list": b"\x80\x02ccollections\nOrderedDict\n]R.",
    "newobj": b"\x80\x02cos\nsystem\nU\x04true\x85\x81.",
    "build dict": b"\x80\x02}}b.",
    "build class": b"\x80\x02ccollections\nOrderedDict\n}b.",
    "build __class__": b"\x80\x02ccollections\nOrderedDict\n)R}U\x09__class__K\x01sb.",
    "build __setstate__": b"\x80\x02ccollections\nOrderedDict\n)R}U\x0c__setstate__ctorch\nTensor\nsb.",
    "build __reduce__": b"\x80\x02ccollections\nOrderedDict\n)R}(U\x09_metadata}U\x0a__reduce__K\x01ub.",
    "append to a dict": b"\x80\x02}K\x01a.",
    "items of a list": b"\x80\x02]K\x01K\x02s.",
    "tuple as key": b"\x80\x02})K\x01s.",
    "tensor as key": b"\x80\x02}" + pickled()[2:-1] + b"K\x01s.",
    "list in a set": b"\x80\x02c__builtin__\nset\n]]a\x85R.",
    "own class": b"\x80\x02c__main__\nModel\n)\x81}b.",
    "nested load": b"\x80\x02ctorch.storage\n_load_from_bytes\nU\x01x\x85R.",
    "object array": b"\x80\x02cnumpy\ndtype\nU\x02O8\x89\x88\x87R.",
    "protocol": b"\x80\x7f.",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_of_other_opcodes_are_refused(name, monkeypatch):
    def never(*args):
        pytest.fail("executed")

    monkeypatch.setattr(os, "system", never)
    if name.startswith("EXT"):
        copyreg.add_extension("os", "system", 0xF0)
    try:
        for content in (archive(PROGRAMS[name], DATA), legacy(PROGRAMS[name])):
            with pytest.raises(mg.FormatError, match=REFUSED):
                load(content)
    finally:
        if name.startswith("EXT"):
            copyreg.remove_extension("os", "system", 0xF0)


@pytest.mark.parametrize(
    "code",
    [b"", b".", b"0.", b"t.", b"e.", b"a.", b"s.", b"u.", b"R.", b"b.", b"q", b"q\x00.", b"h\x05.", b"j\xff\xff\xff\xff.", b"Q.", b"\x85.", b"(K\x01}u.",
     b"X\xff\xff\xff\xffabc.", b"B\xff\xff\xff\xff.", b"\x96\xff\xff\xff\xff\xff\xff\xff\xff.", b"\x8a\xff\x01.", b"cos", b"c" + b"a" * 5000 + b"\n\n.", b"X\x01\x00\x00\x00\xff."],
)  # fmt: skip
def test_damaged_pickles_are_errors(code):
    for content in (archive(b"\x80\x02" + code), legacy(b"\x80\x02" + code)):
        with pytest.raises(mg.FormatError):
            load(content)


LIES = [
    dict(n=2**62, size=(2**62,)), dict(n=2**62, size=(1,)), dict(n=5), dict(n=3), dict(n=-1), dict(kind="DoubleStorage"), dict(kind="QInt8Storage"),
    dict(size=(5,)), dict(size=(-1,)), dict(size=(2**63,)), dict(size=(2, 2)), dict(size=(2, 2), stride=(3, 1)), dict(stride=(2,)), dict(stride=(-1,)),
    dict(offset=1), dict(offset=-1), dict(offset=2**64), dict(size=(2**40, 2**40), stride=(0, 0)), dict(size=(1,) * 65, stride=(1,) * 65),
    dict(size=(4, 2**62, 2**62), stride=(1, 0, 0)), dict(size=(1, 4), stride=(2**62, 1)), dict(key="../../../etc/passwd"), dict(key="1"), dict(key=""), dict(size=(0, 2**62), stride=(1, 1), n=5),
]  # fmt: skip


@pytest.mark.parametrize("lie", LIES, ids=str)
def test_tensors_stay_inside_their_storages(lie):
    assert load(archive(pickled(), DATA)).tolist() == [0, 1, 2, 3]
    tracemalloc.start()
    try:
        with pytest.raises(mg.FormatError):
            load(archive(pickled(**lie), DATA))
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_archives_whose_directories_lie():
    whole = archive(pickled(), DATA)
    for content, text in [
        (archive(pickled(), DATA, zipfile.ZIP_DEFLATED), "compressed"),
        (whole.replace(DATA["data/0"], DATA["data/0"][:-1] + b"!"), "check sum"),
        (archive(pickled(n=2**28, size=(2**28,)), {"data/0": bytes(2**22)}, zipfile.ZIP_DEFLATED), "compressed"),
        (archive(pickled(), DATA | {"byteorder": b"middle"}), "byte order"),
        (archive(pickled(), DATA | {"constants.pkl": b""}), "TorchScript"),
        (whole.replace(b"archive/data/0", b"archive/../0/0"), "no member"),
    ]:
        with pytest.raises(mg.FormatError, match=text):
            load(content)
    # Forty members that are all the same bytes: together they are larger than the file.
    body, n = bytes(2**16), 40
    code = b"\x80\x02]("
    for i in range(n):
        code += pickled(key=str(i), n=2**14, size=(2**14,))[2:-1]
    content = bytearray(archive(code + b"e.", {"data/0": body} | {f"data/{i}": b"" for i in range(1, n)}))
    entries = [m for m in range(len(content)) if content[m : m + 4] == b"PK\x01\x02"][2:]
    for entry in entries[1:]:
        content[entry + 16 : entry + 28] = content[entries[0] + 16 : entries[0] + 28]
        content[entry + 42 : entry + 46] = content[entries[0] + 42 : entries[0] + 46]
    with pytest.raises(mg.FormatError, match="larger than the file"):
        load(bytes(content))


def _amplifiers():
    n = 30_000
    yield "a list copied many times", b"\x80\x02](" + b"K\x01" * n + b"eq\x00" + b"c__builtin__\nset\nq\x01" + b"h\x01h\x00\x85R" * n + b"."
    many = b"\x80\x02ccollections\nOrderedDict\n)Rq\x00}(" + b"".join(number(i) + b"}" for i in range(n)) + b"uq\x01"
    yield "metadata set many times", many + (b"h\x00}U\x09_metadatah\x01sb") * n + b"."
    yield "a long tuple as sizes, many times", b"\x80\x02(" + b"K\x00" * n + b"tq\x00" + (b"ctorch\nSize\nh\x00\x85R") * n + b"."
    yield "bytes of one string", b"\x80\x02" + text("a" * n) + b"q\x00" + b"c_codecs\nencode\nh\x00U\x06latin1\x86R" * n + b"."
    bomb = b"\x80\x02]q\x00" + b"".join(b"]h" + bytes([i]) + b"ah" + bytes([i]) + b"aq" + bytes([i + 1]) for i in range(60))
    yield "a list of 2**60 lists as sizes", bomb + b"ctorch\nSize\nh\x3c\x85R."
    yield "... as key", b"\x80\x02}" + bomb[2:] + b"N\x86N\x86h\x01s."
    yield "... as persistent id", bomb + b"Q."
    yield "... as state", b"\x80\x02ccollections\nOrderedDict\n)R" + bomb[2:] + b"b."
    yield "a deep tuple as key", b"\x80\x02})" + b"\x85" * 50_000 + b"Ns."
    yield "marks without end", b"\x80\x02" + b"(" * 50_000 + b"t."
    yield "large memos", b"\x80\x02K\x01" + b"r\xff\xff\xff\xffr\xfe\xff\xff\xff" + b"R."
    yield (
        "a tensor of 2**50 elements compared",
        b"\x80\x02"
        + pickled(size=(2**50,), stride=(0,))[2:-1]
        + b"q\x00cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nh\x00U\x01b\x87R.",
    )
    yield (
        "a tensor of 2**50 elements unpacked",
        b"\x80\x02ccollections\nOrderedDict\n" + pickled(size=(2**50,), stride=(0,))[2:-1] + b"\x85R.",
    )
    yield "a conjugate of 2**50 elements", (pickled(size=(2**50,), stride=(0,))[:-3] + b"}U\x03neg\x88stR.")


@pytest.mark.parametrize("name, code", list(_amplifiers()), ids=lambda v: v if isinstance(v, str) else "")
def test_small_files_cannot_take_long_or_much(name, code):
    start = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(mg.FormatError):
            load(archive(code, DATA))
        assert tracemalloc.get_traced_memory()[1] < 2**27
    finally:
        tracemalloc.stop()
    assert time.process_time() - start < 10


def test_deep_and_circular_values_do_no_harm():
    depth = 100_000
    value = load(archive(b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b"."))
    assert len(value) == 1
    del value
    assert load(archive(b"\x80\x02)" + b"\x85" * depth + b".")) != 5
    circle = load(archive(b"\x80\x02]q\x00h\x00a."))
    assert circle[0] is circle
    with pytest.raises((TypeError, RuntimeError, ValueError)):
        nn.Linear(1, 1).load_state_dict({"weight": circle, "bias": circle})


# Pieces of which random pickles are made: every opcode that there is, on values that others make.
PIECES = [
    b"N", b"\x88", b")", b"]", b"}", b"\x8f", b"(", b"t", b"\x85", b"\x86", b"\x87", b"a", b"e", b"s", b"u", b"\x90", b"R", b"\x81", b"b", b"Q", b"q\x00",
    b"q\x01", b"h\x00", b"h\x01", b"\x94", b"K\x00", b"K\x02", b"J\xff\xff\xff\xff", b"G" + bytes(8), b"U\x01a", b"C\x01a", text("storage"), text("0"), text("cpu"),
    number(2**63), storage(), storage("UntypedStorage", n=16), pickled()[2:-1], b"ctorch\nFloatStorage\n", b"ctorch\nfloat32\n", b"ctorch\nSize\n", b"ctorch\ndevice\n",
    b"ccollections\nOrderedDict\n", b"ccollections\nCounter\n", b"c_codecs\nencode\n", b"c__builtin__\nset\n", b"c__builtin__\ncomplex\n", b"c__builtin__\nbytearray\n",
    b"ctorch._utils\n_rebuild_tensor_v2\n", b"ctorch._utils\n_rebuild_parameter\n", b"ctorch._tensor\n_rebuild_from_type_v2\n", b"ctorch\nTensor\n",
    b"cnumpy\ndtype\n", b"cnumpy\nndarray\n", b"cnumpy.core.multiarray\nscalar\n", b"cnumpy.core.multiarray\n_reconstruct\n", b"U\x02f4\x89\x88\x87R",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25), st.booleans())
def test_any_program_loads_or_raises(pieces, old):
    code = b"\x80\x02" + b"".join(pieces) + b"."
    try:
        load(legacy(code) if old else archive(code, DATA))
    except mg.FormatError:
        pass


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_damage_loads_or_raises(name, data):
    """Bytes of a recorded file changed, or left out; of an archive also those of its pickle, under a check sum that fits."""
    content = bytearray((REFERENCES / name).read_bytes())
    members = {}
    if inner := name == "weights.pt" and data.draw(st.booleans()):
        with zipfile.ZipFile(BytesIO(content)) as z:
            members = {m.partition("/")[2]: z.read(m) for m in z.namelist()}
        content = bytearray(members.pop("data.pkl"))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        start = data.draw(st.integers(0, len(content)))
        del content[start : start + data.draw(st.sampled_from([1, 4, 16, len(content)]))]
    try:
        load(archive(bytes(content), members) if inner else bytes(content))
    except mg.FormatError as error:
        assert str(error).startswith("load: the file is")


# ---- classes that the program vouches for ----


class Settings:
    def __init__(self, rate=0):
        self.rate = rate


def test_safe_globals(tmp_path):
    code = f"\x80\x02c{__name__}\nSettings\n)\x81}}U\x04rateK\x05sb.".encode("latin1")
    with pytest.raises(mg.FormatError, match="add_safe_globals"):
        load(archive(code))
    with serialization.safe_globals([Settings, argparse.Namespace]):
        assert load(archive(code)).rate == 5 and serialization.get_safe_globals() == [Settings, argparse.Namespace]
        with serialization.safe_globals([(Settings, "their.Config")]):
            assert load(archive(b"\x80\x02ctheir\nConfig\nK\x07\x85R.")).rate == 7
        assert len(serialization.get_safe_globals()) == 2
        with pytest.raises(mg.FormatError, match="asks for 'other.Class'"):
            load(archive(b"\x80\x02cother\nClass\n)R."))
    assert serialization.get_safe_globals() == []
    with serialization.safe_globals([os.system, eval, (eval, "numpy.float"), (subprocess.Popen, "a.Popen"), slice]):
        for name in ("posix\nsystem", "os\nsystem", "__builtin__\neval", "numpy\nfloat", "a\nPopen", "subprocess\nPopen"):
            with pytest.raises(mg.FormatError, match="no file of weights needs"):
                load(archive(f"\x80\x02c{name}\nU\x04true\x85R.".encode("latin1")))
        assert load(archive(b"\x80\x02c__builtin__\nslice\nK\x03\x85R.")) == slice(3)
    with pytest.raises(TypeError, match="expected classes, functions"):
        serialization.add_safe_globals([3])
    serialization.add_safe_globals([Settings])
    serialization.clear_safe_globals()
    assert serialization.get_safe_globals() == []


@needs_torch
def test_whole_modules_and_programs_are_refused_by_name(tmp_path):
    torch.save(torch.nn.Linear(1, 1), tmp_path / "m.pt")
    with pytest.raises(mg.FormatError, match=r"holds a whole module \('torch.nn.modules.linear.Linear'\); save its state_dict\(\) instead"):
        mg.load(tmp_path / "m.pt", weights_only=False)
    for tensor, text in [(torch.eye(2).to_sparse(), "sparse"), (torch.ones(2, dtype=torch.uint16), "dtype that minigrad does not have")]:
        torch.save(tensor, tmp_path / "m.pt")
        with pytest.raises(mg.FormatError, match=text):
            mg.load(tmp_path / "m.pt")
    assert issubclass(mg.FormatError, pickle.UnpicklingError) and issubclass(mg.FormatError, ValueError)
