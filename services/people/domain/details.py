"""What may be sent about a person, cleaned as the import cleans it; only what is stated counts."""

from datetime import date
from typing import Annotated, cast

from pydantic import AfterValidator, Field

from services.people.domain.csv_import.cells import LONGEST, clean, email_address
from services.people.domain.locality import DEFAULT_LANGUAGE, DEFAULT_TIME_ZONE
from services.people.domain.person import Details, NewDetails
from shared.contracts.base import Frozen


def _address(text: str | None) -> str | None:
    cleaned = clean(text or "")
    if not cleaned:
        return None
    address = email_address(cleaned)
    if address is None:
        raise ValueError("is no e-mail address; write it like name@company.com")
    return address


def _cleaned_or_none(text: str | None) -> str | None:
    return clean(text or "") or None


Name = Annotated[str, Field(max_length=LONGEST), AfterValidator(clean)]
Text = Annotated[str | None, Field(max_length=LONGEST), AfterValidator(_cleaned_or_none)]
Email = Annotated[str | None, Field(max_length=LONGEST), AfterValidator(_address)]


class SentDetails(Frozen):
    """Details of a person as somebody sends them."""

    given_name: Name = ""
    family_name: Name = ""
    employee_number: Text = Field(default=None, description="Unique, without regard to case.")
    external_id: Text = Field(default=None, description="What another system calls the person.")
    email: Email = Field(default=None, description="Unique; kept in lower case.")
    job_title: Text = None
    job_level: Text = Field(default=None, description="The organisation's own code for it, such as L3.")
    location: Text = None
    time_zone: str = Field(
        default=DEFAULT_TIME_ZONE, max_length=LONGEST, description="Such as Europe/Berlin."
    )
    language: str = Field(default=DEFAULT_LANGUAGE, max_length=LONGEST, description="Such as en or pt-BR.")
    joined_on: date | None = None

    def stated(self) -> Details:
        """What was sent, and nothing else."""
        sent = self.model_fields_set & set(SentDetails.model_fields)
        return cast("Details", {name: getattr(self, name) for name in sent})

    def of_somebody_new(self) -> NewDetails:
        """As `stated`, with the name that every new person needs."""
        return cast("NewDetails", {"given_name": "", **self.stated()})
