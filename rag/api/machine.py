"""What a serving process needs of its machine: a socket to listen on, and a log."""

import errno
import logging
import socket
import sys

import structlog

from rag.domain.errors import BadSetting


def log_to_stderr(level: str) -> None:
    """Ours at `level`, libraries from warnings on. Standard output is for results."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s [%(levelname)s] %(message)s")
    for ours in ("rag", "ingest", "ui"):
        logging.getLogger(ours).setLevel(level.upper())
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
    )


def listen(host: str, port: int, *, any_port: bool) -> socket.socket:
    """The listening socket, made here so that a taken port is told before anything is opened."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + (20 if any_port and port else 0) + 1):
        listening = socket.socket(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, candidate))
        except OSError as problem:
            listening.close()
            if problem.errno != errno.EADDRINUSE:
                raise BadSetting(
                    f"Cannot listen on {host}:{candidate}: {problem.strerror}.",
                    fix="Set TEAMLORE_HOST to an address of this machine and TEAMLORE_PORT to one you may use.",
                ) from problem
        else:
            return listening
    raise BadSetting(
        f"Port {port} on {host} is taken.",
        fix="Stop what listens there, set TEAMLORE_PORT, or use `teamlore serve --any-port`.",
    )
