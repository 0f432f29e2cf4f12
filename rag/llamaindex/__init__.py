"""teamlore as parts of a LlamaIndex program. LlamaIndex is imported here, so nothing else of ours imports this.

No global `Settings` is read or set. What a service or home refuses is raised as it says it, with `.fix`.
"""

from rag.llamaindex.answers import TeamloreQueryEngine, teamlore_tool
from rag.llamaindex.home import open_home
from rag.llamaindex.passages import TeamloreRetriever

__all__ = ["TeamloreQueryEngine", "TeamloreRetriever", "open_home", "teamlore_tool"]
