SELECT id FROM shifts WHERE during && tstzrange('2026-03-01', '2026-03-02')
