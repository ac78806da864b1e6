"""What every rehearsal adapter's options have in common: where the world lies, and which failures are planned.

Add here when all of them take another option; rather in the adapter's own file when only one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from configs.errors import FileMalformed, NotFound, Transient
from integrations import options
from integrations.contracts import Surroundings
from integrations.rehearsal.pen import Fault, Mode, Pen
from integrations.rehearsal.scenario import Scenario
from integrations.rehearsal.world import FILE_NAME, World, world_at


class Options(options.Options):
    """`world`: the world's file, relative to the settings' folder; by default it lies in the product's home folder."""

    world: str = ""


class PlannedFault(BaseModel):
    """A failure as settings plan it; `down` lasts from the rehearsal's start to `until_hours` after it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    mode: Mode
    call: str = ""
    times: Annotated[int, Field(ge=1)] = 1
    retry_after_seconds: Annotated[float, Field(ge=0)] = 30.0
    until_hours: Annotated[float, Field(ge=0)] = 0.0

    def as_fault(self, room: str, scenario: Scenario) -> Fault:
        """This failure in that room of the world."""
        until = scenario.start + timedelta(hours=self.until_hours)
        return Fault(room, self.mode, self.call, self.times, self.retry_after_seconds, until)


class Period(BaseModel):
    """A stretch of virtual time, [start, end)."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    start: AwareDatetime
    end: AwareDatetime

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether any moment of [start, end) lies in it."""
        return self.start < end and start < self.end


def world_path(given: Options, around: Surroundings) -> Path:
    """Where the world of these options lies."""
    return around.folder / given.world if given.world else around.home / FILE_NAME


@contextmanager
def neighbour(path: Path, unavailable: type[Transient]) -> Iterator[World]:
    """The world behind an adapter, its failures said as that kind of neighbour's: a missing or busy world does not answer."""
    try:
        yield world_at(path)
    except (NotFound, FileMalformed) as err:
        raise unavailable(err.message) from err
    except Transient as err:
        if type(err) is not Transient:
            raise
        raise unavailable(err.message) from err


def plan_once(pen: Pen, world: World, room: str, name: str, faults: tuple[PlannedFault, ...]) -> None:
    """Plans what the settings plan, once per world, however often the settings are read."""
    for number, fault in enumerate(faults):
        pen.plan(fault.as_fault(room, world.scenario), origin=f"{room}:{name}:{number}:{fault.model_dump_json()}")
