"""Message passing by DGL, beside the processors of plain PyTorch: the same equations, options and parameters.

DGL 1.1.3 is the last that the package index has for Python 3.11, computes there on the CPU alone, and is no longer
maintained (docs/decisions/0017), so nothing needs it: it is a second, independent implementation to hold ours against,
and the place for processors that somebody has as DGL layers.
"""
