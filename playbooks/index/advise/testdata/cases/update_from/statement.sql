UPDATE bills b SET amount = f.amount FROM fixes f WHERE b.number = f.id
