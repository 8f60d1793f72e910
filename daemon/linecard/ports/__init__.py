"""The shapes the outside must have: what a PBX and a report renderer look like from inside."""
