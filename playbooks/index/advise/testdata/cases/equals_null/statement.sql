SELECT note FROM marks WHERE grade = NULL
