SELECT id, title FROM news ORDER BY published DESC LIMIT 10
