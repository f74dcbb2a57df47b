SELECT s.id, v.at, v.spent FROM shops s CROSS JOIN LATERAL (SELECT at, spent FROM visits WHERE shop = s.id ORDER BY at DESC LIMIT 3) v WHERE s.town = 'town 7'
