SELECT count(*) FROM marks WHERE grade = 37.5
