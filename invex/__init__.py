"""Invex: documents in, checked data out, on a company's own machines."""

import os

# The learner's matrices are small: more threads of numpy's BLAS wait for each other, at more than twice the processor
# time of a prediction. It reads this when it is loaded, so it stands before every import of numpy.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
