"""A scan rendered: pictures, one self-contained page, the memo."""
