SELECT note FROM refs WHERE number::bigint = 77
