"""ISO 20022 messages: recalls drafted (camt.056), their answers read (camt.029), payments and statements as records.

xml           the one safe way in
schemas       the official schemas that come with Accord
codes         the external code lists, which the schemas leave open
nodes, payment, case   what the messages have in common
recall, resolution     camt.056, camt.029
pacs008, camt053, records   pacs.008 and camt.053 as rows of the record tables
recalls       our orders to drafts, and answers back to our orders
"""
