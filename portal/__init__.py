"""Every door that a person or a system uses: HTTP API, pages, command line."""
