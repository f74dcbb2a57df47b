SELECT m.id, f.paid FROM members m LEFT JOIN fees f ON f.member = m.id WHERE m.club = 7
