"""Words that say nothing by themselves."""

_FUNCTION_WORDS = """a about after all also an and any are as at be because been before being both but by can could did
    do does doing for from had has have he her him his how i if in into is it its just may might more most much must my
    no not of on only or other our out over own same she should since so some such than that the their them then there
    these they this those through to too up very was we were what when where which while who whom why will with would
    you your"""
STOP = frozenset(_FUNCTION_WORDS.split())
