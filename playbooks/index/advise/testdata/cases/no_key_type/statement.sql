SELECT id FROM docs WHERE body = '{"n": 5}' AND tags = '{a5}' AND text = 'x'
