"""What the machine-made entrants of the reference field draw their pipelines from.

There is a module for each competition.  Its function ``draw(rng, skill)`` draws one
pipeline at one level of skill.  Levels: 0 looks at the target alone, 1 uses part of
the data and simple models, 2 a usual model with its usual settings, 3 better features
and tuned settings.  Level 4, the same with several of them averaged, is made of draws
of level 3 by whoever trains them.
"""
