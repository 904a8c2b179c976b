"""Regular, so that a package of this name that something else installs cannot hide it."""
