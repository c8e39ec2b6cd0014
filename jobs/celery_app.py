"""The Celery application: how tasks travel and what happens to them when something dies.

The queue is a hint, the database is the truth: every task may run twice or be lost, and asks PostgreSQL what is left to do.
"""

from celery import Celery

from jobs import delivery, exports, schedule, tasks
from shared.settings import Settings

BROKER_DATABASE = 0


def create_app(settings: Settings) -> Celery:
    """Return the application with its tasks and schedule."""
    app = Celery("jobs", broker=f"{settings.redis_url.get_secret_value().rstrip('/')}/{BROKER_DATABASE}")
    longest = settings.refresh_timeout_seconds + 60
    app.conf.update(
        task_serializer="json", accept_content=["json"], result_serializer="json",  # never pickle
        task_ignore_result=True,
        task_acks_late=True, task_reject_on_worker_lost=True,  # celery 5.7: without both, a killed child loses its task
        worker_prefetch_multiplier=1,
        task_time_limit=longest, task_soft_time_limit=longest - 30,
        broker_transport_options={
            "visibility_timeout": 2 * longest,  # a task that runs longer than this is handed out again
            "socket_timeout": 10, "socket_connect_timeout": 3, "socket_keepalive": True, "retry_on_timeout": True, "health_check_interval": 15,
            "queue_order_strategy": "priority",
        },
        broker_connection_retry_on_startup=True, broker_connection_max_retries=None,
        worker_hijack_root_logger=True, worker_redirect_stdouts=False, worker_send_task_events=False,
        worker_max_tasks_per_child=500,
        task_routes={exports.TASK: {"queue": exports.QUEUE}, delivery.PRINT_TASK: {"queue": exports.QUEUE}},  # a worker of their own: a queue of files must not keep numbers from being refreshed
        timezone=settings.company_time_zone, enable_utc=True,
        beat_scheduler="jobs.beat:Scheduler",
        redbeat_redis_url=f"{settings.redis_url.get_secret_value().rstrip('/')}/{BROKER_DATABASE}",
        redbeat_lock_timeout=15,  # redbeat 2.4: the default makes a failover wait 25 minutes
        beat_max_loop_interval=3,  # must be well below the lock's time-out
        redbeat_redis_options={"socket_timeout": 5, "socket_connect_timeout": 3},
        beat_schedule=schedule.entries(settings),
    )
    tasks.register(app, settings)
    return app
