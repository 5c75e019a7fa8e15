"""Benchmarks: each program measures the product and a yardstick in the same run and prints the ratio."""
