SELECT id, title FROM news WHERE section = 5 ORDER BY published DESC LIMIT 10
