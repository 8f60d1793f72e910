"""Rules about rows that linecard brings. Each module with hooks is an entry point."""
