"""What is offered over SCIM, and what of identity providers' own ways is taken."""

from typing import Final

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    EnterpriseUser,
    ETag,
    Filter,
    Group,
    Patch,
    ResourceType,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)

from services.people.scim.users import ScimResource

MOST_IN_A_PAGE: Final = 200
TOLERANT: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)
"""Entra names schemas of its own, takes members out by value, and sets a work address where there is none."""


def provider() -> ScimProvider:
    """Users with the enterprise extension, and Groups; no bulk, no passwords."""
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_IN_A_PAGE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="bearer token",
                description="The token that the suite's operator has set for the identity provider.",
            )
        ],
    )
    types = [ResourceType.from_resource(ScimResource), ResourceType.from_resource(Group)]
    return ScimProvider([User, EnterpriseUser, Group], types, config=config, policy=TOLERANT)
