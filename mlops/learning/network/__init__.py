"""A small layout-aware encoder over words and boxes, for day zero: the one place of torch. Serving never loads it."""
