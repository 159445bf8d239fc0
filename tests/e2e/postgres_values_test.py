#!/usr/bin/env python3
"""What a real PostgreSQL sends maps to the values that are written down, in both formats.

Usage: postgres_values_test.py PROGRAM CASES
"""
import subprocess
import sys

from postgres_cluster import PostgresCluster


def main(program, cases):
    with PostgresCluster() as cluster:
        return subprocess.run([program, cluster.conninfo(), cases]).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
