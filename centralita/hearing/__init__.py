"""The conversation with a caller who may speak: sound out, sound in, and which of the two has the word."""
