"""An answer rendered: memo, summary, figures, page, failure text; written into a folder."""
