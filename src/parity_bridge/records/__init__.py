"""What lies on disk: folders, JSON records, logs and metadata, written and read back."""
