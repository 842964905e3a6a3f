"""The live view: what it shows, how it draws without a kernel, and its front end.

`trace` and `experiment` hold what is known of one attempt and of many, `session`
answers what a front end asks, `snapshot` and `page` are the forms that need nobody
to ask, and ``frontend/`` is the JavaScript.
"""
