"""What goes wrong and is no defect of the suite."""


class BenchmarkError(Exception):
    """Printed as one line."""
