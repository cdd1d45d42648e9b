"""Line items: tables of one row an item, read from a few confirmed documents or, standard columns, from none.

The way of a document through this package, one module a step:

    tokens    words -> tokens (numbers joined, glued ones split) with their kinds and numbers
    features  tokens -> dense features: type, place in the line, header above, arithmetic, column
    tagger    features -> a probability for every column (auto-context: a second pass sees the first)
    rows      lines -> rows, by Viterbi over begin / inside / outside
    cells     rows -> typed values with a confidence
    locate    confirmed values -> the tokens they are printed in, what all of the above learns from
"""
