SELECT count(agent) FROM sessions WHERE seen + interval '1 day' > now()
