SELECT page FROM visits WHERE (guest = 791) IS TRUE
