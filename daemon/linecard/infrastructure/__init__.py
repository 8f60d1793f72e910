"""What touches the machine for core and plugins alike: files, databases, templates. It knows nothing of runs."""
