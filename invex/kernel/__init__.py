"""Kernel: states, events, queue, blobs, audit, errors. Knows nobody."""
