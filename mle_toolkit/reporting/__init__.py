"""Figures and reports from tidy frames and run folders."""
