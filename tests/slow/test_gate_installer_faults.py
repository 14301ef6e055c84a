"""Every program that an installer of a gate runs fails once, and kills the installer once."""

import pytest

from tests.integration.installer_host import InstallerHost, installer_host, reading

pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("action", ["exit 1", "kill $PPID", "kill -1 $PPID", "kill -9 $PPID; exit 1"])
def test_no_failure_leaves_anything_behind(action: str) -> None:
    with installer_host() as host:
        host.install_version_1()
        host.sh("userdel boksmon && chown 4711 /var/lib/boksmon && chmod 0700 /var/lib/boksmon")
        before = host.files()
        number = 1
        while (ran := host.install(reading(), before=host.failing_call(number, action))) and _calls(host) >= number:
            if ran.returncode and "-9" in action:
                assert host.install(reading()).returncode == 0
            if "-9" in action or ran.returncode == 0:
                assert host.install(reading(), "undo").returncode == 0
            else:
                assert ran.returncode in {1, 129, 143}, (number, ran)
            assert host.files() == before, (number, ran)
            number += 1
        assert number > 20


def _calls(host: InstallerHost) -> int:
    return int((host.root / "calls").read_text(encoding="utf-8"))
