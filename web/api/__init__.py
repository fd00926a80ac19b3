"""The routes of docs/http.md: reading requests and writing answers. What they do is in the other packages of web."""
