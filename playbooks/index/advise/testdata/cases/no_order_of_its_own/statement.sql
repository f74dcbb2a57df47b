SELECT id FROM changes WHERE by_xid = '777'::xid
