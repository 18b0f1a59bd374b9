"""The W3C test suites, run against this project's own way of answering."""
