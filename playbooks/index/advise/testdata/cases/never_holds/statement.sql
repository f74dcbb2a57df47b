SELECT note FROM marks WHERE grade > 5 AND grade < 3
