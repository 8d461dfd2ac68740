"""One change of one live record, whoever else writes to it."""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.live import rewritten
from tallystick.users.user import User
from tests.inprocess import InProcess
from tests.people import person


def logged_in(user: User) -> User:
    return replace(user, logins_count=user.logins_count + 1)


def test_a_change_is_decided_on_what_another_made_of_it(house: InProcess) -> None:
    live, read_before = house.worker.storage, person(house)
    house.run(live.write(saves=(replace(read_before, logins_count=6),)))

    written = house.run(rewritten(live, read_before, read_before.user_id, logged_in))

    assert written is not None
    assert written.logins_count == 7
    assert house.run(live.get(User, read_before.tenant_id, read_before.user_id)) == written


def test_what_stays_as_it_is_is_not_written(house: InProcess) -> None:
    user = person(house)
    assert house.run(rewritten(house.worker.storage, user, user.user_id, lambda user: user)) is user
    assert house.run(house.worker.storage.get(User, user.tenant_id, user.user_id)) == user


def test_what_is_gone_is_not_made_again(house: InProcess) -> None:
    live, user = house.worker.storage, person(house)
    house.run(live.write(erasures=(user,)))
    assert house.run(rewritten(live, user, user.user_id, logged_in)) is None
    assert house.run(live.get(User, user.tenant_id, user.user_id)) is None
