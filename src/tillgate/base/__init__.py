"""The ground floor: money, ids, instants, callers, errors. No I/O and nothing from a third party."""
