"""How convolutions are computed.

winograd: bool = True
    Whether 3x3 convolutions of stride 1 and their gradients may be computed by Winograd's algorithm F(4x4, 3x3), which takes a quarter
    of the multiplications. It is used in float32 alone, where there are enough channels and pixels for it to be faster. Its rounding
    errors are two or three times those of the direct sum: about 2e-6 of the largest output. False: always the direct sum.

>>> import minigrad as mg
>>> mg.backends.conv.winograd = False  # from now on
>>> mg.backends.conv.winograd = True
"""

winograd: bool = True
