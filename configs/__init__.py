"""What was agreed beforehand: terms, errors, policy, settings, wording.

Add here when it is a word, a threshold, an address of a setting or a sentence for people; rather in `tasks/rules` when it judges values.
"""
