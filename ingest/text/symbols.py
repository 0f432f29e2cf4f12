"""Where the classes and functions of a program begin."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from rag.domain.types import Mark, Section

LONGEST = 240  # characters of a line that can declare something
TAB = 4

_JAVA_LIKE = (
    r"(?:(?:public|private|protected|internal|static|final|abstract|sealed|open|override|virtual|async|partial|data|"
    r"readonly|inline|suspend|implicit|case|export|default|declare|native|synchronized|fileprivate|mutating|lazy)\s+)*"
)
_TYPES = r"(?P<kind>class|interface|struct|enum|trait|object|record|namespace|protocol|extension|actor|union)\s+"
_CALLED = r"(?!(?:if|for|while|switch|catch|return|else|do|new|throw|sizeof|await|using|lock|foreach|elif)\b)"
_METHOD = rf"{_JAVA_LIKE}{_CALLED}(?:[\w<>\[\],.?&*:]+\s+)+{_CALLED}(?P<b>[\w~$]+)\s*\([^;={{]*\)?[^;=]*\{{?"
JAVA = rf"{_JAVA_LIKE}(?:{_TYPES}(?P<a>[\w.]+)|(?:fun|func|def|init)\s+(?:<[^>]*>\s*)?(?P<c>[\w.`]+)).*|{_METHOD}"
SCRIPT = (
    rf"{_JAVA_LIKE}(?:{_TYPES}(?P<a>[\w$]+).*|type\s+(?P<b>\w+)\s*(?:<.*>)?\s*=.*|function\s*\*?\s*(?P<c>[\w$]+).*|"
    r"(?:const|let|var)\s+(?P<d>[\w$]+)\s*(?::[^=]+)?=\s*(?:async\s*)?(?:function\b|\([^;]*=>|[\w$]+\s*=>).*|"
    rf"(?:get\s+|set\s+|\*\s*)?{_CALLED}(?P<e>[\w$#]+)\s*\([^;]*\)\s*(?::\s*[^;{{]+)?\{{)"
)
GO = r"func\s+(?:\(\s*\w*\s*\*?(?P<o>\w+)[^)]*\)\s*)?(?P<a>\w+).*|type\s+(?P<b>\w+)\s+.*"
RUST = (
    r"(?:pub(?:\([^)]*\))?\s+)?(?:(?:async|unsafe|const|default|extern(?:\s+\"[^\"]*\")?)\s+)*"
    r"(?:fn\s+(?P<a>\w+).*|(?P<kind>struct|enum|trait|union|mod)\s+(?P<b>\w+).*|type\s+(?P<c>\w+).*|"
    r"macro_rules!\s*(?P<d>\w+).*|(?P<impl>impl)\b(?:<[^{]*?>)?\s+(?:[\w:<>', &]+\s+for\s+)?(?P<e>\w+).*)"
)
C = (
    r"(?:typedef\s+)?(?:template\s*<.*>\s*)?(?P<kind>struct|class|union|enum(?:\s+class)?|namespace)\s+(?P<a>\w+)[^;()]*"
    rf"|(?:[A-Za-z_][\w:<>,]*[\s*&]+)+{_CALLED}(?P<b>[\w:~]+)\s*\([^;]*"
)
RUBY = r"(?P<kind>class|module)\s+(?P<a>[\w:]+).*|def\s+(?P<b>[\w.?!=]+).*"
SHELL = r"(?:function\s+(?P<a>[\w:-]+).*|(?P<b>[\w:-]+)\s*\(\)\s*\{?.*)"
SQL = (
    r"(?i:create\s+(?:or\s+replace\s+)?(?:temp(?:orary)?\s+|unique\s+|materialized\s+)*"
    r"(?:table|view|function|procedure|trigger|index|type)\s+(?:if\s+not\s+exists\s+)?(?P<a>[\w.\"`\[\]]+)).*"
)
R = r"(?P<a>[\w.]+)\s*(?:<-|=)\s*function\s*\(.*"
JULIA = (
    r"(?:(?P<kind>module|mutable\s+struct|struct)|function|macro|abstract\s+type)\s+(?P<a>[\w.!]+).*|"
    r"(?P<b>[\w!]+)\(.*\)\s*=[^=].*"
)
LUA = r"(?:local\s+)?function\s+(?P<a>[\w.:]+).*|(?:local\s+)?(?P<b>[\w.]+)\s*=\s*function\b.*"
MATLAB = (
    r"(?P<kind>classdef|@interface|@implementation|@protocol)\s+(?P<a>\w+).*|"
    r"function\s+(?:[^=(]*=\s*)?(?P<b>[\w.]+).*|[-+]\s*\([^)]*\)\s*(?P<c>\w+).*"
)
PERL = r"sub\s+(?P<a>\w+).*|(?P<kind>package)\s+(?P<b>[\w:]+).*"
ELIXIR = r"(?P<kind>defmodule|defprotocol|defimpl)\s+(?P<a>[\w.]+).*|defp?\s+(?P<b>[\w?!]+).*"
PROTO = r"(?P<kind>message|service|enum)\s+(?P<a>\w+).*|rpc\s+(?P<b>\w+).*"
TERRAFORM = r"(?P<kind>resource|module|variable|output|data|provider)\s+(?P<a>\"[^{]*\").*"

PYTHON = r"(?P<kind>class)\s+(?P<a>\w+).*|(?:async\s+)?def\s+(?P<b>\w+).*"
_FAMILIES = {
    PYTHON: ".py .pyi .pyx",
    SCRIPT: ".js .mjs .cjs .jsx .ts .tsx .mts .vue .svelte",
    JAVA: ".java .kt .kts .scala .sc .cs .swift .php .dart .groovy .gradle",
    GO: ".go",
    RUST: ".rs",
    C: ".c .h .cc .cpp .cxx .hpp .hh .cu .cuh",
    RUBY: ".rb",
    SHELL: ".sh .bash .zsh",
    SQL: ".sql",
    R: ".r",
    JULIA: ".jl",
    LUA: ".lua",
    MATLAB: ".m .mm",
    PERL: ".pl .pm",
    ELIXIR: ".ex .exs",
    PROTO: ".proto",
    TERRAFORM: ".tf .hcl",
    "": ".css .scss .less .hs .ml .clj .erl .fs .vb .f90 .nim .zig .bat .ps1 .cmake .graphql",
}
DECLARATIONS = {suffix: re.compile(pattern) for pattern, suffixes in _FAMILIES.items() for suffix in suffixes.split()}


@dataclass(frozen=True, slots=True)
class _Symbol:
    name: str
    indent: int
    holds: bool  # a class, a module: what is indented below belongs to it


def symbol_marks(text: str, suffix: str) -> tuple[Mark, ...]:
    """Marks whose path is (class, method): from the syntax tree for Python, by the look of lines for the others."""
    if suffix in {".py", ".pyi"} and (marks := _python_marks(text)) is not None:
        return marks
    pattern = DECLARATIONS[suffix]
    return tuple(_marks_by_lines(text, pattern)) if pattern.pattern else ()


def _python_marks(text: str) -> tuple[Mark, ...] | None:
    """None when it does not parse: another Python, or a template."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the source's own making
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return tuple(_python_body(tree.body, (), starts))


def _python_body(body: list[ast.stmt], path: tuple[str, ...], starts: list[int]) -> Iterator[Mark]:
    """After a symbol's end the path is the outer one again."""
    inside = False
    for statement in body:
        if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([statement.lineno, *(decorator.lineno for decorator in statement.decorator_list)])
            inner = (*path, statement.name)
            yield Mark(at=starts[first - 1], locator=Section(inner))
            if isinstance(statement, ast.ClassDef):
                yield from _python_body(statement.body, inner, starts)
            inside = True
        elif inside:
            yield Mark(at=starts[statement.lineno - 1], locator=Section(path))
            inside = False


def _marks_by_lines(text: str, pattern: re.Pattern[str]) -> Iterator[Mark]:
    at = 0
    above: list[_Symbol] = []
    for line in text.split("\n"):
        code = line.strip()
        if code and len(line) <= LONGEST and (found := pattern.fullmatch(code)):
            named = found.groupdict()
            indent = len(line.expandtabs(TAB)) - len(line.expandtabs(TAB).lstrip())
            while above and above[-1].indent >= indent:
                above.pop()
            name = next(named[group] for group in "abcde" if named.get(group))
            owner = (named["o"],) if named.get("o") else ()
            outer = tuple(symbol.name for symbol in above if symbol.holds)
            yield Mark(at=at, locator=Section((*outer, *owner, name.strip('"`'))))
            above.append(_Symbol(name, indent, bool(named.get("kind") or named.get("impl"))))
        at += len(line) + 1
