SELECT id FROM documents WHERE left(body ->> 'ref', 4) = 'r899'
