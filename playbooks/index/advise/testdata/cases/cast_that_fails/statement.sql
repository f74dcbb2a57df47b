SELECT id FROM people WHERE grp = 77 AND (doc ->> 'age')::int = 77
