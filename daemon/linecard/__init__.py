"""linecard: from an HR sheet to the telephone system, planned, applied, read back, reported."""

__version__ = "0.1.0"
