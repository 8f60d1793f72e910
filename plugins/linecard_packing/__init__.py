"""Files that arrive encrypted or packed, and the keys they need. Each module with hooks is an entry point."""
