"""Alembic's scripts; rag.registry.migrate runs them when a registry is opened."""
