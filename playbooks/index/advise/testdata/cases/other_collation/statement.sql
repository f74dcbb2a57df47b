SELECT id FROM words WHERE word = 'c4ca4238a0b923820dcc509a6f75849b' COLLATE "en-x-icu"
