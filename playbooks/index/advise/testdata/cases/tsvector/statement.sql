SELECT id FROM pages WHERE words @@ to_tsquery('simple', 'word77')
