"""Figures for Prometheus. One registry an app, so that two apps in a process do not mix."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "teamlore_requests", "Requests answered", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "teamlore_request_seconds",
            "From the request to the end of its answer",
            ("route",),
            registry=self._registry,
            buckets=(0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
        )
        self._tokens = Counter(
            "teamlore_llm_tokens", "As a language model's server counted", ("llm", "way"), registry=self._registry
        )
        self._work = Gauge(
            "teamlore_work", "Answers and jobs that run or wait", ("pool", "state"), registry=self._registry
        )

    def observe(self, method: str, route: str, *, status: int, seconds: float) -> None:
        self._requests.labels(method if method in METHODS else "other", route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def spent(self, model: Mapping[str, str]) -> None:
        """`model`: of an answer. What nobody counted is not counted here."""
        for way in ("in", "out"):
            if tokens := int(model.get(f"tokens_{way}", 0)):
                self._tokens.labels(model.get("llm", ""), way).inc(tokens)

    def work(self, pool: str, *, running: int, waiting: int) -> None:
        self._work.labels(pool, "running").set(running)
        self._work.labels(pool, "waiting").set(waiting)

    def text(self) -> bytes:
        return generate_latest(self._registry)
