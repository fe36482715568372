"""Files of the package: folders, JSON records, logs and metadata, written and read back."""
