SELECT id FROM papers WHERE authors && ARRAY[77, 78]
