"""The offline model: a seeded writer of scikit-learn programs.

It is not a language model, and results with it say nothing about language models.
It lets every part of the toolkit run for real, without a key and without a network:
programs that are trained on real data, fail for real reasons, and get better.

It stands behind the same protocol as any chat model and knows nothing but the
prompt.  `reading` takes the prompt apart, `problem` makes out the task, `drafting`,
`debugging` and `improving` decide what to do, as changes to a `recipe`, `writing`
turns a recipe into a program and `rereading` a program back into its recipe;
`reviewing` reports on a program's output.
"""

from mle_toolkit.models.offline.model import OfflineModel

__all__ = ["OfflineModel"]
