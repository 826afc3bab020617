"""Projects have nothing of each other's."""

import pytest

from tests.dashboard.conftest import Owner

pytestmark = pytest.mark.anyio


async def test_a_new_project_is_empty_and_one_can_go_back(owner: Owner) -> None:
    """Links of one project are not there in another."""
    link = await owner.link()
    first = owner.shop.project_id
    assert await owner.done("/projects", name="Second <shop>") == ""
    page = await owner.page("")
    assert "Second <shop>" in page
    assert "The project was created" in page
    await owner.page(link, 404)
    assert await owner.done(f"/projects/{first}/switch") == ""
    await owner.page(link)


async def test_a_project_needs_a_name_and_must_exist(owner: Owner) -> None:
    """An empty name is named, and an unknown project is a 404."""
    answer = await owner.send("/projects", name=" ")
    assert answer.status_code == 422
    assert 'id="name-problem"' in answer.text
    assert (await owner.send("/projects/prj_nope/switch")).status_code == 404
