"""Learning: the library that learns to read documents from a few confirmed ones. Pure: no Django, no PDF library."""
