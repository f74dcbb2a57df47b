SELECT note FROM by_region WHERE region = 77
