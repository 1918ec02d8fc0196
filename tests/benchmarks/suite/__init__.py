"""What tests/benchmarks/compare.py is made of; Python's standard library is enough."""
