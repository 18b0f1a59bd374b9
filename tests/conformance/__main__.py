"""`python -m tests.conformance > docs/conformance.md`: run all suites, print the page; status 1 at a surprise."""

import sys

from .manifests import RDF_TESTS, SHACL_TESTS
from .report import outcomes, page, surprises

found = outcomes()
if not found:
    sys.exit(f"The W3C's tests are neither at {RDF_TESTS} nor at {SHACL_TESTS}; see GOODWAYS_W3C_TESTS.")
print(page(found), end="")
if unforeseen := surprises(found):
    sys.exit("Not as tests/conformance/exceptions.yaml says: " + ", ".join(unforeseen))
