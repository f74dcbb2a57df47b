-- Read after a setting was changed: what it is now.
-- Costs under 0.1 ms. Versions 13 and later. Every role may.
/* pgmedic:setting */
SELECT current_setting($1)
