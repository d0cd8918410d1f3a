"""What a job is about is told from its title, else from the department."""

import pytest

from deploy.sample.functions import FUNCTIONS, function_of
from deploy.sample.organisation import organisation


@pytest.mark.parametrize(
    ("title", "department", "function"),
    [
        ("Account Executive", "Sales", "sales"),
        ("Sales Engineer", "Sales", "sales"),
        ("HR Partner", "People", "people"),
        ("Partner Manager", "Sales", "sales"),
        ("Product Marketing Specialist", "Marketing", "marketing"),
        ("Production Planner", "Operations", "operations"),
        ("Product Designer", "Product and Design", "product"),
        ("Firmware Engineer", "Engineering", "devices"),
        ("Support Engineer", "Customer Success", "support"),
        ("Internal Auditor", "Finance", "finance"),
        ("IT Manager", "Operations", "it"),
        ("Odoo Dev", "S/W Dept", "engineering"),
        ("Sales Man", "Sales Dept", "sales"),
        (None, "S/W Dept", "engineering"),
        ("Senior Manager", "Managers", "executive"),
        ("Beekeeper", "Apiary", "general"),
        (None, None, "general"),
    ],
)
def test_titles_tell_the_function(title, department, function):
    assert function_of(title, department) == function


def test_the_sample_has_every_function_but_the_general_one():
    found = {function_of(person.job_title, person.department) for person in organisation()}
    assert found == set(FUNCTIONS) - {"general"}
