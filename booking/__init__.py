"""Wartefrei: book a time at a municipal counter."""
