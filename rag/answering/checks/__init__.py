from rag.answering.checks.statement import check_statement

__all__ = ["check_statement"]
