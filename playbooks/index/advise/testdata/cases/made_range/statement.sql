SELECT country FROM networks WHERE int8range(low, high, '[]') @> 12345678::bigint
