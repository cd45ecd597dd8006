# What makes an nn.Module callable: a call of a type's C slot instead of one more Python frame around every forward. And how a row of
# modules runs: a Linear and the activation after it as one kernel.

cdef extern from "Python.h":
    PyObject *_PyType_Lookup(object type, object name)  # borrowed; from the type's cache


cdef object locate = None  # puts the module's path into an error that passes
cdef object call_hooked = None  # runs forward within the hooks
cdef bint hooked = False  # whether there are hooks of all modules
cdef object linear_forward = None  # nn.Linear.forward
cdef dict activation_forwards = {}  # {forward of an activation without settings: its name}


def install_module(*, locate_error, call_within_hooks):
    """Hand over what nn.Module does with errors, and with hooks."""
    global locate, call_hooked
    locate, call_hooked = locate_error, call_within_hooks


def hook_all_modules(bint on):
    """Whether a module without hooks of its own has to look for those of all modules."""
    global hooked
    hooked = on


def install_row(*, linear, activations):
    """Hand over the methods by which `run_in_order` knows what it can run as one kernel."""
    global linear_forward, activation_forwards
    linear_forward, activation_forwards = linear, {forward: ACTIVATIONS.index(name) for forward, name in activations.items()}


@cython.auto_pickle(False)
cdef class Callable:
    """Base of nn.Module: `module(...)` is `module.forward(...)`, within the module's hooks if it has any."""

    def __call__(self, *args, **kwargs):
        try:
            if hooked or self._hooks is not None:
                return call_hooked(self, args, kwargs)
            if kwargs:
                return self.forward(*args, **kwargs)
            if len(args) == 1:
                return self.forward(args[0])
            if len(args) == 2:
                return self.forward(args[0], args[1])
            return self.forward(*args)
        except Exception as error:
            locate(error, self)
            raise


cdef object plain_forward(object module, dict members):
    """The forward method of a module's class, if a call of the module is nothing more than a call of that; otherwise None."""
    if hooked or members["_hooks"] is not None or "forward" in members:
        return None
    cdef PyObject *found = _PyType_Lookup(type(module), "forward")
    return <object>found if found != NULL else None


def run_in_order(dict attributes, names, x):
    """x through the modules with these names. Nobody can tell that a Linear and its activation were one step: if somebody looks between
    them (a hook) or has changed what one of them does (a subclass, a forward or a weight of its own), they are two."""
    cdef list row = [attributes[name] for name in names]
    cdef int n = len(row), i = 0, activation
    cdef dict members
    while i < n:
        module = row[i]
        i += 1
        if isinstance(module, Callable):
            members = module.__dict__
            if plain_forward(module, members) is linear_forward and "weight" in members and "bias" in members:
                activation = 0
                if i < n and isinstance(row[i], Callable):
                    activation = activation_forwards.get(plain_forward(row[i], row[i].__dict__), 0)
                try:
                    x = linear(LINEAR_ACTIVATION if activation else LINEAR, x, members["weight"], members["bias"], activation)
                except Exception as error:
                    locate(error, module)
                    raise
                if activation:
                    i += 1
                continue
        x = module(x)
    return x
