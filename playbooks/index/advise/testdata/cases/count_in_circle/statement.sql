SELECT count(*) FROM shops WHERE pos <@ circle '((20000,20000),500)'
