from datetime import timedelta

import pytest

from zerovoice.accounts.models import Organization
from zerovoice.carrier import commands
from zerovoice.carrier.errors import Ambiguous, Refused, Unavailable
from zerovoice.carrier.models import Command
from zerovoice.carrier.work import State
from zerovoice.lib import clock
from zerovoice.lib.ids import new_id

pytestmark = pytest.mark.django_db


class Script:
    """What executing does, attempt by attempt, and what was heard of it."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.executed = 0
        self.heard = []

    def execute(self, command):
        outcome = self.outcomes[min(self.executed, len(self.outcomes) - 1)]
        self.executed += 1
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def listen(self, name):
        return lambda *args: self.heard.append((name, *args[1:]))


@pytest.fixture
def run(monkeypatch, organization_id):
    """Submits a command of a new kind, and executes it as often as it is due; the row and the script."""

    def run(*outcomes, times=1, **options):
        script = Script(*outcomes)
        kind = f"kind-{new_id().hex[-8:]}"
        monkeypatch.setattr(commands, "_kinds", dict(commands._kinds))
        hooks = {name: script.listen(name) for name in ("on_done", "on_refused", "on_uncertain", "on_given_up")}
        commands.register(kind, script.execute, **hooks)
        command = commands.submit(kind, organization_id=organization_id, target_id=new_id(), **options)
        for _ in range(times):
            again(command)
        return command, script

    return run


def again(command):
    Command.objects.filter(pk=command.pk, state=State.PENDING).update(due_at=clock.machine_now())
    commands.execute(str(command.pk))
    command.refresh_from_db()


def interrupt(command):
    """Its worker was killed in the middle, long ago."""
    assert Command.claim(command.pk)
    Command.objects.filter(pk=command.pk).update(lease_expires_at=clock.machine_now())


def test_executed_once_and_done(run):
    command, script = run("the result", times=3)
    assert (command.state, script.executed, script.heard) == (State.DONE, 1, [("on_done", "the result")])


def test_a_refusal_is_final(run):
    refused = Refused(21211)
    command, script = run(refused, times=3)
    assert (command.state, script.executed, script.heard) == (State.FAILED, 1, [("on_refused", refused)])
    assert "21211" in command.last_error


@pytest.mark.parametrize("error", [Unavailable("no connection"), Ambiguous("no answer"), RuntimeError("a bug")])
def test_what_may_be_repeated_is_repeated(run, error):
    command, script = run(error, error, "done", times=3)
    assert (command.state, script.executed, script.heard) == (State.DONE, 3, [("on_done", "done")])


def test_the_carrier_is_left_alone_for_as_long_as_it_asks(run):
    command, _ = run(Unavailable("open", retry_after=8))
    assert 8 <= (command.due_at - clock.machine_now()).total_seconds() + 0.5 <= 13


def test_given_up_when_it_would_be_too_late(run):
    error = Unavailable("no connection", retry_after=5)
    command, script = run(error, times=3, give_up_at=clock.machine_now() + timedelta(seconds=2))
    assert (command.state, script.executed, script.heard) == (State.FAILED, 1, [("on_given_up", error)])


def test_what_nobody_got_round_to_in_time_is_not_executed(run):
    command, script = run("done", times=0)
    Command.objects.update(give_up_at=clock.machine_now())
    again(command)
    assert (command.state, script.executed, script.heard) == (State.FAILED, 0, [("on_given_up", None)])


def test_what_may_be_repeated_is_executed_again_after_its_worker_died(run):
    command, script = run("done", times=0)
    interrupt(command)
    again(command)
    assert (command.state, script.executed, script.heard) == (State.DONE, 1, [("on_done", "done")])


def test_at_most_once_is_not_executed_again_after_its_worker_died(run):
    command, script = run("done", times=0, at_most_once=True)
    interrupt(command)
    again(command)
    again(command)
    assert (command.state, script.executed, script.heard) == (State.FAILED, 0, [("on_uncertain",)])


@pytest.mark.parametrize("error", [Ambiguous("no answer"), RuntimeError("a bug")])
def test_at_most_once_is_not_repeated_when_it_may_have_happened(run, error):
    command, script = run(error, times=3, at_most_once=True)
    assert (command.state, script.executed, script.heard) == (State.FAILED, 1, [("on_uncertain",)])


def test_at_most_once_is_repeated_when_it_certainly_did_not_happen(run):
    command, script = run(Unavailable("no connection"), "done", times=2, at_most_once=True)
    assert (command.state, script.executed) == (State.DONE, 2)


def test_a_hook_that_fails_leaves_the_command_to_be_settled_again(run, monkeypatch):
    command, _ = run("done", times=0)

    def broken(command, result):
        Organization.objects.filter(pk=command.organization_id).update(name="changed")
        raise RuntimeError("in the hook")

    kind = commands._kinds[command.kind]
    monkeypatch.setitem(commands._kinds, command.kind, commands.Kind(kind.execute, broken, None, None, None))
    with pytest.raises(RuntimeError):
        commands.execute(str(command.pk))
    command.refresh_from_db()
    assert command.state == State.PROCESSING
    assert command.organization.name == "Acme"


def test_not_before_it_is_due(run):
    command, script = run("done", times=0, due_at=clock.machine_now() + timedelta(seconds=30))
    commands.execute(str(command.pk))
    assert script.executed == 0
    again(command)
    assert script.executed == 1


def test_the_same_key_is_one_command(run, organization_id, make_organization):
    command, _ = run("done", times=0, unique_key="hang up")
    same = {"target_id": new_id(), "unique_key": "hang up"}
    assert commands.submit(command.kind, organization_id=organization_id, **same).pk == command.pk
    assert commands.submit(command.kind, organization_id=make_organization().id, **same).pk != command.pk
    other = commands.submit(command.kind, organization_id=organization_id, target_id=new_id(), unique_key="other")
    assert other.pk != command.pk


def test_an_unknown_kind_is_a_mistake_of_the_caller(organization_id):
    with pytest.raises(LookupError):
        commands.submit("no such kind", organization_id=organization_id, target_id=new_id())


def test_a_failed_command_can_be_replayed(run):
    command, script = run(Refused(21211), "done")
    Command.objects.update(give_up_at=clock.machine_now() - timedelta(days=1))
    assert commands.replay(command)
    again(command)
    assert (command.state, script.executed) == (State.DONE, 2)
