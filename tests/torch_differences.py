"""Where an op departs from PyTorch's op of the same name, and why: test_torch_ops holds the ops to it, docs/differences.md shows it."""

from __future__ import annotations

# Differences that are meant, or of PyTorch's making. Keys: "op", "op[sample]", "op of dtype" ("integers": all of them), "gradient of op".
# Each has to show: an entry that is no longer needed fails.
DROPS = "PyTorch computes in integers and drops what does not fit; minigrad raises DTypeError"
TIES = "which of equal elements gets its index is left open"
DIFFERENT: dict[str, str] = {
    **{f"{name} of integers": DROPS for name in (
        "addmm", "addbmm", "baddbmm", "addmv", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout",
        "adaptive_avg_pool1d", "adaptive_avg_pool2d",
        "grid_sample", "affine_grid_generator", "interpolate", "upsample_bilinear", "local_response_norm")},
    **{f"{name} of integers": TIES for name in ("kthvalue", "topk")},
    "addcmul of integers": "with a `value` that has a fraction minigrad gives floats; PyTorch drops the fraction",
    "all of uint8": "gives bool; PyTorch makes bytes of bytes, for historic reasons",
    "any of uint8": "gives bool; PyTorch makes bytes of bytes, for historic reasons",
    "square of bool": "gives bool; PyTorch int64",
    "hinge_embedding_loss of integers": "computed as floats; PyTorch drops fractions",
    "gradient of ctc_loss": "the derivative by log_probs itself; PyTorch's is right after a log_softmax only, where both agree",
    "gradient of ldexp": "PyTorch's is 0 where an integer exponent is negative",
    "gradient of as_strided_scatter": "PyTorch's keeps the window that was overwritten and drops the rest",
    "gradient of poisson_nll_loss": "PyTorch's by a target of 0 is NaN with full=True; minigrad's is finite",
    "gradient of quantile": "q gets no gradient",
    "gradient of nanquantile": "q gets no gradient",
    "sinc of integers": "exactly 0 where PyTorch's argument is pi times a number, rounded",
    "sign of bool": "raises DTypeError",
    "sgn of bool": "raises DTypeError",
    "special_airy_ai": "PyTorch is off by 1e-5 in places",
    **dict.fromkeys(("linalg_svd", "svd", "linalg_eigh"), "columns may have the other sign: LAPACK differs"),
    "lobpcg": "of the whole matrix, by `linalg.eigh`; PyTorch iterates until a tolerance is met, and columns may have the other sign",
    "linalg_eig": "eigenvectors have a positive largest element; LAPACK's are determined up to a sign, and a gradient that sees it is no error",
    **{f"gradient of {name}": "that of the triangle that is read; PyTorch's goes to the other as well, which is not read"
       for name in ("cholesky_solve", "cholesky_inverse")},
    "gradient of linalg_pinv": "hermitian=True: symmetric, as the argument",
    "linalg_eigvalsh of integers": "raises DTypeError; PyTorch takes them only where there is nothing to do",
    "linalg_lu_factor_ex of integers": "raises DTypeError; PyTorch takes them only where there is nothing to do",
    "lu_unpack of integers": "raises DTypeError",
    "polygamma of integers": "inf at the poles, where PyTorch is merely large",
    "matrix_power of integers": "raises DTypeError",
}  # fmt: skip


def page() -> str:
    """The table of docs/differences.md: ops that differ in the same way share a row."""
    rows: dict[str, list[str]] = {}
    for key, reason in DIFFERENT.items():
        rows.setdefault(reason, []).append(key)
    return "\n".join(["| op | difference |", "| --- | --- |", *(f"| {', '.join(keys)} | {reason} |" for reason, keys in rows.items())])
