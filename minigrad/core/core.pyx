# distutils: language = c
"""The engine: Tensor over its own storage, the graph, and the one way to the kernels.

One extension module, so that everything hot is a C call; its parts, in the order in which they build on each other:
"""
include "dtype.pxi"     # element types and PyTorch's promotion rules
include "tensor.pxi"    # Tensor: storage, geometry, views, the meeting with NumPy
include "op.pxi"        # Op: what the engine needs of a declaration; launch: the only way to data
include "apply.pxi"     # calling an op: promotion, broadcasting, allocation, launch, recording, by family
include "inspect.pxi"   # anomalies, hooks on what is saved
include "graph.pxi"     # Node, grad modes, backward
include "matmul.pxi"    # matmul and linear
include "forward.pxi"   # the graph in the other direction: jvp; custom functions
include "view.pxi"      # geometry of views
include "index.pxi"     # x[...] and x[...] = y
include "movers.pxi"    # joining, splitting, picking and placing along a dimension
include "vmap.pxi"      # tensors that stand for one example of a batch
include "module.pxi"    # what makes nn.Module callable
