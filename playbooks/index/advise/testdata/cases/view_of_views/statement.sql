SELECT note FROM mine WHERE who = 77
