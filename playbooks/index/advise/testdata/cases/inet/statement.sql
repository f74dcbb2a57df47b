SELECT note FROM leases WHERE address <<= '10.7.0.0/16'
