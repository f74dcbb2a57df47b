DELETE FROM flights WHERE airline = 7 AND number = 77
