# What makes an nn.Module callable: a call of a type's C slot instead of one more Python frame around every forward.

cdef object locate = None  # puts the module's path into an error that passes


def install_module(*, locate_error):
    """Hand over what nn.Module does with errors."""
    global locate
    locate = locate_error


@cython.auto_pickle(False)
cdef class Callable:
    """Base of nn.Module: `module(...)` is `module.forward(...)`, within the module's hooks if it has any."""

    def __call__(self, *args, **kwargs):
        try:
            if self._hooks is not None:
                return self._hooks.call(self, args, kwargs)
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
