SELECT DISTINCT colour FROM colours
