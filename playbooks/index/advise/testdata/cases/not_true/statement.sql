SELECT id, note FROM dues WHERE paid IS NOT TRUE AND due < '2020-08-01'
