"""What people open in a browser without the Prefect UI: our own small web app, and the pages in it.

Add here when a person outside gets another page (a file with its routes, and its words in `configs/templates/web.yaml`); rather in
`integrations/server` when it is about Prefect's own server, and in `integrations/pages` when a page is made to be kept and not answered.
"""
