"""What a run leaves behind: JSON records first, Markdown rendered from them."""
