"""What plugin authors test with: a PBX in memory, and the suite that every backend must pass."""
