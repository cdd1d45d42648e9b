"""The factory: from confirmed labels to models that are deployed, watched and taken back."""

import invex as invex  # sets the threads of numpy's BLAS before numpy is loaded
