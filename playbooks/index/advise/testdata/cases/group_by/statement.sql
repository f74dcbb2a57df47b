SELECT choice, sum(weight) FROM votes GROUP BY choice
