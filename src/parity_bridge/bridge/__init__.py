"""The use cases: a question in, an answer out; the one place that knows the order of things."""
