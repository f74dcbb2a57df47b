SELECT id FROM documents WHERE (body ->> 'uid')::int = $1
