"""What runs outside torch: loops compiled by numba where it is installed (extra ``fast``), and
LAPACK by way of SciPy; and on how many threads torch runs.
"""
