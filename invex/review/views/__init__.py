"""The pages of the review: the document, its script's questions, the inbox, and what is done to many at once."""
