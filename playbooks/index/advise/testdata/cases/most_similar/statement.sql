SELECT id FROM books ORDER BY title <-> 'Title c4ca4238a0 of 1' LIMIT 5
