SELECT id FROM old_mail WHERE sender = 77 UNION ALL SELECT id FROM new_mail WHERE sender = 77
