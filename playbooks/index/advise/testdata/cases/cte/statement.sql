WITH mine AS (SELECT amount FROM moves WHERE account = 77) SELECT sum(amount) FROM mine
