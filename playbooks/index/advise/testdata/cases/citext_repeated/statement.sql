SELECT pad FROM nicks WHERE nick = 'N7'
