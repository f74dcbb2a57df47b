SELECT pad FROM entries WHERE reversed = 5050
