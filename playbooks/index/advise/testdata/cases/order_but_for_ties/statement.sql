SELECT id, total FROM entries WHERE tenant = 7 ORDER BY at DESC, id DESC LIMIT 5
