SELECT note FROM nodes WHERE cluster = ANY ('{3,4,5}'::int[])
