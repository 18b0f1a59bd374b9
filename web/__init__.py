"""The faces: pages, JSON API, SPARQL, linked data, command line."""
