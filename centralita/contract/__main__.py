from centralita.contract.documents import write

write()
