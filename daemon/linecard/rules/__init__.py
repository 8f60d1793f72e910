"""The decisions: pure functions over the words of `linecard.model`, without I/O, clocks or environment."""
