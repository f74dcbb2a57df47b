SELECT note FROM metrics WHERE device = 77
