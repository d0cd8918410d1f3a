"""Demographic attributes, as the person and HR admin read them."""

from datetime import date

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.people.domain.demographics import Demographics
from services.people.domain.person import Person
from services.people.store.demographics import demographics_id, demographics_in
from shared.http import View
from shared.ids import PersonId
from shared.preconditions import entity_tag

router = APIRouter(tags=["demographics"])


class DemographicsView(BaseModel):
    """What fairness checks may ask about a person; null where it is not known or not told."""

    person_id: PersonId
    gender: str | None
    date_of_birth: date | None
    version: int

    @classmethod
    def of(cls, demographics: Demographics) -> "DemographicsView":
        """The view of a person's attributes."""
        return cls(**dict(demographics))


@router.get("/people/{person_id}/demographics", summary="Read demographic attributes")
async def get_demographics(person_id: PersonId, view: View, response: Response) -> DemographicsView:
    """For the person and for HR admin, and nobody else."""
    await view.one(Person, "people", person_id, action="read_person")
    await view.demand("read_demographics", Demographics(person_id=person_id), about=f"people/{person_id}")
    doc = await view.db["demographics"].find_one({"_id": demographics_id(person_id)})
    known = demographics_in(doc) if doc else Demographics(person_id=person_id)
    response.headers["ETag"] = entity_tag(known.version)
    return DemographicsView.of(known)
