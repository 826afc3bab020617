"""Where keys are kept: in memory for tests and small tools, in SQL for everything else."""
