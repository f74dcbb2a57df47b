SELECT note FROM late WHERE kind = 77
