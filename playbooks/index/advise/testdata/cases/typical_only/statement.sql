SELECT page, count(*), max(pad) FROM visits WHERE account = 977 GROUP BY page
