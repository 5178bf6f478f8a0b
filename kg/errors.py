"""Every error that policykg raises on purpose.

PolicykgError                  base; its text is a whole sentence that says what to do
├── DocumentError              a file cannot be ingested: names the file, the place, the remedy
├── StoreError                 the store cannot be opened or written
├── OntologyError              packaged data (ontology, dictionary, patterns) is at fault
├── QueryError                 a question is not well-formed, or its parameters are wrong
└── NotFound                   no document, entity or question of that name

The command line turns each into one line on standard error and the exit code named here; the API turns each into
an HTTP status in one place (`kg.problems`).
"""


class PolicykgError(Exception):
    """Base of all errors that a user can mend. `exit_code` is what the command line exits with."""

    exit_code = 1


class DocumentError(PolicykgError):
    """A file that cannot be ingested."""

    exit_code = 3


class StoreError(PolicykgError):
    """A store that cannot be opened or written."""

    exit_code = 4


class OntologyError(PolicykgError):
    """Packaged data that is at fault: the message names the file and the line or term."""

    exit_code = 5


class QueryError(PolicykgError):
    """A question that cannot be asked as it was put."""

    exit_code = 2


class NotFound(PolicykgError):
    """No document, entity or question of that name; `suggestions` holds near names, best first."""

    exit_code = 6

    def __init__(self, message: str, *, suggestions: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.suggestions = suggestions
