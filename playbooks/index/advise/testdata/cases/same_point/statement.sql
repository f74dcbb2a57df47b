SELECT id FROM spots WHERE at ~= point(777, 0)
