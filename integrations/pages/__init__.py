"""What people look at: charts, the decision memo, the nightly report, the dossier. Presentation of frozen values, no judgement.

Add here when something is shown; rather in `tasks/rules` when it has to be worked out first, and in `configs/templates` when it is
wording sent to users.
"""
