"""Where concrete things are joined, clocks are read and locks are held."""
