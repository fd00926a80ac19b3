"""YAML as plain values together with the line of each: what a good error message needs.

Stricter than YAML: no tags, no merge keys, a key only once, bounded depth and size, however often an alias
multiplies it. Not here: what the values mean.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
#: Three times what 1,000 cameras with zones and rules need; an alias bomb passes it at once.
MAX_VALUES = 100_000
#: No name or URL is longer; what is said of a fault quotes it (characters).
MAX_TEXT = 2000
_MANY = f"more than {MAX_VALUES} values"
MAX_DIGITS = 40
MAX_NUMBER = 2**63

Location = tuple[str | int, ...]

# libyaml is ten times as fast, and every role reads the file at start.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVED = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float")}


class SourceError(Exception):
    """The text is not the YAML that we accept; ``line`` counts from 1."""

    def __init__(self, line: int, text: str, remedy: str) -> None:
        super().__init__(f"{text}; {remedy}")
        self.line = line


@dataclass(frozen=True, slots=True)
class Source:
    """Plain values (dict, list, str, int, float, bool, None) and the line, from 1, of each place in them."""

    value: object
    _lines: dict[Location, int] = field(repr=False)
    _places: dict[str, list[Location]] = field(repr=False)  # of each string

    def line(self, location: Location) -> int:
        """The line of ``location``, or of the nearest thing around it that the text has."""
        for end in range(len(location), -1, -1):
            if location[:end] in self._lines:
                return self._lines[location[:end]]
        return 1

    def find(self, text: str, within: Location, *, backwards: bool = False) -> Iterator[Location]:
        """Every place under ``within`` whose value is the string ``text``, in the file's order, or against it."""
        places = self._places.get(text, ())
        for location in reversed(places) if backwards else places:
            if location[: len(within)] == within:
                yield location


def parse(text: str) -> Source:
    """Reads one YAML document; raises ``SourceError``. Empty text gives the value None."""
    try:
        _check_events(text)
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return Source(None, {}, {})
            return _Reader(loader).read(root)
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as err:
        line = text.count("\n", 0, err.position) + 1
        raise SourceError(line, f"a control character (U+{err.character:04X})", "remove it") from err
    except yaml.MarkedYAMLError as err:
        raise _syntax_error(err, text) from err


def _check_events(text: str) -> None:
    """Depth, tags and sizes, before anything recursive sees the text, or makes much more of it."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if number > 2 * MAX_VALUES:
            raise SourceError(line, _MANY, "is it a facility file?")
        if isinstance(event, yaml.ScalarEvent) and len(event.value) > MAX_TEXT:
            raise SourceError(line, f"a text of {len(event.value)} characters", "close the quotes, correct it")
        tag = getattr(event, "tag", None)
        if tag is not None:
            raise SourceError(line, f"the tag '{tag}'", "plain values only: take the tag out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise SourceError(line, f"more than {MAX_DEPTH} levels", "close the brackets, correct the indentation")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Reader:
    """Turns nodes into values; counts them, so that aliases cannot multiply without bound."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self._lines: dict[Location, int] = {}
        self._places: dict[str, list[Location]] = defaultdict(list)
        self._count = 0

    def read(self, root: yaml.Node) -> Source:
        self._lines[()] = root.start_mark.line + 1
        return Source(self._value(root, ()), self._lines, self._places)

    def _value(self, node: yaml.Node, location: Location) -> object:
        line = node.start_mark.line + 1
        self._count += 1
        if self._count > MAX_VALUES or len(location) > MAX_DEPTH:
            raise SourceError(line, f"{_MANY}, or aliases (*name) that make it endless", "write fewer")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            values = []
            for index, item in enumerate(node.value):
                self._lines[(*location, index)] = item.start_mark.line + 1
                values.append(self._value(item, (*location, index)))
            return values
        return self._scalar(node, location, line)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise SourceError(line, "a key that is a list or a mapping", "put a text with ${…} or {…} in quotes")
            key = key_node.value
            if key_node.tag == "tag:yaml.org,2002:merge":
                raise SourceError(line, "the merge key '<<'", "write the keys out")
            if key in values:
                first = self._lines[(*location, key)]
                raise SourceError(line, f"the key '{key}' stands twice (first in line {first})", "keep one of them")
            self._lines[(*location, key)] = line
            values[key] = self._value(value_node, (*location, key))
        return values

    def _scalar(self, node: yaml.Node, location: Location, line: int) -> object:
        # What YAML 1.1 takes for a date stays text: nothing in our files is one.
        if node.tag not in _RESOLVED:
            self._places[node.value].append(location)
            return node.value
        if len(node.value) > MAX_DIGITS:  # reading them takes time with their square
            raise SourceError(line, f"a number of {len(node.value)} digits", "correct it")
        try:
            value = self._loader.construct_object(node)
        except ValueError as err:
            raise SourceError(line, f"'{node.value}' is no number", "correct it") from err
        if isinstance(value, int) and abs(value) >= MAX_NUMBER:
            raise SourceError(line, f"'{node.value}' is too large a number", "correct it")
        if isinstance(value, float) and not math.isfinite(value):
            raise SourceError(line, f"'{node.value}' is no finite number", "state a number")
        return value


def _syntax_error(err: yaml.MarkedYAMLError, text: str) -> SourceError:
    mark = err.problem_mark or err.context_mark
    number = mark.line if mark is not None else 0
    lines = text.splitlines() or [""]
    at = lines[min(number, len(lines) - 1)]
    problem = (err.problem or "a syntax error").replace("'\\t' ", "")
    if "\t" in at[: len(at) - len(at.lstrip())]:
        return SourceError(number + 1, "a tab in the indentation", "use spaces")
    begun = err.context_mark.line if err.context_mark is not None else number
    if "another document" in problem:
        return SourceError(number + 1, "a second document", "take the '---' between them out")
    # An unquoted ${NAME} opens a flow mapping, and the parser only sees the consequence.
    if "${" in at and "flow" in (err.context or ""):
        return SourceError(number + 1, problem, 'put a URL with ${…} in quotes: "rtsp://${CAM_USER}:…"')
    if "unexpected end of stream" in problem:  # the end is where it was noticed, not where the fault is
        return SourceError(begun + 1, "quotes that nothing closes", "close the quotes")
    if begun != number:
        return SourceError(number + 1, f"{problem} ({err.context}, begun in line {begun + 1})", "correct the syntax")
    return SourceError(number + 1, problem, _remedy(problem))


def _remedy(problem: str) -> str:
    if "mapping values" in problem:
        return "put a text that holds ': ' in quotes, or correct the indentation"
    if "alias" in problem:
        return "define the anchor (&name) above, or put a text that begins with '*' in quotes"
    if "cannot start any token" in problem:
        return "put the text in quotes"
    return "correct the syntax or the indentation"
