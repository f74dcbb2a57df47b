DELETE FROM entries e USING gone g WHERE e.owner = g.id
