"""PyTorch's older path to `minigrad.profiler`."""

from ..profiler import EventList as EventList
from ..profiler import profile as profile
from ..profiler import record_function as record_function
