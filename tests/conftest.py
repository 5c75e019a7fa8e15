"""Where every test starts: an environment of its own, then the fixtures by theme."""

from tests.fixtures.environment import prepare_environment

prepare_environment()

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.web",
    "tests.fixtures.pages",
    "tests.fixtures.wechat",
    "tests.fixtures.combined",
    "tests.fixtures.racing",
    "tests.fixtures.unchanged",
    "tests.fixtures.product",
    "tests.fixtures.chromium",
]
