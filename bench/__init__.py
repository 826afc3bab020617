"""What ``make bench`` runs: ratios against baselines of the same run. It asserts no times."""
