"""The flow tests: people, phones and agents in one running system, each test in an organisation of its own."""

from collections.abc import Callable, Iterator

import pytest

from tests.flows.company import Company
from tests.stack import Stack


@pytest.fixture(scope="module")
def new_company(stack: Stack) -> Iterator[Callable[..., Company]]:
    """`new_company(agents=2, ring_timeout_seconds=5)`: a new company; at the end nothing of it may be stuck."""
    companies: list[Company] = []

    def make(**options: object) -> Company:
        fields = {"ring_timeout_seconds": 5, "wrap_up_seconds": 0, **options}
        companies.append(Company(stack, stack.new_organization(**fields)))  # type: ignore[arg-type]
        return companies[-1]

    yield make
    for company in companies:
        company.clear()


@pytest.fixture
def company(stack: Stack) -> Iterator[Company]:
    """A company with one free agent, whose phone presses 1 and talks."""
    company = Company(stack, stack.new_organization(ring_timeout_seconds=5, wrap_up_seconds=0))
    yield company
    company.clear()
