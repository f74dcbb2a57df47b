SELECT note FROM base WHERE kind = 77
