"""Slow or repeated work: claimed under a lease, bounded in time, retried, and visible."""

from tillgate.store.jobs.batches import in_batches
from tillgate.store.jobs.kinds import Due, Kind
from tillgate.store.jobs.model import Again, Job, JobState, NotYet
from tillgate.store.jobs.operations import count_jobs, enqueue, list_jobs, note_failure, retry_job
from tillgate.store.jobs.records import hasten, without_job
from tillgate.store.jobs.worker import JobWorker

__all__ = [
    "Again",
    "Due",
    "Job",
    "JobState",
    "JobWorker",
    "Kind",
    "NotYet",
    "count_jobs",
    "enqueue",
    "hasten",
    "in_batches",
    "list_jobs",
    "note_failure",
    "retry_job",
    "without_job",
]
