"""Readers of the formats that data sets come in. Each takes the content of a file and a name for its errors, and trusts neither."""
