"""Plan an experiment, dispatch its attempts, and supervise each one.

`plan` is pure.  `control` starts, stops, resumes and extends an experiment by
writing files.  `dispatcher` and `supervisor` are processes; an engine carries
supervisors to where they run and owns no truth.
"""
