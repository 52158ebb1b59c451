"""What is left out, step by step, when a resume is longer than the pages asked for.

The least relevant bullets go first, and never the last one of a role: five jobs in are five jobs out. What goes
depends on the ad and the profile alone, so that all framings of one ad keep showing the same facts. Whether a step
suffices is measured by rendering, because only the renderer knows how long a page is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from api.generation.rules.job_analysis import JobAnalysis
from api.generation.rules.relevance import select_bullets
from api.generation.rules.tenure import newest_first
from api.generation.rules.wording import Wording
from api.profile.rules.profile import Bullet, Profile


@dataclass(frozen=True, slots=True)
class Step:
    """How much is shown.

    Bullets of the first, the second and every further role, of a project, of a voluntary role; entries of a list
    (certificates, awards, publications); projects and voluntary roles themselves.
    """

    roles: tuple[int, int, int]
    project: int
    volunteer: int
    items: int
    projects: int = 20
    volunteers: int = 20


STEPS = (
    Step(roles=(4, 3, 2), project=2, volunteer=2, items=4),
    Step(roles=(3, 2, 2), project=1, volunteer=1, items=3),
    Step(roles=(3, 2, 1), project=1, volunteer=1, items=2),
    Step(roles=(2, 1, 1), project=1, volunteer=1, items=2, projects=2, volunteers=1),
    Step(roles=(2, 1, 1), project=1, volunteer=1, items=1, projects=1, volunteers=0),
)


def tightened(wording: Wording, profile: Profile, analysis: JobAnalysis, tight: int) -> Wording:
    """The wording with the bullets of step `tight` (1 is the first); its own order of what stays is kept."""
    profile = newest_first(profile)
    step, weights = STEPS[tight - 1], analysis.skill_weights()
    orders = dict(wording.bullet_order)
    for index, role in enumerate(profile.roles):
        orders[role.id] = _kept(role.id, role.bullets, orders, weights, step.roles[min(index, 2)])
    for project in profile.projects:
        orders[project.id] = _kept(project.id, project.bullets, orders, weights, step.project)
    for role in profile.volunteer:
        orders[role.id] = _kept(role.id, role.bullets, orders, weights, step.volunteer)
    return replace(wording, bullet_order={parent: order for parent, order in orders.items() if order})


def _kept(
    parent: str,
    bullets: Sequence[Bullet],
    orders: Mapping[str, tuple[str, ...]],
    weights: Mapping[str, float],
    limit: int,
) -> tuple[str, ...]:
    shown = [bullet for bullet in orders.get(parent, ()) if any(own.id == bullet for own in bullets)]
    shown = shown or [bullet.id for bullet in bullets]
    best = {bullet.id for bullet in select_bullets([own for own in bullets if own.id in shown], weights, limit)}
    return tuple(bullet for bullet in shown if bullet in best)
