"""What linecard remembers: drops, runs, their rows, changes and events, in one database."""
