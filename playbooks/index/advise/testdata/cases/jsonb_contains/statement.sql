SELECT id FROM documents WHERE doc @> '{"ref": 77}'
