SELECT count(*) FROM clicks WHERE campaign = 7
