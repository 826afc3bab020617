"""What ``make soak`` runs: thousands of sessions on servers that are killed meanwhile, and the proof afterwards."""
